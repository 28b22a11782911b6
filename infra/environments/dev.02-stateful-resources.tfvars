data_is_protected = false

data_is_protected   = true
raw_locked_for_days = 365

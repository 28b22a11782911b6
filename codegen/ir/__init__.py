"""The intermediate representation: what the emitters see of the contracts. Frozen data, no schema and no YAML."""

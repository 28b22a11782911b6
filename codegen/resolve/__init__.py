"""Links mappings to schemas and checks every type: documents to the intermediate representation, or diagnostics."""

"""The intermediate representation to the text of every generated file."""

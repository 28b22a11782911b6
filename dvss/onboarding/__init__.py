"""A vendor's first files, drafted from samples of what it sends: ``dvss vendor new``."""

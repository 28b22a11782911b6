"""The registry of steps: one entry feeds the type checker, the language reference and the editor's schema."""

"""Text to typed documents that carry their places: JSON Schema, mapping, expression, OpenAPI."""

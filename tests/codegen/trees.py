"""JSON documents whose numbers keep their spelling."""

from __future__ import annotations

import json
from base64 import b64encode
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

type Tree = dict[str, Tree] | list[Tree] | str | bool | Number | None


class Number(str):
    """A number as it stands in the JSON text."""

    __slots__ = ()


def to_json(tree: Tree) -> str:
    """The tree as JSON text; numbers keep their spelling."""
    if isinstance(tree, Number):
        return str(tree)
    if isinstance(tree, dict):
        return "{" + ",".join(f"{json.dumps(name)}:{to_json(value)}" for name, value in tree.items()) + "}"
    if isinstance(tree, list):
        return "[" + ",".join(map(to_json, tree)) + "]"
    return json.dumps(tree, ensure_ascii=False)


def as_tree(value: Any) -> Tree:
    """A parsed value as a tree."""
    if isinstance(value, dict):
        return {name: as_tree(member) for name, member in value.items()}
    if isinstance(value, list):
        return [as_tree(item) for item in value]
    is_number = isinstance(value, int | float | Decimal) and not isinstance(value, bool)
    return Number(json.dumps(value) if isinstance(value, float) else value) if is_number else value


def embed(tree: Tree, schema: dict[str, Any]) -> str:
    """A document as the text that its schema says holds it."""
    text = to_json(tree)
    if schema["contentMediaType"] == "application/x-www-form-urlencoded" and isinstance(tree, dict):
        text = urlencode({name: value if isinstance(value, str) else to_json(value) for name, value in tree.items()})
    encoding = schema.get("contentEncoding", "")
    return b64encode(text.encode()).decode() if encoding == "base64" else text

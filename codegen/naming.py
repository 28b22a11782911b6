"""Names and literals of generated code. Nothing of a contract reaches the output except through this module."""

from __future__ import annotations

import builtins
import keyword
import re
from decimal import Decimal
from typing import Self

_RESERVED = frozenset(keyword.kwlist) | frozenset(keyword.softkwlist) | frozenset(dir(builtins))


class PythonIdentifier(str):
    """A snake_case identifier made from any text: it cannot hold anything but ASCII letters, digits and underscores."""

    __slots__ = ()

    def __new__(cls, text: str) -> Self:
        words = re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", text)
        name = re.sub(r"[^A-Za-z0-9]+", "_", words).strip("_").lower()
        if not name or name[0].isdigit():
            name = f"n_{name}"
        if name in _RESERVED:
            name = f"{name}_"
        return super().__new__(cls, name)


class ClassName(str):
    """A PascalCase class name made from any text."""

    __slots__ = ()

    def __new__(cls, text: str) -> Self:
        name = "".join(word[:1].upper() + word[1:] for word in re.split(r"[^A-Za-z0-9]+", text) if word)
        if not name or name[0].isdigit():
            name = f"N{name}"
        return super().__new__(cls, f"{name}_" if name in _RESERVED else name)


def py_literal(value: object) -> str:
    """Python source of a checked value: the only way by which text of a contract is printed into code."""
    if value is None or isinstance(value, bool | int | str):
        return ascii(value)
    if isinstance(value, Decimal):
        return f"Decimal({str(value)!r})"
    if isinstance(value, tuple):
        inner = ", ".join(py_literal(item) for item in value)
        return f"({inner},)" if len(value) == 1 else f"({inner})"
    message = f"{type(value).__name__} has no literal in generated code"
    raise TypeError(message)


def comment_text(text: str) -> str:
    """Contract text that may stand behind ``#`` or in a table: one line of printable ASCII."""
    return ascii(" ".join(text.split()))[1:-1].replace("\\'", "'").replace("\\\\", "\\")

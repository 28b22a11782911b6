"""Names and literals of generated code. Nothing of a contract reaches the output except through this module."""

from __future__ import annotations

import keyword
import re
from decimal import Decimal
from typing import TYPE_CHECKING, Self

from codegen.text import printable

if TYPE_CHECKING:
    from collections.abc import Iterable

_RESERVED = frozenset(keyword.kwlist) | frozenset(keyword.softkwlist)


class PythonIdentifier(str):
    """A snake_case identifier made from any text: it cannot hold anything but ASCII letters, digits and underscores."""

    __slots__ = ()

    def __new__(cls, text: str) -> Self:
        name = _snake_case(text)
        return super().__new__(cls, f"{name}_" if name in _RESERVED else name)

    @classmethod
    def of_path(cls, words: Iterable[str]) -> Self:
        """One identifier for several names in turn; two ways to the same text there are not."""
        # No word holds or ends with two underscores, so that they part the words.
        return super().__new__(cls, "__".join(map(_snake_case, words)))


def _snake_case(text: str) -> str:
    words = re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", text)
    name = re.sub(r"[^A-Za-z0-9]+", "_", words).strip("_").lower()
    return name if name and not name[0].isdigit() else f"n_{name}".rstrip("_")


class ClassName(str):
    """A PascalCase class name made from any text."""

    __slots__ = ()

    def __new__(cls, text: str) -> Self:
        name = "".join(word[:1].upper() + word[1:] for word in re.split(r"[^A-Za-z0-9]+", text) if word)
        if not name or name[0].isdigit():
            name = f"N{name}"
        return super().__new__(cls, f"{name}_" if name in _RESERVED else name)


def model_module(schema_name: str) -> str:
    """Path below ``generated/models`` of the module for a schema, without its suffix."""
    return "/".join(PythonIdentifier(part) for part in schema_name.split("/"))


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
    """Contract text that may stand behind ``#``: one line of printable ASCII."""
    return "".join(sign if sign.isascii() else ascii(sign)[1:-1] for sign in printable(_one_line(text)))


def page_text(text: str) -> str:
    """Contract text that may stand in a Markdown page or a cell of its tables: one line, no markup."""
    return printable(_one_line(text)).replace("&", "&amp;").replace("<", "&lt;").replace("|", "\\|")


def page_code(text: str) -> str:
    """Contract text as code in a Markdown page or a cell of its tables; nothing for an empty text."""
    shown = printable(_one_line(text)).replace("|", "\\|")
    if "`" in shown:
        return f"`` {shown} ``"
    return f"`{shown}`" if shown else ""


def _one_line(text: str) -> str:
    return " ".join(text.split())

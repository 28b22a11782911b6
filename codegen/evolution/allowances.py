"""Breaking changes that people agreed to, each until a day."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from codegen.diagnostics import Code, Diagnostics, Span
from codegen.source import ListNode, MapNode, Node, ScalarNode, load_yaml

if TYPE_CHECKING:
    from collections.abc import Sequence

FILE = "contracts-allow.yaml"
_KEYS = ("change", "reason", "expires")
_CHANGE = re.compile(r"EV[0-9]{3}-[0-9a-f]{8}")


@dataclass(frozen=True, slots=True)
class Allowance:
    """One entry: this very change is no failure up to and including the day."""

    span: Span
    change_id: str
    reason: str
    expires: date


def read_allowances(text: str, diagnostics: Diagnostics) -> Sequence[Allowance]:
    """The entries of the allow-list; what has the wrong form is reported."""
    node = load_yaml(FILE, text, diagnostics)
    if node is None:
        return ()
    if not isinstance(node, ListNode):
        diagnostics.add(Code.WRONG_FORM, node.span, "the allow-list is a list", "begin each entry with `- change:`")
        return ()
    return [entry for item in node.items if (entry := _entry(item, diagnostics)) is not None]


def _entry(node: Node, diagnostics: Diagnostics) -> Allowance | None:
    hint = "an entry is {change: the id that was printed, reason: text, expires: YYYY-MM-DD}"
    texts = {}
    for key, value in node.members.items() if isinstance(node, MapNode) else ():
        if isinstance(value, ScalarNode) and value.text:
            texts[key] = value.text
    if sorted(texts) != sorted(_KEYS) or not _CHANGE.fullmatch(texts["change"]):
        diagnostics.add(Code.WRONG_FORM, node.span, "this is no entry of the allow-list", hint)
        return None
    try:
        expires = date.fromisoformat(texts["expires"])
    except ValueError:
        diagnostics.add(Code.WRONG_FORM, node.span, f"'{texts['expires']}' is no day", hint)
        return None
    return Allowance(node.span, texts["change"], texts["reason"], expires)

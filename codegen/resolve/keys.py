"""What elements are grouped, named or looked up by."""

from __future__ import annotations

from typing import TYPE_CHECKING

from codegen.diagnostics import Code

if TYPE_CHECKING:
    from codegen.diagnostics import Diagnostics, Span
    from codegen.resolve.types import ValueType

_KINDS = frozenset({"string", "integer", "boolean"})


def is_key(found: ValueType, span: Span, diagnostics: Diagnostics, *, may_be_absent: bool) -> bool:
    """Whether a value can be a key; reported if not."""
    if found.kind not in _KINDS:
        hint = "convert it: `| string`, `| integer or quarantine`"
    elif found.nullable or (found.absent and not may_be_absent):
        hint = "say what happens then: `or quarantine`, or `or omit` where the target is optional"
    else:
        return True
    message = f"a key is a text, an integer or a boolean that is there; this is {found.describe()}"
    diagnostics.add(Code.TYPE_MISMATCH, span, message, hint)
    return False

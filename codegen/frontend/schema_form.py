"""Whether a document is a JSON Schema at all."""

from __future__ import annotations

from typing import TYPE_CHECKING

import jsonschema_rs

from codegen.diagnostics import Code, Diagnostics, shown, suggestion
from codegen.frontend.json_schema import DIALECT, TYPES, value_at
from codegen.frontend.json_source import escaped, pointer_names
from codegen.frontend.patterns import pattern_fault

if TYPE_CHECKING:
    from codegen.frontend.json_source import JsonSource

_META_SCHEMA = jsonschema_rs.Draft202012Validator({"$ref": DIALECT}, validate_formats=True, offline=True)


def is_well_formed(source: JsonSource, diagnostics: Diagnostics) -> bool:
    """Whether a document is a JSON Schema at all, whatever the profile says; reported if not."""
    wrong: dict[str, str] = {}
    for error in _META_SCHEMA.iter_errors(source.value):
        pointer = "".join(f"/{escaped(name)}" for name in error.instance_path)
        wrong.setdefault(pointer, error.message)
    for pointer, said in wrong.items():
        keyword = next((name for name in reversed(pointer_names(pointer)) if not name.isdecimal()), "")
        value = value_at(source.value, pointer)
        fault = pattern_fault(value) if keyword == "pattern" and isinstance(value, str) else None
        if fault:
            diagnostics.add(Code.PATTERN, source.span(pointer), f"pattern {shown(value)}: {fault}")
            continue
        message = f"'{keyword}' has the wrong form: {said}" if keyword else f"this is no JSON Schema: {said}"
        hint = suggestion(str(value), TYPES) if keyword == "type" else ""
        diagnostics.add(Code.KEYWORD, source.span(pointer), message, hint)
    return not wrong

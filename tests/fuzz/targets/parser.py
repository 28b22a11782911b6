"""Any bytes are refused as JSON, or read as Python's own parser reads them."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

from generated.runtime.exact_json import DEFAULT_LIMITS, JsonError, parse
from generated.runtime.json_forms import canonical, dump


def one(data: bytes) -> None:
    """Try one document."""
    try:
        value = parse(data)
    except JsonError:
        return
    assert value == json.loads(data, parse_int=Decimal, parse_float=Decimal, parse_constant=_refuse)
    text = canonical(value)
    assert canonical(parse(text)) == text
    assert parse(dump(value)) == value
    # What a number is written in must not grow out of proportion.
    assert len(dump(value)) <= 8 * len(data) + DEFAULT_LIMITS.zeros


def _refuse(name: str) -> Any:
    raise AssertionError(name)

"""Indented JSON for files and pages."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from typing import Any

_NUMBER = re.compile('"\\\\u0000([0-9.eE+-]+)\\\\u0000"')


def to_json(value: Any) -> str:
    """Indented JSON with exact numbers and the members in their own order."""

    def exact(item: Any) -> str:
        assert isinstance(item, Decimal)
        return f"\0{item}\0"

    text = json.dumps(value, indent=2, ensure_ascii=False, default=exact)
    return _NUMBER.sub(r"\1", text) + "\n"

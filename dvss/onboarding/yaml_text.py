"""Texts that others chose, written so that YAML reads them back as they were and as nothing else."""

from __future__ import annotations

import json
import re

_PLAIN = re.compile(r"[A-Za-z_$][A-Za-z0-9_$.|()!='[\]* -]*")
_RESERVED = frozenset({"null", "true", "false", "yes", "no", "on", "off", "y", "n"})


def scalar(text: str) -> str:
    """A text as a YAML scalar on one line: plain where that is safe, else in double quotes."""
    is_plain = _PLAIN.fullmatch(text) and text.lower() not in _RESERVED and not text.endswith(" ")
    return text if is_plain else json.dumps(text)

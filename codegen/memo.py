"""Texts that other programs make for us, so that each is made once of the same input."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


class Memo:
    """Knows the texts of the build before, and keeps those of this one. It forgets what this one did not ask for."""

    def __init__(self, known: Mapping[str, str]) -> None:
        """``known`` are texts by their keys, all made with the tools of today."""
        self._known = known
        self.texts: dict[str, str] = {}

    def find(self, key: str) -> str | None:
        """The text; None if it must be made and kept."""
        text = self._known.get(key)
        return None if text is None else self.keep(key, text)

    def keep(self, key: str, text: str) -> str:
        """Keep a text for the next build."""
        self.texts[key] = text
        return text


def key_of_text(*made_of: str) -> str:
    """The key of what is made of these texts."""
    return hashlib.sha256(json.dumps(made_of).encode()).hexdigest()

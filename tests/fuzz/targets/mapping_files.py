"""Any text as a mapping file is compiled, or refused with diagnostics that have a place."""

from __future__ import annotations

from tests.codegen.test_hostile import BASE, CASES, unfit

PROJECT = BASE | CASES["webhook"]
(MAPPING,) = (path for path in PROJECT if path.startswith("mappings/"))


def one(data: bytes) -> None:
    """Try one file."""
    assert unfit(PROJECT | {MAPPING: data.decode("utf-8", "surrogateescape")}) == {}

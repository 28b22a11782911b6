"""Ids as somebody would choose them who wants to get into another's place."""

from __future__ import annotations

from hypothesis import strategies as st

VENDOR_IDS = (
    "../",
    "..",
    ".",
    "",
    "%2e%2e",
    "%2e%2e%2fvendorA",
    "a/b",
    "a\\b",
    "A#B",
    "#keys",
    "#lock",
    "key#" + "0" * 64,
    "vendorA/",
    "vendorA/2026",
    "vendorA\x00",
    "vendorA\n",
    " vendorA",
    "\uff56\uff45\uff4e\uff44\uff4f\uff52\uff21",  # fullwidth
    "\u202eArodnev",  # right to left
    "v\u00e9ndor",  # one character
    "ve\u0301ndor",  # the same to the eye
    "v\u0435ndorA",  # a Cyrillic letter among them
    "\ud800",
    "v" * 65,
    "v" * 10_240,
)
"""None of them can be a vendor."""

PIECES = ("a", "A", "/", "..", "#", "%2F", "\x00", "\n", "-", "_", "é", "e\u0301", "🗝️")
texts = st.one_of(
    st.text(st.characters(), max_size=40), st.lists(st.sampled_from(PIECES)).map("".join), st.sampled_from(VENDOR_IDS)
)
vendor_ids = st.one_of(st.from_regex(r"[A-Za-z][A-Za-z0-9_-]{0,63}", fullmatch=True), texts)

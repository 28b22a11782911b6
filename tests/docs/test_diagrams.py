from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest

from tests.docs.markdown import ROOT, page

if TYPE_CHECKING:
    from pathlib import Path

FOLDER = ROOT / "docs/architecture/diagrams"
SOURCES = sorted(FOLDER.glob("*.puml"))
# What GitHub shows of a page; a wider picture is shrunk until nobody can read it.
PAGE_WIDTH_PX = 1040


def test_every_picture_has_a_source_and_stands_on_the_page() -> None:
    pictures = {picture.stem for picture in FOLDER.glob("*.svg")}
    assert pictures == {source.stem for source in SOURCES}
    shown = set(re.findall(r"!\[[^\]]+\]\(diagrams/([\w-]+)\.svg\)", page("docs/architecture/README.md").text))
    assert shown == pictures


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.stem)
def test_the_picture_was_rendered_from_this_source(source: Path) -> None:
    wanted = hashlib.sha256((FOLDER / "style.iuml").read_bytes() + source.read_bytes()).hexdigest()
    picture = source.with_suffix(".svg").read_text(encoding="utf-8")
    assert f"<!-- source sha256:{wanted} -->" in picture, "Run scripts/diagrams.sh."
    root = ET.fromstring(picture)
    assert int(root.attrib["width"].removesuffix("px")) <= PAGE_WIDTH_PX
    assert "rror" not in "".join(root.itertext())

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.docs.markdown import ROOT, Page, page, pages

if TYPE_CHECKING:
    from pathlib import Path

HOSTS = {
    "127.0.0.1", "localhost", "www.rfc-editor.org", "json-schema.org", "www.apache.org", "www.standardwebhooks.com",
    # A vendor's links in an example of its payload.
    "api.paypal.com",
}  # fmt: skip
HOST = re.compile(r"https?://([\w.-]+)")
MACHINE_PATH = re.compile(r"(?<![\w./>}])/(?:home|root|Users|work|mnt|farm)/")
TEXTS = ("*.md", "*.puml", "*.iuml", "*.svg")


@pytest.mark.parametrize("source", pages(), ids=lambda page: page.name)
def test_every_relative_link_leads_somewhere(source: Page) -> None:
    broken = []
    for link in source.links():
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = link.partition("#")
        target = (source.path.parent / path).resolve() if path else source.path
        if not target.exists() or (anchor and anchor not in Page(target).anchors()):
            broken.append(link)
    assert broken == []


def test_the_link_check_sees_what_is_broken() -> None:
    glossary = page("docs/spec/glossary.md")
    assert "when-it-goes-wrong" in glossary.anchors()
    assert "no-such-heading" not in glossary.anchors()
    assert page("docs/spec/decisions.md").links()


@pytest.mark.parametrize(
    "path", sorted({p for form in TEXTS for p in ROOT.glob(f"docs/**/{form}")}), ids=lambda p: p.name
)
def test_pages_name_neither_strange_hosts_nor_paths_of_a_machine(path: Path) -> None:
    text = path.read_text(encoding="utf-8").replace("http://www.w3.org/", "")
    hosts = {host for host in HOST.findall(text) if not host.endswith(".example")}
    assert hosts <= HOSTS
    assert MACHINE_PATH.findall(text) == []

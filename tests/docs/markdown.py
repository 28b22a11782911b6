"""Just enough Markdown to check our pages: headings, links, tables, blocks of commands."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FENCE = re.compile(r"^```(\w*)[^\n]*\n(.*?)^```$", re.MULTILINE | re.DOTALL)
INLINE_CODE = re.compile(r"`[^`\n]+`")
LINK = re.compile(r"\[(?:[^\[\]]|\[[^\]]*\])*\]\(([^()\s]+)\)")
HEADING = re.compile(r"^#{1,6} (.+)$", re.MULTILINE)


@dataclass(frozen=True)
class Page:
    path: Path

    @property
    def name(self) -> str:
        return self.path.relative_to(ROOT).as_posix()

    @property
    def text(self) -> str:
        return self.path.read_text(encoding="utf-8")

    @property
    def prose(self) -> str:
        """The text without blocks of code."""
        return FENCE.sub("", self.text)

    def links(self) -> list[str]:
        return LINK.findall(INLINE_CODE.sub("", self.prose))

    def anchors(self) -> set[str]:
        """The names that a link may point to, made from the headings as GitHub makes them."""
        seen: dict[str, int] = {}
        found = set()
        for heading in HEADING.findall(self.prose):
            text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading)
            slug = re.sub(r"[^\w\- ]", "", text.strip().lower()).replace(" ", "-")
            count = seen.get(slug, 0)
            seen[slug] = count + 1
            found.add(f"{slug}-{count}" if count else slug)
        return found

    def section(self, heading: str) -> str:
        """What stands below a heading, up to the next one of the same rank."""
        marks = re.escape(heading.split(" ", maxsplit=1)[0])
        match = re.search(rf"^{re.escape(heading)}\n(.*?)(?=^{marks} |\Z)", self.text, re.MULTILINE | re.DOTALL)
        assert match, f"{self.name} has no heading {heading!r}"
        return match.group(1)

    def commands(self) -> list[str]:
        """The lines of its `sh` blocks, continued lines joined, comments left out."""
        lines = []
        for language, block in FENCE.findall(self.text):
            if language == "sh":
                lines += block.replace("\\\n", " ").splitlines()
        return [line for line in lines if line and not line.startswith("#")]


def rows(text: str) -> list[list[str]]:
    """The cells of every table row in a text, heads and rulers left out."""
    table = [line.strip() for line in text.splitlines()]
    found = []
    for number, line in enumerate(table):
        is_head = number + 1 < len(table) and table[number + 1].startswith("|--")
        if line.startswith("|") and not line.startswith("|--") and not is_head:
            cells = line.replace(r"\|", "\0").strip("|").split("|")
            found.append([cell.replace("\0", "|").strip() for cell in cells])
    return found


@cache
def page(name: str) -> Page:
    return Page(ROOT / name)


@cache
def pages() -> tuple[Page, ...]:
    """Every Markdown page of the repository."""
    found = [ROOT / "README.md", *ROOT.glob("docs/**/*.md"), *ROOT.glob("tests/**/*.md"), *ROOT.glob("infra/**/*.md")]
    return tuple(Page(path) for path in sorted(found) if path.exists())

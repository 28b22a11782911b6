"""The official JSON-Schema-Test-Suite, and what the compiler and the run time make of one of its schemas."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from codegen.diagnostics import Diagnostics
from codegen.frontend.schema_store import SchemaStore
from codegen.render.json_text import to_json as schema_file
from codegen.resolve.contracts import ContractCompiler
from generated.runtime import exact_json
from generated.runtime.binding import Registry
from tests.codegen.trees import Number, to_json

if TYPE_CHECKING:
    from collections.abc import Sequence

    import jsonschema_rs

FOLDER = Path(__file__).parents[2] / ".venv" / "json-schema-test-suite" / "tests" / "draft2020-12"
PATH = "schemas/group.schema.json"


@dataclass(frozen=True, slots=True)
class Group:
    """One schema of the suite with its documents; numbers keep their spelling."""

    file: str
    description: str
    schema: Any
    tests: Sequence[dict[str, Any]]

    def __str__(self) -> str:
        return f"{self.file}: {self.description}"


@cache
def groups(part: str = "*.json") -> list[Group]:
    """The groups of the files that match, which are the required ones where nothing is said."""
    files = sorted(FOLDER.glob(part))
    assert files, f"{FOLDER}/{part} is missing: run scripts/setup.sh with a network"
    return [
        Group(path.stem, group["description"], group["schema"], group["tests"])
        for path in files
        for group in json.loads(path.read_text(encoding="utf-8"), parse_int=Number, parse_float=Number)
    ]


@dataclass(frozen=True, slots=True)
class Refusal:
    """A schema outside of the profile."""

    keyword: str
    """The one that the first diagnostic names."""
    messages: Sequence[str]


_KEYWORD = re.compile(r"the text at '/(\w+)/|the text at '/(\w+)'|(?:keyword )?'?(\$?[A-Za-z]+)'? ")


def compiled(schema: Any, folder: Path) -> jsonschema_rs.Draft202012Validator | Refusal:
    """The validator that the run time has of a schema, through the file that the compiler writes of it."""
    diagnostics = Diagnostics()
    store = SchemaStore({PATH: schema if isinstance(schema, str) else to_json(schema)}, diagnostics)
    source, tree = store.source(PATH), store.schema(PATH)
    if source is None or tree is None:
        messages = [found.message for found in diagnostics.sorted()]
        named = _KEYWORD.match(messages[0])
        assert named, messages
        return Refusal(next(filter(None, named.groups())), messages)
    contracts = ContractCompiler(store, diagnostics)
    contracts.add("group", source, tree)
    assert diagnostics.sorted() == []
    file = folder / "schemas" / "group.json"
    file.parent.mkdir(exist_ok=True)
    file.write_text(schema_file(contracts.bundle("group")), encoding="utf-8")
    return Registry("generated", folder, {}).validator("group")


def document(test: dict[str, Any]) -> Any:
    """A test's document as the run time reads it from bytes.

    Raises JsonError where it refuses to.
    """
    return exact_json.parse(to_json(test["data"]).encode())

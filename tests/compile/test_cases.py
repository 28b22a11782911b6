"""One folder a behaviour: `in/` with `out/` and `examples.json`, or with `stderr.txt`.

`DVSS_UPDATE=1` writes the expectations anew and prints what it changed.
"""

from __future__ import annotations

import difflib
import importlib.util
import json
import os
import re
import sys
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from codegen.compiler import compile_project, resolve
from codegen.diagnostics import Code, Diagnostics
from codegen.memo import Memo
from codegen.render.project import format_python, render_project
from codegen.runtime import exact_json, json_forms
from codegen.source import read_sources
from generated.runtime.mapping import Rejected
from tests.codegen.shapes import validator

if TYPE_CHECKING:
    from types import ModuleType

    import jsonschema_rs

HERE = Path(__file__).parent
BASE = read_sources(HERE / "base")
FAILING = sorted(path.parent.name for path in HERE.glob("*/stderr.txt"))
PASSING = sorted(path.parent.name for path in HERE.glob("*/in") if path.parent.name not in FAILING)
# The digest covers the runtime's sources, which no case is about.
_DIGEST = re.compile("sha256:[0-9a-f]{64}")
UPDATE = bool(os.environ.get("DVSS_UPDATE"))
ENVELOPE = {
    "vendorId": "acme",
    "externalEventId": "event-1",
    "eventType": "item",
    "occurredAt": "2026-01-30T20:15:12Z",
    "receivedAt": "2026-01-30T20:15:13Z",
    "headers": {},
    "tokenKey": "00" * 32,
}


def sources(case: str) -> dict[str, str]:
    return BASE | read_sources(HERE / case / "in")


def expect(path: Path, text: str) -> None:
    """Compare a file with what it should hold, byte for byte; write it where that is asked for."""
    before = path.read_text(encoding="utf-8") if path.exists() else ""
    if UPDATE and before != text:
        name = path.relative_to(HERE).as_posix()
        changes = difflib.unified_diff(before.splitlines(keepends=True), text.splitlines(keepends=True), name, name)
        sys.stderr.write("".join(changes))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        before = text
    assert before == text


@cache
def passing() -> dict[str, dict[str, str]]:
    """The mapper and the lineage of every passing case. The formatter is started once for all of them."""
    found: dict[str, str] = {}
    for case in PASSING:
        diagnostics = Diagnostics()
        project = resolve(sources(case), None, diagnostics)
        assert project is not None, f"{case}:\n" + "\n".join(map(str, diagnostics.sorted()))
        files = render_project(project)
        kept = [path for path in files if path.startswith(("generated/mappers/acme", "generated/lineage/"))]
        found |= {f"{case}/{path}": files[path] for path in kept}
    formatted = {path: _DIGEST.sub("sha256:...", text) for path, text in format_python(found, Memo({})).items()}
    return {
        case: {path.removeprefix(f"{case}/"): text for path, text in formatted.items() if path.startswith(f"{case}/")}
        for case in PASSING
    }


@cache
def load(case: str) -> ModuleType:
    """The generated module as it lies in the case's folder."""
    path = HERE / case / "out" / "generated" / "mappers" / "acme.py"
    spec = importlib.util.spec_from_file_location(f"compile_case_{PASSING.index(case)}", path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@cache
def contract(case: str, name: str) -> jsonschema_rs.Draft202012Validator:
    """The validator of a contract, from the bundle that the run time would load."""
    project = resolve(sources(case), None, Diagnostics())
    assert project
    bundle = next(schema.bundle for schema in project.schemas if schema.name == name)
    return validator(json_forms.dump(dict(bundle)).decode())


def mistakes(case: str, name: str, document: Any) -> list[str]:
    return [error.message for error in contract(case, name).iter_errors(document)]


@pytest.mark.parametrize("case", PASSING)
def test_a_case_compiles_to_its_files(case: str) -> None:
    files = passing()[case]
    for path, text in files.items():
        expect(HERE / case / "out" / path, text)
    kept = {path.relative_to(HERE / case / "out").as_posix() for path in (HERE / case / "out").rglob("*.*")}
    assert {path for path in kept if "__pycache__" not in path} == set(files)


def examples() -> list[Any]:
    return [
        pytest.param(case, example, id=f"{case}-{number}")
        for case in PASSING
        for number, example in enumerate(exact_json.parse((HERE / case / "examples.json").read_bytes()))
    ]


def outcome(case: str, example: dict[str, Any]) -> dict[str, Any]:
    """What the generated code makes of an example: events, an envelope, or a rejection."""
    profile = load(case).PROFILE
    try:
        if "body" in example:
            item = example.get("item", example["body"])
            envelope = profile.webhook.read(example["body"], example["topic"], example.get("headers", {}), item)
            return {"envelope": {name: getattr(envelope, name) for name in envelope.__slots__}}
        given = ENVELOPE | example.get("envelope", {})
        binding = profile.binding(example.get("event", "item"), example["payload"], given)
        if "invalid" in example:
            return {"invalid": mistakes(case, binding.payload_schema, example["payload"])}
        assert mistakes(case, binding.payload_schema, example["payload"]) == []
        events = binding.mapper(example["payload"], given)
    except Rejected as rejection:
        place = {"rule": rejection.rule, "code": rejection.code, "pointer": rejection.pointer}
        return {"rejected": place, "message": rejection.message}
    assert [mistakes(case, binding.canonical_schema, data) for data in events] == [[] for _ in events]
    return {"events": events}


@pytest.mark.parametrize(("case", "example"), examples())
def test_the_generated_code_does_what_the_example_says(case: str, example: dict[str, Any]) -> None:
    found = outcome(case, example)
    message = found.pop("message", "")
    # Beside a payload an envelope is what the mapper is given, beside a body what is read of it.
    results = ("events", "rejected", "invalid") if "payload" in example else ("envelope", "rejected")
    expected = {key: value for key, value in example.items() if key in results}
    assert json_forms.dump(found) == json_forms.dump(expected)
    assert "canary" not in message
    if "rejected" in found:
        sources = json.loads(passing()[case]["generated/lineage/acme.json"])["sources"]
        assert found["rejected"]["rule"] in {entry.get("rule") for one in sources for entry in one["entries"]}


@pytest.mark.parametrize("case", FAILING)
def test_a_case_fails_with_its_diagnostics(case: str) -> None:
    result = compile_project(sources(case))
    assert result.failed
    assert result.files == {}
    expect(HERE / case / "stderr.txt", "".join(f"{diagnostic}\n" for diagnostic in result.diagnostics))


def test_every_code_has_a_failing_case_and_there_are_as_many_of_them() -> None:
    said = "".join((HERE / case / "stderr.txt").read_text(encoding="utf-8") for case in FAILING)
    assert [code.number for code in Code if f"[{code.number}]" not in said] == []
    assert len(FAILING) >= len(PASSING)


def test_one_vendor_alone_compiles_to_the_same_files() -> None:
    case = "each-in-each"
    alone = compile_project(sources(case), vendor="acme").files
    assert {path: _DIGEST.sub("sha256:...", alone[path]) for path in passing()[case]} == passing()[case]
    assert not any(path.startswith(("docs/", "generated/models/")) for path in alone)

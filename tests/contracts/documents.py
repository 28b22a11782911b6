"""The contract files and validators of any place in them."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema_rs
import yaml

from generated.runtime import exact_json

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[2]
SCHEMAS = ROOT / "schemas"
# It says what a mapping may look like and is read by editors; the run time never validates with it.
MAPPING_SCHEMA = "mapping.schema.json"
SUBSCHEMA_MAPS = ("properties", "$defs")


@cache
def schemas() -> dict[str, dict[str, Any]]:
    """Every contract schema by its path below ``schemas/``."""
    return {
        path.relative_to(SCHEMAS).as_posix(): json.loads(path.read_text(encoding="utf-8"))
        for path in sorted(SCHEMAS.rglob("*.schema.json"))
        if path.name != MAPPING_SCHEMA
    }


@cache
def openapi() -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load((ROOT / "openapi" / "dvss.yaml").read_text(encoding="utf-8"))
    return document


@cache
def _registry() -> jsonschema_rs.Registry:
    return jsonschema_rs.Registry([(f"dvss:///{name}", schema) for name, schema in schemas().items()])


@cache
def validator(reference: str) -> jsonschema_rs.Draft202012Validator:
    """The validator of a place, e.g. ``problem.schema.json#/$defs/ProblemCode``."""
    return jsonschema_rs.Draft202012Validator(
        {"$ref": f"dvss:///{reference}"}, registry=_registry(), validate_formats=True, offline=True
    )


def mistakes(reference: str, document: Any) -> list[str]:
    """What the schema says against the document; the document goes through JSON text, as at run time."""
    exact = exact_json.parse(json.dumps(document).encode())
    return [f"{list(error.instance_path)}: {error.message}" for error in validator(reference).iter_errors(exact)]


def places(name: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every schema in a file with its JSON Pointer: the root, definitions, properties and items."""

    def below(pointer: str, schema: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
        yield pointer, schema
        for keyword in SUBSCHEMA_MAPS:
            for key, value in schema.get(keyword, {}).items():
                yield from below(f"{pointer}/{keyword}/{exact_json.pointer_token(key)}", value)
        if "items" in schema:
            yield from below(f"{pointer}/items", schema["items"])

    return below("", schemas()[name])

"""Small mappings over small schemas, made at random: mostly of matching types, so that many compile."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from codegen.compiler import resolve
from codegen.render.project import render_project
from codegen.resolve.steps.registry import STEPS
from tests.codegen.step_arguments import constants_of

if TYPE_CHECKING:
    from codegen.diagnostics import Diagnostics

type Json = dict[str, Any]

PATTERNS = ["^[A-Z]{3}$", "^[0-9]+$", "^-?[0-9]{1,3}(\\.[0-9]{1,2})?$", "^a", "[^x]$"]
CONSTANTS: dict[str, list[Any]] = {
    "string": ["", "a", "A", " b ", "12", "-1.50", "USD", "JPY", "abc", "ß", "true", "null", "2026-01-30T20:15:12Z"],
    "integer": [-10, -1, 0, 1, 2, 100, 10**20],
    "number": [-1.5, 0, 0.5, 1, 1e10, 100],
    "boolean": [True, False],
    "object": ["a", 1, True],
}
SCALARS = ("boolean", "integer", "number", "string")
GIVES = {
    "integer": "integer", "minor_units": "integer", "decimal": "number", "major_units": "number", "round": "number",
    "absolute": "number", "boolean": "boolean",
}  # fmt: skip
maybe = st.booleans()
mostly = st.sampled_from([True, True, True, False])
rarely = st.sampled_from([False] * 9 + [True])


@st.composite
def scalars(draw: st.DrawFn, kind: str | None = None) -> Json:
    """The schema of a plain value, with and without each constraint."""
    kind = kind if kind in SCALARS else draw(st.sampled_from(SCALARS))
    schema: Json = {"type": kind}
    if draw(st.integers(0, 4)) == 0:
        schema["enum"] = draw(st.lists(st.sampled_from(CONSTANTS[kind]), min_size=1, max_size=4, unique=True))
    elif kind == "string":
        shape = draw(st.sampled_from(["free", "bounded", "pattern", "date-time", "date-time", "date", "uuid", "uri"]))
        if shape == "pattern":
            schema["pattern"] = draw(st.sampled_from(PATTERNS))
        elif shape == "bounded":
            low, more = draw(st.integers(0, 3)), draw(st.integers(0, 4))
            schema |= {"minLength": low, "maxLength": low + more}
        elif shape != "free":
            schema["format"] = shape
    elif kind != "boolean":
        words = ["minimum", "maximum"] + (["exclusiveMinimum", "exclusiveMaximum"] if kind == "integer" else [])
        for word in draw(st.lists(st.sampled_from(words), max_size=2, unique=True)):
            schema[word] = draw(st.sampled_from([*CONSTANTS[kind], 0.5, 99.5]))
    if draw(st.integers(0, 3)) == 0:
        schema["type"] = [schema["type"], "null"]
        if "enum" in schema:
            schema["enum"].append(None)
    return schema


@st.composite
def composed(draw: st.DrawFn, schema: Json) -> Json:
    """The schema, mostly said in another way; what it takes besides is seldom of another type."""
    same = {"type": schema["type"]}
    other = draw(scalars(kind_of(schema)))
    ways: list[Json] = [
        schema, schema, schema, {"allOf": [same, schema]}, {**schema, "not": {"const": "x"}},
        {"anyOf": [schema, other]}, {"oneOf": [schema, {**other, "not": schema}]},
        {"if": {**same, "enum": ["a", 1, True]}, "then": schema, "else": {"allOf": [schema, same]}},
        {**same, "allOf": [{"anyOf": [schema, {"type": "null"}]}]},
    ]  # fmt: skip
    return draw(st.sampled_from(ways))


def kind_of(schema: Json) -> str:
    """The schema's type besides null."""
    declared = schema["type"]
    return str(declared[0] if isinstance(declared, list) else declared)


def _literal(value: Any) -> str:
    return f"'{value.replace("'", "''")}'" if isinstance(value, str) else json.dumps(value)


@st.composite
def constants(draw: st.DrawFn, schema: Json) -> Any:
    """A constant that mostly fits a schema."""
    kind = kind_of(schema) if draw(mostly) else draw(st.sampled_from(SCALARS))
    if draw(rarely):
        return None
    return draw(st.sampled_from(schema.get("enum", CONSTANTS[kind])))


@dataclass(frozen=True)
class Fields:
    """What paths a rule can read, with their schemas, and what it fills."""

    paths: dict[str, Json]
    certain: frozenset[str]
    """Paths to what is always there."""
    target: Json
    required: bool


@st.composite
def outcomes(draw: st.DrawFn, fields: Fields) -> str:
    """None, one or two outcomes, mostly one for everything."""
    given = constants(fields.target).map(_literal)
    omitted = st.just("quarantine" if fields.required and draw(mostly) else "omit")
    actions = st.one_of(st.just("quarantine"), omitted, omitted if kind_of(fields.target) == "integer" else given)
    conditions = st.lists(st.sampled_from(["absent", "null", "empty"]), min_size=1, max_size=3, unique=True)
    shape = draw(st.sampled_from(["none", "all", "all", "all", "some", "some then all"]))
    said = ""
    if shape.startswith("some"):
        said += f" or {draw(actions)} on {', '.join(draw(conditions))}"
    if shape.endswith("all"):
        said += f" or {draw(actions)}"
    return said


@st.composite
def expressions(draw: st.DrawFn, fields: Fields) -> tuple[str, str]:
    """A path, perhaps with an alternative, through some steps that take its type; and the type of the result."""
    path = draw(st.sampled_from(list(fields.paths)))
    kind = kind_of(fields.paths[path])
    text = path
    if draw(st.integers(0, 2)) == 0 and (path not in fields.certain or draw(rarely)):
        text += (
            f" ?? {draw(st.one_of(st.sampled_from(list(fields.paths)), constants(fields.paths[path]).map(_literal)))}"
        )
    text += draw(outcomes(fields))
    for _ in range(draw(st.integers(0, 3))):
        fitting = sorted(name for name, step in STEPS.items() if kind in step.takes)
        if not fitting:
            break
        name = draw(st.sampled_from(fitting))
        arguments = [_literal(constant) for constant in draw(st.sampled_from(constants_of(name)))]
        if name in ("minor_units", "major_units") and draw(maybe):
            arguments = [draw(st.sampled_from(list(fields.paths)))]
        text += f" | {name}({', '.join(arguments)})" if arguments else f" | {name}"
        text += draw(outcomes(fields)) if draw(mostly) else ""
        kind = GIVES.get(name, "string")
    return text, kind


@st.composite
def predicates(draw: st.DrawFn, fields: Fields) -> str:
    """A comparison, or several."""
    path = draw(st.sampled_from(list(fields.paths)))
    shape = draw(st.integers(0, 6))
    if shape == 0:
        return f"not ({draw(predicates(fields))})"
    if shape == 1:
        return f"({draw(predicates(fields))}) {draw(st.sampled_from(['and', 'or']))} {draw(predicates(fields))}"
    if shape == 2 and path not in fields.certain:
        return f"present({path})"
    literal = draw(constants(fields.paths[path]).map(_literal))
    return f"{path} {draw(st.sampled_from(['==', '!=']))} {literal}"


@st.composite
def results(draw: st.DrawFn, fields: Fields) -> Any:
    """What a case leads to: mostly a constant."""
    shape = draw(st.integers(0, 7))
    if shape == 0:
        return draw(st.one_of(matches(fields), whens(fields)))
    return (
        "quarantine" if shape == 1 else "omit" if shape == 2 and not fields.required else draw(constants(fields.target))
    )


@st.composite
def matches(draw: st.DrawFn, fields: Fields) -> Json:
    """A match with all cases, or with an else."""
    text, kind = draw(expressions(fields))
    schema = fields.paths.get(text, {"type": kind})
    values = schema.get("enum", CONSTANTS["boolean"] if kind == "boolean" else CONSTANTS[kind][:3])
    words = [
        "null" if value is None else str(value).lower() if isinstance(value, bool) else str(value) for value in values
    ]
    chosen = words if draw(maybe) else draw(st.lists(st.sampled_from([*words, "null", "x"]), min_size=1, unique=True))
    block: Json = {"match": text, "cases": {word: draw(results(fields)) for word in chosen}}
    return block if kind == "boolean" and draw(mostly) else block | {"else": draw(results(fields))}


@st.composite
def whens(draw: st.DrawFn, fields: Fields) -> Json:
    """A when with one or two branches."""
    branch = st.fixed_dictionaries({"if": predicates(fields), "then": results(fields)})
    return {"when": draw(st.lists(branch, min_size=1, max_size=2)), "else": draw(results(fields))}


@dataclass(frozen=True)
class Case:
    """One random project: contracts, and the schemas of both sides."""

    sources: dict[str, str]
    payload: Json
    canonical: Json
    rule: Json


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """A vendor whose one event fills one field, at the top or in an object, an array or exploded events."""
    first = draw(scalars())
    second = (
        draw(scalars())
        if draw(mostly)
        else {"type": draw(st.sampled_from([["boolean", "integer"], ["object", "null"]]))}
    )
    place = draw(st.sampled_from(["plain", "plain", "nested", "object", "each", "explode"]))
    paths = {"in.a": first, "in.b": second} if place == "nested" else {"a": first, "b": second}
    inner: Json = {"type": "object", "properties": {"a": draw(composed(first)), "b": draw(composed(second))}}
    inner["required"] = draw(st.sampled_from([[], ["a"], ["a", "b"]]))
    required = draw(maybe)
    certain = frozenset(path for path in paths if path in inner["required"])
    shape = draw(st.sampled_from(["expression"] * 4 + ["match", "when"]))
    rule: Any = None
    wanted = None
    if shape == "expression":
        rule, wanted = draw(expressions(Fields(paths, certain, draw(scalars()), required)))
    target = draw(scalars(wanted if draw(mostly) else None))
    known = Fields(paths, certain, target, required)
    if shape != "expression":
        rule = draw(matches(known) if shape == "match" else whens(known))
    fields: Json = {"type": "object", "additionalProperties": False, "properties": {"out": target}}
    fields["required"] = ["out"] if required else []
    payload, canonical, keys = _placed(draw, place, inner, fields, known, {"out": rule})
    document = {
        "vendor": "acme", "name": "Acme", "priority": 1, "authentication": {"scheme": "api-key"},
        "limits": {"requests_per_second": 1, "burst": 1},
        "events": {"event": {"payload": payload, "emits": "Thing@1.0", **keys}},
    }  # fmt: skip
    sources = {
        "mappings/acme.yaml": json.dumps(document, ensure_ascii=False),
        "schemas/canonical/thing.v1.schema.json": json.dumps({"title": "Thing", **canonical}),
    }
    return Case(sources, payload, canonical, keys)


def _placed(  # noqa: PLR0917 - what the parts of one project are made of
    draw: st.DrawFn, place: str, inner: Json, fields: Json, known: Fields, rule: Json
) -> tuple[Json, Json, Json]:
    """Payload schema, canonical schema and the event's keys."""
    if place == "plain":
        return inner, fields, {"map": rule}
    within = inner if draw(mostly) else {**inner, "type": ["object", "null"]}
    payload: Json = {"type": "object", "properties": {"in": within}, "required": ["in"] if draw(mostly) else []}
    if place == "nested":
        return payload, fields, {"map": rule}
    must = ["to"] if draw(maybe) else []
    outcome = draw(
        st.sampled_from(["", " or quarantine", " or quarantine", " or omit", " or quarantine on null, empty"])
    )
    if place == "object":
        canonical = {"type": "object", "properties": {"to": fields}, "required": must}
        return payload, canonical, {"map": {"to": {"from": f"in{outcome}", "object": rule}}}
    bounds = draw(st.sampled_from([{}, {"maxItems": 1000}, {"maxItems": 3}, {"minItems": 1, "maxItems": 2}]))
    payload["properties"] = {"in": {"type": "array", "items": within, **bounds}}
    where = {"where": draw(predicates(known))} if draw(maybe) else {}
    if place == "explode":
        return payload, fields, {"explode": f"in{outcome}", **where, "map": rule}
    asked = draw(st.sampled_from([{}, {"maxItems": 3}, {"minItems": 1, "maxItems": 2}]))
    canonical = {"type": "object", "properties": {"to": {"type": "array", "items": fields, **asked}}, "required": must}
    return payload, canonical, {"map": {"to": {"each": f"in{outcome}", **where, "map": rule}}}


def mapper(sources: dict[str, str], diagnostics: Diagnostics, vendor: str = "acme") -> dict[str, Any] | None:
    """The executed mapper module as it is before formatting; None if it does not compile."""
    project = resolve(sources, vendor, diagnostics)
    if project is None:
        return None
    text = render_project(project)[f"generated/mappers/{vendor}.py"]
    namespace: dict[str, Any] = {}
    exec(compile(text, "mapper", "exec"), namespace)
    return namespace

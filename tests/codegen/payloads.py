"""Valid payloads of any schema inside the profile, as JSON texts: edges of every bound, every way to write a number."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import jsonschema_rs
from hypothesis import strategies as st

from codegen.runtime import exact_json

type Tree = dict[str, Tree] | list[Tree] | str | bool | Number | None


class Number(str):
    """A number as it stands in the JSON text."""

    __slots__ = ()


def to_json(tree: Tree) -> str:
    """The tree as JSON text; numbers keep their spelling."""
    if isinstance(tree, Number):
        return str(tree)
    if isinstance(tree, dict):
        return "{" + ",".join(f"{json.dumps(name)}:{to_json(value)}" for name, value in tree.items()) + "}"
    if isinstance(tree, list):
        return "[" + ",".join(map(to_json, tree)) + "]"
    return json.dumps(tree, ensure_ascii=False)


def payloads(schema: dict[str, Any]) -> st.SearchStrategy[bytes]:
    """Texts of documents that are valid under a self-contained schema."""
    is_valid = validator(json.dumps(schema)).is_valid
    texts = _Maker(schema).values(schema).map(lambda tree: to_json(tree).encode())
    return texts.filter(lambda text: is_valid(exact_json.parse(text)))


@cache
def validator(schema: str) -> jsonschema_rs.Draft202012Validator:
    return jsonschema_rs.Draft202012Validator(schema, validate_formats=True, offline=True)


LETTERS = "aZ0 -_.,/'\"\\\t\n\u00a0\u00df\u0130\u03b0\ufb03\u2028é€😀\u0301"
WORDS = [
    "", " ", "\t", "abc-001 ", "x", "0", "12", "-1", "+7", "007", "1.5", "1.000", "-0.00", "1e3", "398.00", "0.001",
    ".5", "1.", "9" * 30, "9" * 1001, "USD", "JPY", "KWD", "XXX", "usd", "true", "false", "null", "quarantine",
    "2026-01-30",
    "2026-01-30T20:15:12Z", "2026-01-30 20:15:12Z", "2026-01-30T20:15:60Z", "2026-01-30T20:15:12", "٣", "Ⅷ", "a\n", "ǅ",
]  # fmt: skip
DIGITS = st.integers(0, 10**12).map(str)


def _two(low: int, high: int) -> st.SearchStrategy[str]:
    return st.integers(low, high).map(lambda number: f"{number:02}")


DATES = st.one_of(
    st.sampled_from(["0000-01-01", "0000-02-29", "0001-01-01", "9999-12-31", "2000-02-29", "2024-02-29", "1970-01-01"]),
    st.dates().map(str),
)
TIMES = st.one_of(
    st.sampled_from(["00:00:00", "23:59:59", "23:59:60", "00:59:60", "05:29:60", "12:30:45"]),
    st.builds(":".join, st.tuples(_two(0, 23), _two(0, 59), _two(0, 59))),
)
FRACTIONS = st.one_of(
    st.just(""), st.sampled_from([".0", ".123456789", ".1234567890123456789"]), DIGITS.map(".{}".format)
)
OFFSETS = st.one_of(
    st.sampled_from(["Z", "z", "+00:00", "-00:00", "+01:00", "+05:30", "-23:59", "+23:59"]),
    st.builds("{}{}:{}".format, st.sampled_from("+-"), _two(0, 23), _two(0, 59)),
)
FORMATTED = {
    "date-time": st.builds("{}{}{}{}{}".format, DATES, st.sampled_from("Tt"), TIMES, FRACTIONS, OFFSETS),
    "date": DATES,
    "uuid": st.uuids().map(str),
    "email": st.emails(),
    "uri": st.sampled_from(["https://acme.example/a?b=c#d", "urn:isbn:0451450523", "mailto:a@b.example"]),
}


class _Maker:
    def __init__(self, root: dict[str, Any]) -> None:
        self._root = root

    def values(self, schema: dict[str, Any]) -> st.SearchStrategy[Tree]:
        while "$ref" in schema:
            schema = self._root["$defs"][schema["$ref"].removeprefix("#/$defs/")]
        constants = [schema["const"]] if "const" in schema else schema.get("enum")
        if constants is not None:
            return st.sampled_from([self._constant(constant) for constant in constants])
        examples = [self._example(item) for item in schema.get("examples", ())]
        declared = schema.get("type", ["string", "integer", "number", "boolean", "null", "object", "array"])
        kinds = [declared] if isinstance(declared, str) else declared
        made = [self._of_kind(kind, schema) for kind in kinds]
        # Whole objects as the schema shows them, now and then: of many amounts drawn at random hardly all fit at once.
        weight = 3 if "object" in kinds else 1
        return st.one_of([*made * weight, st.sampled_from(examples)] if examples else made)

    def _example(self, example: Any) -> Tree:
        if isinstance(example, dict):
            return {name: self._example(value) for name, value in example.items()}
        return [self._example(item) for item in example] if isinstance(example, list) else self._constant(example)

    def _constant(self, constant: Any) -> Tree:
        is_number = isinstance(constant, int | float) and not isinstance(constant, bool)
        return Number(json.dumps(constant)) if is_number else constant

    def _of_kind(self, kind: str, schema: dict[str, Any]) -> st.SearchStrategy[Tree]:
        match kind:
            case "string":
                return self._texts(schema)
            case "integer":
                return self._numbers(schema, integral=True)
            case "number":
                return self._numbers(schema, integral=False)
            case "boolean":
                return st.booleans()
            case "null":
                return st.none()
            case "array":
                return self._arrays(schema)
            case _:
                return self._objects(schema)

    def _texts(self, schema: dict[str, Any]) -> st.SearchStrategy[Tree]:
        keywords = {name: schema[name] for name in ("minLength", "maxLength", "pattern", "format") if name in schema}
        is_valid = validator(json.dumps({"type": "string", **keywords})).is_valid
        words = [word for word in WORDS if is_valid(word)]
        choices: list[st.SearchStrategy[str]] = [st.sampled_from(words)] if words else []
        if "format" in schema:
            choices.append(FORMATTED[schema["format"]])
        elif "pattern" in schema:
            choices.append(st.from_regex(schema["pattern"]))
        else:
            low, high = schema.get("minLength", 0), schema.get("maxLength", 300)
            choices.append(st.text(LETTERS, min_size=low, max_size=min(high, low + 30)))
            edges = st.sampled_from([low, min(low + 1, high), high])
            choices.append(st.builds(lambda sign, size: sign * size, st.sampled_from(LETTERS), edges))
        return st.one_of(choices).filter(lambda text: "\0" not in text and is_valid(text))

    def _numbers(self, schema: dict[str, Any], *, integral: bool) -> st.SearchStrategy[Tree]:
        keywords = {name: value for name, value in schema.items() if "inimum" in name or "aximum" in name}
        kind = "integer" if integral else "number"
        is_valid = validator(json.dumps({"type": kind, **keywords})).is_valid
        near = sorted({int(bound) + step for bound in (0, *keywords.values()) for step in (-1, 0, 1)})
        far = [10**30, -(10**30), 10**990, 9007199254740993]
        low, high = min(near), max(near)
        whole = st.one_of(st.sampled_from([*near, *far]), st.integers(low, high), st.integers(-5, 120))
        spelt = st.builds(_spell, whole, st.sampled_from(["{}", "{}.0", "{}e0", "{}E+0", "{}.000", "hundreds"]))
        if integral:
            choices = [spelt]
        else:
            fractions = st.builds("{}.{}".format, st.integers(low, high), DIGITS)
            choices = [
                spelt,
                fractions,
                st.sampled_from(["0.1", "1E-3", "-0.0", "0.30", "1e-1000", "123.4567890123456789"]),
            ]
        numbers = st.one_of(choices).map(Number)
        return numbers.filter(lambda number: is_valid(exact_json.parse(number.encode())))

    def _arrays(self, schema: dict[str, Any]) -> st.SearchStrategy[Tree]:
        low, high = schema.get("minItems", 0), schema.get("maxItems", 4)
        items = self.values(schema.get("items", {"type": "integer"}))
        few = st.lists(items, min_size=low, max_size=min(high, low + 3))
        if high > 50:
            return few
        return st.one_of(few, items.map(lambda item: [item] * high))

    def _objects(self, schema: dict[str, Any]) -> st.SearchStrategy[Tree]:
        required = set(schema.get("required", ()))
        members = {name: self.values(below) for name, below in schema.get("properties", {}).items()}
        always = {name: values for name, values in members.items() if name in required}
        perhaps = {name: values for name, values in members.items() if name not in required}
        objects = st.fixed_dictionaries(always, optional=perhaps)
        if schema.get("additionalProperties") is False:
            return objects
        extra = st.sampled_from([{}, {"amount": None}, {"$unknown": [{"a": Number("1.50")}]}])
        return st.builds(
            lambda more, known: {**more, **known} if not more.keys() & members.keys() else known, extra, objects
        )


def _spell(value: int, form: str) -> str:
    if form == "hundreds":
        return f"{value // 100}E2" if value % 100 == 0 else str(value)
    return form.format(value)


@cache
def _printable(pattern: str) -> st.SearchStrategy[str]:
    is_valid = validator(json.dumps({"pattern": pattern})).is_valid
    return st.from_regex(pattern).filter(is_valid)


def envelopes(vendor: str, event: str) -> st.SearchStrategy[dict[str, str]]:
    """What a mapper is given of the envelope."""
    times = FORMATTED["date-time"].filter(validator('{"format": "date-time"}').is_valid)
    return st.fixed_dictionaries(
        {
            "vendorId": st.just(vendor),
            "externalEventId": _printable("^[!-~]([ -~]{0,254}[!-~])?$"),
            "eventType": st.just(event),
            "occurredAt": times,
            "receivedAt": times,
        }
    )

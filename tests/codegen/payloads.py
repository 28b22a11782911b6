"""Valid payloads of any schema inside the profile, as JSON texts: edges of every bound, every way to write a number."""

from __future__ import annotations

import json
from fractions import Fraction
from functools import cache
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from codegen.runtime import exact_json
from tests.codegen.shapes import accepts, is_composed, kinds_of, shapes, validator
from tests.codegen.trees import Number, as_tree, embed, to_json

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

    from tests.codegen.shapes import Schema
    from tests.codegen.trees import Tree


def payloads(schema: dict[str, Any]) -> st.SearchStrategy[bytes]:
    """Texts of documents that are valid under a self-contained schema."""
    is_valid = validator(json.dumps(schema)).is_valid
    texts = _Maker(schema).values(schema).map(lambda tree: to_json(tree).encode())
    return texts.filter(lambda text: is_valid(exact_json.parse(text)))


KINDS = ("string", "integer", "number", "boolean", "null", "object", "array")
OF_NUMBERS = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf")
OF_ARRAYS = ("minItems", "maxItems", "uniqueItems")
FEW = 50
NAMES = ["a", "B-1", "x.y", "", "0", "ключ", "a b", "__class__", "size", "colour"]
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

    def values(self, schema: Schema) -> st.SearchStrategy[Tree]:
        made = st.one_of([self._plain(shape) for shape in shapes(schema, self._root)])
        if not is_composed(schema):
            return made
        is_valid = accepts(schema, self._root).is_valid
        return made.filter(lambda tree: is_valid(exact_json.parse(to_json(tree).encode())))

    def _plain(self, schema: dict[str, Any]) -> st.SearchStrategy[Tree]:
        if "enum" in schema:
            return st.sampled_from([as_tree(constant) for constant in schema["enum"]])
        examples = [item for item in schema.get("examples", ()) if isinstance(item, str | None)]
        made = [self._of_kind(kind, schema) for kind in kinds_of(schema) or KINDS]
        return st.one_of([*made, st.sampled_from(examples)] if examples else made)

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
        if "contentSchema" in schema and "contentMediaType" in schema:
            embedded = self.values(schema["contentSchema"])
            choices.append(embedded.map(lambda tree: embed(tree, schema)))
        return st.one_of(choices).filter(lambda text: "\0" not in text and is_valid(text))

    def _numbers(self, schema: dict[str, Any], *, integral: bool) -> st.SearchStrategy[Tree]:
        keywords = {name: value for name, value in schema.items() if name in OF_NUMBERS}
        kind = "integer" if integral else "number"
        is_valid = validator(json.dumps({"type": kind, **keywords})).is_valid
        bounds = [value for name, value in keywords.items() if name != "multipleOf"]
        near = sorted({int(bound) + step for bound in (0, *bounds) for step in (-1, 0, 1)})
        far = [10**30, -(10**30), 10**990, 9007199254740993]
        low, high = min(near), max(near)
        whole = st.one_of(st.sampled_from([*near, *far]), st.integers(low, high), st.integers(-5, 120))
        spelt = st.builds(_spell, whole, st.sampled_from(["{}", "{}.0", "{}e0", "{}E+0", "{}.000", "hundreds"]))
        choices = [spelt]
        if not integral:
            fractions = st.sampled_from(["0.1", "1E-3", "-0.0", "0.30", "1e-1000", "123.4567890123456789"])
            choices += [st.builds("{}.{}".format, st.integers(low, high), DIGITS), fractions]
        if "multipleOf" in schema:
            step = Fraction(str(schema["multipleOf"]))
            # A decimal's denominator divides a power of ten.
            places = len(str(step.denominator)) * 4
            multiples = st.one_of(st.sampled_from(near), st.integers(low, high), st.integers(-(10**40), 10**40))
            choices.append(multiples.map(lambda number: f"{number // step * step * 10**places}e-{places}"))
        numbers = st.one_of(choices).map(Number)
        return numbers.filter(lambda number: is_valid(exact_json.parse(number.encode())))

    def _arrays(self, schema: dict[str, Any]) -> st.SearchStrategy[Tree]:
        low, high = schema.get("minItems", 0), schema.get("maxItems", 4)
        first = [self.values(item) for item in schema.get("prefixItems", ())][:high]
        wanted = schema.get("minContains", 1) if "contains" in schema else 0
        items = self.values(schema.get("items", {"type": "integer"}))
        matching = self.values({"allOf": [schema.get("items", True), schema["contains"]]}) if wanted else st.nothing()
        rest = max(low - len(first) - wanted, 0)
        most = 0 if items.is_empty else max(rest, min(high, low + 3) - len(first) - wanted)
        if matching.is_empty and wanted:
            return st.nothing()
        few = st.builds(
            lambda *parts: [item for part in parts for item in part],
            st.tuples(*first) if low or wanted else st.integers(0, len(first)).flatmap(lambda n: st.tuples(*first[:n])),
            st.lists(matching, min_size=wanted, max_size=wanted),
            st.lists(items, min_size=min(rest, most), max_size=most),
        )
        is_valid = validator(json.dumps({name: schema[name] for name in OF_ARRAYS if name in schema})).is_valid
        many = st.one_of(few, items.map(lambda item: [item] * high)) if high <= FEW and not items.is_empty else few
        return many.filter(lambda tree: is_valid(exact_json.parse(to_json(tree).encode())))

    def _objects(self, schema: dict[str, Any]) -> st.SearchStrategy[Tree]:
        required = set(schema.get("required", ()))
        members = {name: self.values(below) for name, below in schema.get("properties", {}).items()}
        unnamed = {name: self.values(undeclared(schema, name)) for name in sorted(required - members.keys())}
        always = {name: values for name, values in members.items() if name in required} | unnamed
        perhaps = {name: values for name, values in members.items() if name not in required and not values.is_empty}
        objects = st.fixed_dictionaries(always, optional=perhaps)
        keywords = {name: schema[name] for name in ("minProperties", "maxProperties") if name in schema}
        is_valid = validator(json.dumps(keywords)).is_valid
        known = always.keys() | perhaps.keys()
        whole = st.builds(lambda more, known: {**more, **known}, self._extra(schema, members.keys() | known), objects)
        return whole.filter(is_valid) if keywords else whole

    def _extra(self, schema: dict[str, Any], known: AbstractSet[str]) -> st.SearchStrategy[dict[str, Tree]]:
        """Members beyond the declared ones: of each pattern, and of whatever is left."""
        is_name = accepts(schema.get("propertyNames", True), self._root).is_valid
        extra: list[st.SearchStrategy[dict[str, Tree]]] = [st.just({})]
        for pattern, below in schema.get("patternProperties", {}).items():
            extra.append(st.dictionaries(st.from_regex(pattern), self.values(below), max_size=2))
        additional = schema.get("additionalProperties", True)
        if additional is True:
            extra.append(st.sampled_from([{}, {"amount": None}, {"$unknown": [{"a": Number("1.50")}]}]))
        elif additional is not False:
            few = max(2, schema.get("minProperties", 0))
            extra.append(st.dictionaries(st.sampled_from(NAMES), self.values(additional), max_size=few))

        def is_fit(tree: dict[str, Tree]) -> bool:
            return all("\0" not in name and name not in known and is_name(name) for name in tree)

        return st.one_of(extra).filter(is_fit)


def undeclared(schema: dict[str, Any], name: str) -> Schema:
    """What a member that only ``required`` names has to be."""
    matching = [
        below
        for pattern, below in schema.get("patternProperties", {}).items()
        if validator(json.dumps({"pattern": pattern})).is_valid(name)
    ]
    return {"allOf": matching} if matching else schema.get("additionalProperties", True)


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

"""Mappings of lists, arithmetic and blocks over one shape of payload, drawn from a seed.

Most random rules do not compile. A project has many, each on a line of its own, so that those can be left out.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from codegen.resolve.steps.registry import STEPS
from tests.codegen.mappings import CONSTANTS, PATTERNS, SCALARS, Json
from tests.codegen.step_arguments import constants_of

if TYPE_CHECKING:
    from random import Random

RULES = 60
"""Of each there is one for every type of a plain value that it may fill."""
OUTCOMES = [
    " or quarantine on null", " or omit on null, empty", " or omit on empty or quarantine", " or null", " or 'x'",
    " or 0", " or true", " or -1.5 on absent, null",
]  # fmt: skip
BOUNDS: list[Json] = [{}, {"maxItems": 1000}, {"maxItems": 3}, {"minItems": 1, "maxItems": 2}, {"minItems": 2}]
PATHS = ["a", "n", "i", "mixed", "tags[0]", "tags[-1]", "rows[0].a", "map.p", "map.other", "envelope.eventType"]
NUMBERS = ["n", "i", "2", "-3", "0.5", "(n or 0 on absent, null)", "(i or 0 on absent, null)", "(a | decimal or 1)"]
MANY = ["rows[*].a", "rows[*].n", "rows[*].deep[*].a", "tags", "tags[*]", "rows[?present(n)].k", "rows[-1].deep[*].a"]
ROW = ["a", "n", "k", "parent.a", "parent.i", "$.a", "deep[0].a"]
SOURCES = ["rows", "rows[*]", "rows[?present(a)]", "rows or omit", "rows[*] or quarantine", "rows or quarantine"]


@dataclass(frozen=True)
class Project:
    """A vendor whose one event has many fields, and the schemas of both sides."""

    payload: Json
    rules: dict[str, Any]
    targets: dict[str, Json]
    required: tuple[str, ...]
    keys: Json
    lookup: Json

    @property
    def canonical(self) -> Json:
        """The schema of what the event becomes."""
        required = [name for name in self.required if name in self.targets]
        return {"type": "object", "additionalProperties": False, "properties": self.targets, "required": required}

    def sources(self) -> dict[str, str]:
        """The contracts; each rule stands on a line of its own."""
        event = {"payload": self.payload, "emits": "Thing@1.0", **self.keys}
        head = {
            "vendor": "acme", "name": "Acme", "priority": 1, "authentication": {"scheme": "api-key"},
            "limits": {"requests_per_second": 1, "burst": 1}, "lookups": {"table": self.lookup},
        }  # fmt: skip
        lines = ",\n".join(f"{json.dumps(name)}: {json.dumps(rule)}" for name, rule in self.rules.items())
        text = f'{json.dumps(head)[:-1]}, "events": {{"event": {json.dumps(event)[:-1]}, "map": {{\n{lines}\n}}}}}}}}'
        canonical = json.dumps({"title": "Thing", **self.canonical})
        return {"mappings/acme.yaml": text, "schemas/canonical/thing.v1.schema.json": canonical}

    def without(self, lines: set[int]) -> Project:
        """The project without the rules on these lines, the first of which is line 2.

        On line 1 stand the filter, and the rows of the table that rules look up.
        """
        in_head = 1 in lines
        names = [
            name
            for line, (name, rule) in enumerate(self.rules.items(), 2)
            if line not in lines and not (in_head and "lookup" in rule)
        ]
        kept = {name: self.rules[name] for name in names}
        targets = {name: self.targets[name] for name in names}
        return replace(self, rules=kept, targets=targets, keys={} if in_head else self.keys)


def project(random: Random) -> Project:
    """A project most of whose rules do not compile."""
    return _Maker(random).project()


class _Maker:
    def __init__(self, random: Random) -> None:
        self._random = random
        self._chance = random.random
        self._pick = random.choice

    def project(self) -> Project:
        drawn = {}
        for number in range(RULES):
            state = self._random.getstate()
            for kind in SCALARS:
                self._random.setstate(state)
                drawn[f"{kind}{number}"] = self._rule(kind)
        return Project(
            payload=self._payload(),
            rules={name: rule for name, (rule, _) in drawn.items()},
            targets={name: target for name, (_, target) in drawn.items()},
            required=tuple(name for name in drawn if self._chance() < 0.3),
            keys={"filter": self._predicate(PATHS)} if self._chance() < 0.1 else {},
            lookup={key: self._pick(["a", 1, True, None]) for key in ("a", "1", "true")},
        )

    def _scalar(self, kind: str = "") -> Json:
        kind = kind or self._pick(SCALARS)
        schema: Json = {"type": kind}
        shape = self._random.randrange(5)
        if shape == 0:
            schema["enum"] = self._random.sample(CONSTANTS[kind], min(3, len(CONSTANTS[kind])))
        elif kind == "string" and shape < 3:
            words: list[Json] = [
                {"format": "date-time"},
                {"pattern": self._pick(PATTERNS)},
                {"minLength": 1},
                {"maxLength": 3},
            ]
            schema |= self._pick(words)
        elif kind in ("integer", "number") and shape < 4:
            schema |= self._pick([{"minimum": 0}, {"minimum": -10, "maximum": 100}, {"maximum": 1}, {"minimum": 1}])
        if self._chance() < 0.25:
            schema["type"] = [kind, "null"]
            if "enum" in schema:
                schema["enum"].append(None)
        return schema

    def _payload(self) -> Json:
        deep = {"type": "object", "properties": {"a": self._scalar()}}
        row: Json = {
            "type": "object" if self._chance() < 0.8 else ["object", "null"],
            "properties": {
                "a": self._scalar(), "n": self._scalar("integer"), "k": self._scalar(self._pick(SCALARS)),
                "deep": {"type": "array", "items": deep},
            },
            "required": self._pick([[], ["k"], ["a", "k", "deep"], ["a", "n", "k", "deep"]]),
            "additionalProperties": self._chance() < 0.5,
        }  # fmt: skip
        other = {"type": "object", "properties": {"p": self._scalar(), "q": self._scalar()}, "required": ["q"]}
        return {
            "type": "object",
            "properties": {
                "a": self._scalar(), "n": self._scalar("number"), "i": self._scalar("integer"),
                "rows": {"type": "array", "items": row, **self._pick(BOUNDS)},
                "tags": {"type": "array", "items": self._scalar(), **self._pick(BOUNDS)},
                "map": {
                    "type": "object",
                    "properties": {"p": self._scalar()},
                    "additionalProperties": self._pick([False, True, self._scalar()]),
                },
                "other": {**other, "additionalProperties": self._chance() < 0.5},
                "mixed": {"type": self._pick([["string", "integer"], ["object", "number", "null"]])},
            },
            "required": self._pick([[], ["rows", "tags", "i"], ["a", "n", "i", "rows", "tags", "map", "other"]]),
        }  # fmt: skip

    def _outcome(self) -> str:
        return self._pick([" or quarantine", " or quarantine", " or omit", "", self._pick(OUTCOMES)])

    def _steps(self, most: int) -> str:
        said = ""
        for _ in range(self._random.randint(0, most)):
            name = self._pick([*STEPS, "decimal", "integer", "string", "first", "sum", "distinct"])
            constants = self._pick(constants_of(name))
            texts = [f"'{one.replace("'", "''")}'" if isinstance(one, str) else json.dumps(one) for one in constants]
            said += f" | {name}({', '.join(texts)})" if texts else f" | {name}"
            said += self._outcome()
        return said

    def _operand(self, paths: list[str], depth: int = 0) -> str:
        shape = self._random.randrange(9) if depth < 2 else 0
        if shape < 5:
            return self._pick(paths)
        if shape == 5:
            return f"join('-', {', '.join(self._operand(paths, depth + 1) for _ in range(self._random.randint(1, 3)))})"
        if shape == 6:
            return f"({self._operand(paths, depth + 1)}{self._outcome()}{self._steps(2)})"
        operator = self._pick(["+", "-", "*", "/"])
        scale = f" scale {self._random.randint(0, 3)} {self._pick(['half_up', 'half_even', 'up', 'down'])}"
        left = self._pick(NUMBERS) if "n" in paths else f"({self._pick(paths)} | decimal or 0)"
        right = self._pick(NUMBERS if "i" in paths else ["2", "-3", "0.5"])
        return f"{left} {operator} {right}{scale if operator == '/' else ''}"

    def _expression(self, paths: list[str]) -> str:
        text = self._operand(paths)
        if self._chance() < 0.2:
            text += f" ?? {self._operand(paths)}{self._pick(['', ' on null', ' on null, empty'])}"
        return text + self._outcome() + self._steps(3)

    def _predicate(self, paths: list[str]) -> str:
        left = self._pick(paths)
        if self._chance() < 0.4:
            left = f"({left}{self._outcome()}{self._steps(1)})"
        if self._chance() < 0.2:
            return f"{left} in ('a', 1, true)"
        right = self._pick(["1", "'a'", "true", "null", "0.5", *paths])
        return f"{left} {self._pick(['==', '!=', '<', '<=', '>', '>='])} {right}"

    def _where(self) -> Json:
        return {"where": self._predicate(ROW)} if self._chance() < 0.3 else {}

    def _rule(self, kind: str) -> tuple[Any, Json]:  # noqa: C901, PLR0912 - one case a form of rule
        """A rule, and the schema of what it fills; only that depends on ``kind``."""
        state = self._random.getstate()
        value = self._scalar(kind)
        self._random.setstate(state)
        many = {"type": "array", "items": value, **self._pick(BOUNDS)}
        cell: Json = {"type": "object", "properties": {"out": value}, "additionalProperties": False}
        cell["required"] = self._pick([[], ["out"]])
        table = {"type": "array", "items": cell, **self._pick(BOUNDS)}
        source = self._pick(SOURCES)
        match self._random.randrange(15):
            case 0 | 1:
                return self._expression(PATHS), value
            case 2:
                return self._expression(PATHS + MANY), value
            case 3 | 4:
                return self._expression(MANY), many
            case 5:
                return {"each": source, **self._where(), "map": {"out": self._expression(ROW)}}, table
            case 6:
                outs = {"out": self._expression(["a", "parent.a", "parent.n", "parent.parent.a"])}
                return {"each": "rows[*].deep[*] or quarantine", "map": outs}, table
            case 7:
                each = self._pick(["tags", "tags or omit", "tags | distinct or omit"])
                return {"each": each, "value": self._expression(["$", "parent.a"])}, many
            case 8:
                return {"each": "map or omit | pairs", "map": {"out": self._expression(["name", "value"])}}, table
            case 9:
                outs = {"out": self._expression(["p", "q"])}
                return {"from": self._pick(["other | merge(other)", "other or omit"]), "object": outs}, cell
            case 10:
                outs = {"out": self._expression(["key", "items[*].a", "items[0].n"])}
                return {"group": source, **self._where(), "by": self._expression(["k"]), "map": outs}, table
            case 11:
                entries = f"{source.partition(' or')[0]} or quarantine"
                rule = {
                    "entries": entries,
                    **self._where(),
                    "key": self._expression(["k"]),
                    "value": self._expression(ROW),
                }
                return rule, {"type": "object", "additionalProperties": value}
            case 12:
                return {"list": [self._expression(PATHS) for _ in range(self._random.randint(0, 3))]}, many
            case 13:
                otherwise = self._pick(["quarantine", "omit"])
                return {"lookup": "table", "key": self._expression(PATHS), "else": otherwise}, value
            case _:
                branch = {"if": self._predicate(PATHS), "then": {"value": self._expression(PATHS)}}
                return {"when": [branch], "else": "quarantine"}, value

"""One mapping document to its compiled form: events, explode, webhook."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from codegen.diagnostics import Code, Diagnostics, suggestion
from codegen.frontend.expression import Call, Literal, Path
from codegen.ir import (
    Apply,
    Assign,
    Convert,
    Current,
    EachOf,
    Fixed,
    Give,
    Guard,
    MappedEvent,
    Read,
    Reject,
    Return,
    RuleFunction,
    RuleTrace,
    Test,
    Webhook,
)
from codegen.naming import ClassName, PythonIdentifier
from codegen.resolve.blocks import BlockCompiler, Output, fold
from codegen.resolve.pipelines import Target
from codegen.resolve.scopes import Scope, token
from codegen.resolve.types import type_of_schema
from codegen.source import JsonSource, MapNode, ScalarNode, plain_value

if TYPE_CHECKING:
    from collections.abc import Mapping

    from codegen.frontend.expression import Expression, Operand
    from codegen.frontend.json_schema import Schema, SchemaStore
    from codegen.frontend.mapping import EventDocument, MappingDocument, WebhookDocument
    from codegen.ir import Statement, Value

MAX_EVENTS = 1_000
_VERSIONED = re.compile(r"schemas/canonical/[a-z-]+\.v(\d+)(?:\.(\d+))?\.schema\.json")


@dataclass(frozen=True, slots=True)
class CanonicalEvent:
    """A canonical event type in one version."""

    path: str
    schema: Schema


def canonical_events(store: SchemaStore) -> dict[str, CanonicalEvent]:
    """Every canonical event by ``<Name>@<version>``; the file's name carries the version, its title the name."""
    found = {}
    for path in store.names():
        match = _VERSIONED.fullmatch(path)
        schema = store.schema(path) if match else None
        if match and schema and schema.title:
            found[f"{schema.title}@{match.group(1)}.{match.group(2) or 0}"] = CanonicalEvent(path, schema)
    return found


def schema_name(path: str) -> str:
    """Name of a schema file at run time."""
    return path.removeprefix("schemas/").removesuffix(".schema.json")


@dataclass(frozen=True, slots=True)
class PayloadSchema:
    """The schema of a payload with its name at run time."""

    name: str
    source: JsonSource
    schema: Schema


class EventCompiler:
    """Compiles the events of one vendor."""

    def __init__(
        self,
        store: SchemaStore,
        canonical: Mapping[str, CanonicalEvent],
        document: MappingDocument,
        diagnostics: Diagnostics,
    ) -> None:
        self._store = store
        self._canonical = canonical
        self._document = document
        self._diagnostics = diagnostics

    def payload(self, event: EventDocument) -> PayloadSchema | None:
        """The event's payload schema; None if it was reported."""
        node = event.payload
        if isinstance(node, MapNode):
            value = {"title": ClassName(event.name), **plain_value(node)}
            source = JsonSource(self._document.path, "", value, node)
            schema = self._store.read(source)
            name = f"vendors/{self._document.vendor}/{PythonIdentifier(event.name)}"
            return PayloadSchema(name, source, schema) if schema else None
        path = f"schemas/{node.text}"
        found = self._store.source(path)
        if found is None:
            known = [name.removeprefix("schemas/") for name in self._store.names()]
            hint = suggestion(node.text, known)
            self._diagnostics.add(Code.UNKNOWN_SCHEMA, node.span, f"there is no schemas/{node.text}", hint)
            return None
        schema = self._store.schema(path)
        return PayloadSchema(schema_name(path), found, schema) if schema else None

    def _target(self, node: ScalarNode) -> CanonicalEvent | None:
        canonical = self._canonical.get(node.text)
        if canonical is None:
            hint = suggestion(node.text, self._canonical)
            self._diagnostics.add(Code.UNKNOWN_EVENT, node.span, f"there is no canonical event '{node.text}'", hint)
        return canonical

    def event(self, event: EventDocument, payload: PayloadSchema) -> MappedEvent | None:
        """The compiled event; None if anything in it was reported."""
        canonical = self._target(event.emits)
        if canonical is None:
            return None
        start = type_of_schema(payload.schema)
        if start.kind != "object" or start.nullable:
            self._diagnostics.add(Code.TYPE_MISMATCH, event.span, "the payload's schema must have `type: object`")
            return None
        output = Output()
        blocks = BlockCompiler(event.name, self._diagnostics, output)
        scopes: tuple[Scope, ...] = (Scope(start, "", 0, ""),)
        target = Target(canonical.schema, required=True, event=event.name, pointer="", span=event.fields_span)
        root = blocks.name("event", event.span)
        explode: tuple[Statement, ...] = ()
        if event.explode is not None:
            exploded = self._explode(event, event.explode, blocks, scopes, target, root)
            if exploded is None:
                return None
            explode, inner = exploded
            scopes = (*scopes, inner)
        blocks.assemble(root, event.fields, canonical.schema, scopes, target)
        name, _, version = event.emits.text.partition("@")
        return MappedEvent(
            event_type=event.name,
            function=PythonIdentifier(f"map {event.name}"),
            emits=name,
            schema_version=version,
            payload_schema=payload.name,
            canonical_schema=schema_name(canonical.path),
            lane=event.lane,
            functions=tuple(output.functions),
            tables=tuple(output.tables),
            root=root,
            explode=explode,
            traces=tuple(output.traces),
        )

    def _explode(  # noqa: PLR0917 - one event's parts
        self,
        event: EventDocument,
        source: Expression,
        blocks: BlockCompiler,
        scopes: tuple[Scope, ...],
        target: Target,
        root: PythonIdentifier,
    ) -> tuple[tuple[Statement, ...], Scope] | None:
        pipeline = blocks.structure(source, "array", scopes, target)
        if pipeline is None or pipeline.located is None or pipeline.type.schema is None:
            return None
        found = blocks.each_of(source, pipeline, event.where, scopes)
        if found is None:
            return None
        inner, keep = found
        most = pipeline.type.schema.max_items
        if most is None or most > MAX_EVENTS:
            outcome = next((one for one in source.outcomes if not one.conditions), None)
            if outcome is None:
                message = f"'{source.text}' may hold more than {MAX_EVENTS:,} items"
                hint = f"declare `maxItems: {MAX_EVENTS}` in the vendor schema, or add `or quarantine`"
                self._diagnostics.add(Code.EXPLODE_UNBOUNDED, source.span, message, hint)
                return None
            end = blocks.consequence(outcome, pipeline, target, f"at most {MAX_EVENTS:,} items")
            if end is None:
                return None
            pipeline.statements.append(Guard(Test.OUTSIDE_LENGTH, end, low=0, high=MAX_EVENTS))
        blocks.report_needless(pipeline, source)
        located = pipeline.located
        each = EachOf(root, Current(), keep, located.pointer, located.depth, len(scopes) + 1)
        return tuple(fold([*pipeline.statements, Assign(each), Return(Give(Current()))])), inner

    def webhook(self, webhook: WebhookDocument) -> Webhook | None:
        """The compiled webhook; None if anything in it was reported."""
        parts = (
            ("event_type", webhook.event_type),
            ("external_event_id", webhook.external_event_id),
            ("occurred_at", webhook.occurred_at),
        )
        compiled = [WebhookCompiler(self._diagnostics, part, text).compile() for part, text in parts]
        event_type, external_event_id, occurred_at = compiled
        if event_type is None or external_event_id is None or occurred_at is None:
            return None
        return Webhook(
            event_type=event_type.function,
            external_event_id=external_event_id.function,
            occurred_at=occurred_at.function,
            ignore=webhook.ignore,
            digest_without=tuple(tuple(map(str, path.segments)) for path in webhook.digest_without),
            traces=tuple(part.trace for part in (event_type, external_event_id, occurred_at)),
        )


@dataclass(frozen=True, slots=True)
class WebhookPart:
    """One compiled part of a webhook's envelope."""

    function: RuleFunction
    trace: RuleTrace


class WebhookCompiler:
    """Compiles one expression over a body that no schema has checked yet: everything may fail, and is quarantined."""

    def __init__(self, diagnostics: Diagnostics, part: str, expression: Expression) -> None:
        self._diagnostics = diagnostics
        self._part = part
        self._expression = expression
        self._sources: list[str] = []

    def compile(self) -> WebhookPart | None:
        """The part; None if it was reported."""
        expression = self._expression
        values = [self._operand(operand) for operand in expression.operands]
        if None in values:
            return None
        found = [value for value in values if value is not None]
        steps = [step.name for step in expression.steps]
        wanted = ["timestamp"] if self._part == "occurred_at" else []
        if steps != wanted or any(step.arguments for step in expression.steps):
            message = f"'{self._part}' takes {'`| timestamp` and no other step' if wanted else 'no steps'}"
            self._diagnostics.add(Code.WRONG_FORM, expression.span, message)
            return None
        for outcome in (*expression.outcomes, *(one for step in expression.steps for one in step.outcomes)):
            message = "an envelope that cannot be read is always quarantined; no outcome is declared here"
            self._diagnostics.add(Code.NEEDLESS_OUTCOME, outcome.span, message)
        pointer = next((source for source in self._sources if source.startswith("/")), "")
        rule = f"webhook/{self._part}"
        refusal = Reject(rule, "ENVELOPE_UNREADABLE", pointer, "a text, an integer or a time", 0)
        check = "timestamp" if wanted else "text_or_failed"
        statements: tuple[Statement, ...] = (
            Assign(found[0] if len(found) == 1 else Apply("first", tuple(found))),
            Convert(Apply(check, (Current(),)), refusal),
            Return(Give(Current())),
        )
        name = PythonIdentifier(f"webhook {self._part}")
        function = RuleFunction(name, 0, f"{self._part}: {expression.text}", statements)
        trace = RuleTrace(
            rule, f"envelope:{self._part}", tuple(self._sources), tuple(steps), expression.text, expression.span.line
        )
        return WebhookPart(function, trace)

    def _operand(self, operand: Operand) -> Value | None:
        if isinstance(operand, Literal):
            return Fixed(operand.value)
        if isinstance(operand, Call):
            return self._call(operand)
        return self._path(operand)

    def _call(self, call: Call) -> Value | None:
        if call.name not in ("join", "digest"):
            known = suggestion(call.name, ("join", "digest"))
            self._diagnostics.add(Code.UNKNOWN_STEP, call.span, f"there is no function '{call.name}'", known)
            return None
        arguments = [self._operand(argument) for argument in call.arguments]
        separator = call.arguments[0] if call.arguments else None
        is_join = isinstance(separator, Literal) and isinstance(separator.value, str) and len(arguments) > 1
        is_digest = len(arguments) == 1 and isinstance(separator, Path)
        if not (is_join if call.name == "join" else is_digest):
            message = "join takes a separator and paths, digest takes one path"
            self._diagnostics.add(Code.WRONG_ARGUMENTS, call.span, message)
            return None
        if None in arguments:
            return None
        return Apply(call.name, tuple(argument for argument in arguments if argument is not None))

    def _path(self, path: Path) -> Value | None:
        if path.root == "header":
            message = "headers are not signed and may not name an event"
            self._diagnostics.add(Code.UNSIGNED, path.span, message, "use body. or path.topic")
            return None
        if path.root == "path" and path.segments == ("topic",):
            self._sources.append("path:topic")
            return Read("path", ("topic",), certain=True)
        if path.root != "body":
            message = f"'{path.text}' is not known in webhook"
            self._diagnostics.add(Code.UNKNOWN_PATH, path.span, message, "use body.<field> or path.topic")
            return None
        self._sources.append("".join(f"/{token(name)}" for name in path.segments))
        return Read("body", path.segments, certain=not path.segments)

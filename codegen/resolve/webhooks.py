"""How a native webhook's envelope is read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from codegen.diagnostics import Code, Diagnostics, suggestion
from codegen.frontend.json_source import escaped
from codegen.frontend.syntax import Call, Condition, Expression, Group, Literal, Path
from codegen.ir.project import RuleTrace, Webhook
from codegen.ir.statements import (
    Apply,
    Assign,
    Convert,
    Current,
    Fixed,
    Give,
    Guard,
    Read,
    Reject,
    Return,
    RuleFunction,
    Test,
)
from codegen.naming import PythonIdentifier
from codegen.resolve.scopes import ENVELOPE, plain_names
from codegen.resolve.steps.registry import STEPS
from codegen.resolve.types import type_of_literal

if TYPE_CHECKING:
    from collections.abc import Iterable

    from codegen.frontend.document import WebhookDocument
    from codegen.frontend.syntax import Operand
    from codegen.ir.statements import Statement, Value


def compile_webhook(webhook: WebhookDocument, headers: Iterable[str], diagnostics: Diagnostics) -> Webhook | None:
    """The compiled webhook of a vendor whose rules read these headers; None if anything in it was reported."""
    parts = (
        ("event_type", webhook.event_type),
        ("external_event_id", webhook.external_event_id),
        ("occurred_at", webhook.occurred_at),
    )
    split = webhook.split is not None
    compiled = [WebhookCompiler(diagnostics, part, text, split=split).compile() for part, text in parts]
    event_type, external_event_id, occurred_at = compiled
    if event_type is None or external_event_id is None or occurred_at is None:
        return None
    return Webhook(
        event_type=event_type.function,
        external_event_id=external_event_id.function,
        occurred_at=occurred_at.function,
        ignore=webhook.ignore,
        digest_without=webhook.digest_without,
        split=webhook.split,
        answer=webhook.answer,
        headers=tuple(sorted({*headers, *occurred_at.headers})),
        traces=tuple(part.trace for part in (event_type, external_event_id, occurred_at)),
    )


@dataclass(frozen=True, slots=True)
class WebhookPart:
    """One compiled part of a webhook's envelope."""

    function: RuleFunction
    headers: tuple[str, ...]
    trace: RuleTrace


_CHECKS = {
    "event_type": ("text_or_failed", "eventType", "an event type: 1 to 128 letters, digits, '.', '_', '/' and '-'"),
    "external_event_id": ("text_or_failed", "externalEventId", "an identifier: 1 to 256 printable ASCII characters"),
    "occurred_at": ("", "occurredAt", ""),
}
"""For each part: how it is read, the member of the envelope that it becomes, and what that is in words."""
_TIMES = ("timestamp", "local_timestamp", "epoch_seconds", "epoch_milliseconds", "epoch_microseconds")


class WebhookCompiler:
    """Compiles one expression over a body that no schema has checked yet: everything may fail, and is quarantined."""

    def __init__(self, diagnostics: Diagnostics, part: str, expression: Expression, *, split: bool) -> None:
        self._diagnostics = diagnostics
        self._part = part
        self._expression = expression
        self._split = split
        self._sources: list[str] = []
        self._headers: list[str] = []

    def compile(self) -> WebhookPart | None:
        """The part; None if it was reported."""
        expression = self._expression
        value = self._first(expression)
        if value is None or not self._well_formed():
            return None
        check, member, expected = _CHECKS[self._part]
        pointer = next((source for source in self._sources if source.startswith("/")), "")
        rule = f"webhook/{self._part}"
        words = expected or f"a time that '{expression.steps[0].name}' takes"
        refusal = Reject(rule, "ENVELOPE_UNREADABLE", pointer, words, 0)
        statements: list[Statement] = [
            Assign(value),
            *(Convert(call, refusal) for call in ([Apply(check, (Current(),))] if check else self._time())),
        ]
        pattern = ENVELOPE[member].pattern
        if pattern is not None:
            statements.append(Guard(Test.NO_MATCH, refusal, pattern=pattern))
        statements.append(Return(Give(Current())))
        name = PythonIdentifier(f"webhook {self._part}")
        function = RuleFunction(name, 0, f"{self._part} <- {expression.text}", tuple(statements))
        steps = tuple(step.name for step in expression.steps)
        sources = tuple(dict.fromkeys(self._sources))
        trace = RuleTrace(
            rule,
            f"envelope:{member}",
            sources,
            steps,
            expression.text,
            expression.span.path,
            expression.span.line,
            expression.span.line,
        )
        return WebhookPart(function, tuple(self._headers), trace)

    def _well_formed(self) -> bool:
        expression = self._expression
        for outcome in (*expression.outcomes, *(one for step in expression.steps for one in step.outcomes)):
            message = "an envelope that cannot be read is always quarantined; no outcome is declared here"
            self._diagnostics.add(Code.NEEDLESS_OUTCOME, outcome.span, message)
        if self._part == "occurred_at" and not self._reads_time():
            return False
        if self._part != "occurred_at" and expression.steps:
            self._diagnostics.add(Code.WRONG_FORM, expression.span, f"'{self._part}' takes no steps")
            return False
        read = [source for source in self._sources if not source.startswith("path:")]
        # What every element of a split body has in common tells none of them apart.
        reads_body = any(not source.startswith("body:") for source in read)
        if self._part == "external_event_id" and not reads_body:
            message = "nothing of the signed body tells one event from the next"
            hint = "add a field of the body, or digest(body)"
            self._diagnostics.add(Code.UNSIGNED, expression.span, message, hint)
            return False
        return True

    def _reads_time(self) -> bool:
        """Whether the one step gives a time; reported if not."""
        step = self._expression.steps[0] if len(self._expression.steps) == 1 else None
        definition = STEPS.get(step.name) if step is not None and step.name in _TIMES else None
        if step is None or definition is None:
            message = f"'{self._part}' takes one step that gives a time: {', '.join(_TIMES)}"
            self._diagnostics.add(Code.WRONG_FORM, self._expression.span, message)
            return False
        constants = [argument for argument in step.arguments if isinstance(argument, Literal)]
        types = tuple(type_of_literal(constant.value) for constant in constants)
        least = len(definition.parameters)
        wrong_number = len(types) < least or (len(types) > least and definition.rest is None)
        fault = "it takes other arguments" if wrong_number else definition.fault(types)
        if len(constants) < len(step.arguments) or fault:
            message = f"'{step.name}': {fault or 'its arguments must be constants'}"
            self._diagnostics.add(Code.WRONG_ARGUMENTS, step.span, message)
            return False
        return True

    def _time(self) -> tuple[Apply, Apply]:
        """The time's own step, behind a look at what it is given: no schema has checked it."""
        (step,) = self._expression.steps
        definition = STEPS[step.name]
        arguments = tuple(Fixed(argument.value) for argument in step.arguments if isinstance(argument, Literal))
        kinds = Fixed(tuple(sorted(definition.takes)))
        return Apply("of_type", (Current(), kinds)), Apply(definition.function or step.name, (Current(), *arguments))

    def _operand(self, operand: Operand) -> Value | None:
        match operand:
            case Literal(value=str() | int() as value) if value != "" and not isinstance(value, bool):
                return Fixed(value)
            case Literal():
                message = "a constant here must be a text or an integer"
                self._diagnostics.add(Code.WRONG_ARGUMENTS, operand.span, message)
                return None
            case Call():
                return self._call(operand)
            case Path():
                return self._path(operand)
            case Group(expression=Expression(outcomes=(), steps=()) as inner):
                return self._first(inner)
            case _:
                message = "an envelope is read by paths, join and digest"
                self._diagnostics.add(Code.WRONG_FORM, operand.span, message)
                return None

    def _first(self, expression: Expression) -> Value | None:
        """The first of the operands that `??` does not pass over."""
        values = [self._operand(operand) for operand in expression.operands]
        found = tuple(value for value in values if value is not None)
        if len(found) < len(values):
            return None
        skipped = tuple(str(one) for one in expression.skipped if one is not Condition.ABSENT)
        if len(found) == 1:
            return found[0]
        return Apply("coalesce_but", (Fixed(skipped), *found)) if skipped else Apply("coalesce", found)

    def _call(self, call: Call) -> Value | None:
        if call.name not in ("join", "digest"):
            known = suggestion(call.name, ("join", "digest"))
            self._diagnostics.add(Code.UNKNOWN_STEP, call.span, f"there is no function '{call.name}'", known)
            return None
        first = call.arguments[0] if call.arguments else None
        if call.name == "digest":
            fits = len(call.arguments) == 1 and isinstance(first, Path)
        else:
            fits = len(call.arguments) > 1 and isinstance(first, Literal) and isinstance(first.value, str)
        if not fits or first is None:
            message = "join takes a separator and what it joins, digest takes one path"
            self._diagnostics.add(Code.WRONG_ARGUMENTS, call.span, message)
            return None
        separator = (Fixed(first.value),) if isinstance(first, Literal) else ()
        arguments = [self._operand(argument) for argument in call.arguments[len(separator) :]]
        found = tuple(argument for argument in arguments if argument is not None)
        return Apply(call.name, (*separator, *found)) if len(found) == len(arguments) else None

    def _path(self, path: Path) -> Value | None:
        if path.is_many:
            message = f"'{path.text}' leads to many values; one is read here"
            self._diagnostics.add(Code.WRONG_FORM, path.span, message)
            return None
        names = plain_names(path.segments)
        if path.root == "header":
            return self._header(path, str(names[0]))
        if path.root == "path" and names == ("topic",):
            self._sources.append("path:topic")
            return Read("path", ("topic",), certain=True)
        if self._split and not path.root and names[0] == "item":
            self._sources.append("".join(f"/{escaped(name)}" for name in names[1:]))
            return Read("item", names[1:], certain=len(names) == 1)
        if path.root != "body":
            roots = "item.<field>, body.<field>" if self._split else "body.<field>"
            message = f"'{path.text}' is not known in webhook"
            self._diagnostics.add(Code.UNKNOWN_PATH, path.span, message, f"use {roots} or path.topic")
            return None
        pointer = "".join(f"/{escaped(name)}" for name in names)
        self._sources.append(f"body:{pointer}" if self._split else pointer)
        return Read("body", names, certain=not names)

    def _header(self, path: Path, name: str) -> Value | None:
        if self._part != "occurred_at":
            message = "headers are not signed and may not name an event"
            self._diagnostics.add(Code.UNSIGNED, path.span, message, "use body. or path.topic")
            return None
        self._headers.append(name)
        self._sources.append(f"header:{name}")
        return Read("headers", (name,), certain=False)

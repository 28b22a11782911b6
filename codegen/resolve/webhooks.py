"""How a native webhook's envelope is read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from codegen.diagnostics import Code, Diagnostics, suggestion
from codegen.frontend.json_source import escaped
from codegen.frontend.syntax import Call, Literal, Path
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
from codegen.resolve.scopes import ENVELOPE

if TYPE_CHECKING:
    from codegen.frontend.document import WebhookDocument
    from codegen.frontend.syntax import Expression, Operand
    from codegen.ir.statements import Statement, Value


def compile_webhook(webhook: WebhookDocument, diagnostics: Diagnostics) -> Webhook | None:
    """The compiled webhook; None if anything in it was reported."""
    parts = (
        ("event_type", webhook.event_type),
        ("external_event_id", webhook.external_event_id),
        ("occurred_at", webhook.occurred_at),
    )
    compiled = [WebhookCompiler(diagnostics, part, text).compile() for part, text in parts]
    event_type, external_event_id, occurred_at = compiled
    if event_type is None or external_event_id is None or occurred_at is None:
        return None
    return Webhook(
        event_type=event_type.function,
        external_event_id=external_event_id.function,
        occurred_at=occurred_at.function,
        ignore=webhook.ignore,
        digest_without=webhook.digest_without,
        traces=tuple(part.trace for part in (event_type, external_event_id, occurred_at)),
    )


@dataclass(frozen=True, slots=True)
class WebhookPart:
    """One compiled part of a webhook's envelope."""

    function: RuleFunction
    trace: RuleTrace


_CHECKS = {
    "event_type": ("text_or_failed", "eventType", "an event type: 1 to 128 letters, digits, '.', '_', '/' and '-'"),
    "external_event_id": ("text_or_failed", "externalEventId", "an identifier: 1 to 256 printable ASCII characters"),
    "occurred_at": ("timestamp", "occurredAt", "an RFC 3339 time"),
}
"""For each part: how it is read, the member of the envelope that it becomes, and what that is in words."""


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
        found = [value for value in values if value is not None]
        if len(found) < len(values) or not self._well_formed():
            return None
        check, member, expected = _CHECKS[self._part]
        pointer = next((source for source in self._sources if source.startswith("/")), "")
        rule = f"webhook/{self._part}"
        refusal = Reject(rule, "ENVELOPE_UNREADABLE", pointer, expected, 0)
        statements: list[Statement] = [
            Assign(found[0] if len(found) == 1 else Apply("first", tuple(found))),
            Convert(Apply(check, (Current(),)), refusal),
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
            rule, f"envelope:{member}", sources, steps, expression.text, expression.span.line, expression.span.line
        )
        return WebhookPart(function, trace)

    def _well_formed(self) -> bool:
        expression = self._expression
        for outcome in (*expression.outcomes, *(one for step in expression.steps for one in step.outcomes)):
            message = "an envelope that cannot be read is always quarantined; no outcome is declared here"
            self._diagnostics.add(Code.NEEDLESS_OUTCOME, outcome.span, message)
        wanted = ["timestamp"] if self._part == "occurred_at" else []
        if [step.name for step in expression.steps] != wanted or any(step.arguments for step in expression.steps):
            message = f"'{self._part}' takes {'`| timestamp` and no other step' if wanted else 'no steps'}"
            self._diagnostics.add(Code.WRONG_FORM, expression.span, message)
            return False
        reads_body = any(not source.startswith("path:") for source in self._sources)
        if self._part == "external_event_id" and not reads_body:
            message = "nothing of the signed body tells one event from the next"
            hint = "add a field of the body, or digest(body)"
            self._diagnostics.add(Code.UNSIGNED, expression.span, message, hint)
            return False
        return True

    def _operand(self, operand: Operand) -> Value | None:
        if isinstance(operand, Literal):
            if type(operand.value) not in (str, int) or operand.value == "":
                message = "a constant here must be a text or an integer"
                self._diagnostics.add(Code.WRONG_ARGUMENTS, operand.span, message)
                return None
            return Fixed(operand.value)
        if isinstance(operand, Call):
            return self._call(operand)
        return self._path(operand)

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
        self._sources.append("".join(f"/{escaped(name)}" for name in path.segments))
        return Read("body", path.segments, certain=not path.segments)

"""Designs that the system could have had, each broken in one way. They show that the tests can fail."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar

from handlers.core import sweeping
from handlers.core.messages import INGEST_ACCEPTED, accepted_message
from handlers.values import CompletionResult, Lane

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from handlers.application import Application
    from handlers.values import BusMessage, Completion, IdempotencyKey, IngestRecord, OutboxRecord


class Design:
    """The system as it is. An instance lives as long as a deployment, and outlives its processes."""

    replaces: ClassVar[Mapping[str, Any]] = {}
    """Functions of the core, by their paths, with what is in their place."""

    def over(self, app: Application) -> Application:
        """The application as the entry points get it, on ports that may meet with faults."""
        return app

    def sweep(self, app: Application) -> None:
        """What the steward does."""
        sweeping.sweep(app)


class _Port:
    """A port that does all but what a design changes."""

    def __init__(self, port: Any, design: Any = None) -> None:
        self.port = port
        self.design = design

    def __getattr__(self, name: str) -> Any:
        return getattr(self.port, name)


class MarkBeforePersist(Design):
    """The row is written before the bytes that it names."""

    def over(self, app: Application) -> Application:
        held: dict[str, tuple[Any, ...]] = {}

        class Raw(_Port):
            def put_once(self, key: str, *rest: Any) -> None:
                held[key] = rest

        def put(key: str) -> None:
            if key in held:
                app.raw.put_once(key, *held.pop(key))

        class Index(_Port):
            def accept(self, records: Sequence[IngestRecord]) -> Any:
                in_the_way = self.port.accept(records)
                for record in records:
                    put(record.raw.key)
                return in_the_way

        class Quarantine(_Port):
            def put_if_absent(self, record: Any) -> Any:
                put(record.raw.key)
                return self.port.put_if_absent(record)

        return _with(app, raw=Raw(app.raw), index=Index(app.index), quarantine=Quarantine(app.quarantine))


class NoSweeper(Design):
    """What is lost on its way is lost."""

    def sweep(self, app: Application) -> None: ...


class UnconditionalPut(Design):
    """The row is written whatever is there: the look before it is thought to be enough."""

    def over(self, app: Application) -> Application:
        class Index(_Port):
            def accept(self, records: Sequence[IngestRecord]) -> Sequence[None]:
                for record, other in zip(records, self.port.accept(records), strict=True):
                    if other is not None and other.ingest_id != record.ingest_id:
                        self.port.supersede(other, record, "none", record.received_at)
                return [None] * len(records)

        return _with(app, index=Index(app.index))


class NoFence(Design):
    """Every delivery of a message takes effect: neither marker nor generation are looked at."""

    def over(self, app: Application) -> Application:
        class Index(_Port):
            def read(self, keys: Sequence[IdempotencyKey], *, consistent: bool) -> Mapping[IdempotencyKey, Any]:
                found = self.port.read(keys, consistent=consistent)
                return {key: _as_new(record) for key, record in found.items()}

            def complete(self, completion: Completion) -> CompletionResult:
                result: CompletionResult = self.port.complete(completion)
                if result is not CompletionResult.ALREADY_COMPLETED:
                    return result
                row = self.port.read([completion.key], consistent=True)[completion.key]
                at = completion.completed_at
                opened = self.port.reopen(row, lane=Lane.REPLAY, at=at, dispatch_at=at) or row
                forced: CompletionResult = self.port.complete(replace(completion, generation=opened.generation))
                return forced

        return _with(app, index=Index(app.index))


def _as_new(record: IngestRecord) -> IngestRecord:
    if record.dispatch_at is not None:
        return record
    return replace(record, dispatch_at=record.received_at, normalized=())


class NonAtomicState(Design):
    """The status is written in one transaction, and what is to be published in another."""

    def __init__(self) -> None:
        self.rows: dict[OutboxRecord, None] = {}

    def over(self, app: Application) -> Application:
        class Outbox(_Port):
            def pending(self, before: Any, limit: int) -> list[OutboxRecord]:
                return [row for row in self.design.rows if row.created_at < before][:limit]

            def delete(self, records: Sequence[OutboxRecord]) -> None:
                for record in records:
                    self.design.rows.pop(record, None)

        class Index(_Port):
            def complete(self, completion: Completion) -> CompletionResult:
                result: CompletionResult = self.port.complete(replace(completion, outbox=()))
                if result is CompletionResult.COMPLETED:
                    self.design.rows.update(dict.fromkeys(completion.outbox))
                return result

        return _with(app, outbox=Outbox(app.outbox, self), index=Index(app.index, self))


def _write_rows(app: Application, records: Sequence[IngestRecord], owners: dict[Any, IngestRecord]) -> Any:
    """As in ``handlers.core.acceptance``, without the look at whose the row in the way is."""
    contenders = {record.key: record for record in reversed(records) if record.key not in owners}
    ours = []
    for record, other in zip(contenders.values(), app.index.accept(list(contenders.values())), strict=True):
        owners[record.key] = other or record
        ours += [] if other else [record]
    return ours


class NoOwnRowRule(Design):
    """A row in the way is always taken for another's, also where it is our own write whose answer was lost."""

    replaces: ClassVar[Mapping[str, Any]] = {"handlers.core.acceptance._write_rows": _write_rows}


class MarkerClearedEarly(Design):
    """The marker ends with the message that asks for normalization, not with its result."""

    def __init__(self) -> None:
        self.cleared: set[str] = set()

    def over(self, app: Application) -> Application:
        class Bus(_Port):
            def publish(self, messages: Sequence[BusMessage]) -> Sequence[BusMessage]:
                refused: Sequence[BusMessage] = self.port.publish(messages)
                sent = [one for one in messages if one.detail_type == INGEST_ACCEPTED and one not in refused]
                self.design.cleared.update(one.message_id for one in sent)
                return refused

        class Index(_Port):
            def due(self, *asked: Any, **how: Any) -> list[IngestRecord]:
                due = self.port.due(*asked, **how)
                return [one for one in due if accepted_message(one).message_id not in self.design.cleared]

        return _with(app, bus=Bus(app.bus, self), index=Index(app.index, self))


def _with(app: Application, **ports: Any) -> Application:
    return replace(app, **ports)


BROKEN: list[type[Design]] = [
    MarkBeforePersist,
    NoSweeper,
    UnconditionalPut,
    NoFence,
    NonAtomicState,
    NoOwnRowRule,
    MarkerClearedEarly,
]

"""Faults at the ports, on any backend: every method of every port is a call that may meet with one."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from handlers.values import ObjectExistsError, TransientError
from tests.faults.kinds import Kind, SimulatedCrash

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from handlers.application import Application
    from tests.faults.kinds import FaultMap
    from tests.handlers.world import World

PORTS = ("raw", "normalized", "index", "queries", "quarantine", "outbox", "bus", "lanes", "credentials", "mappings")
_WRITES = frozenset(
    {
        "raw.put_once", "normalized.put", "index.accept", "index.complete", "index.reopen", "index.supersede",
        "index.claim", "quarantine.put_if_absent", "outbox.delete", "bus.publish",
    }
)  # fmt: skip
_MAY_LAG = frozenset({"index.read", "queries.find", "queries.events"})
_HAS_PARTS = frozenset({"index.read", "index.accept", "outbox.delete", "bus.publish"})
_READ_KINDS = (Kind.CRASH_BEFORE, Kind.LOST_REQUEST)
_WRITE_KINDS = (*_READ_KINDS, Kind.CRASH_AFTER, Kind.LOST_ANSWER, Kind.UNANSWERED)


class FaultyPorts:
    """Counts the calls of all ports of an application in one row, and lets those of a fault map go wrong."""

    def __init__(self, faults: FaultMap, pause: Callable[[], object] | None = None) -> None:
        """``pause`` is called before each call, outside of it."""
        self.calls: list[str] = []
        self._faults = faults
        self._pause = pause

    def attach(self, world: World) -> Application:
        """The world's application with these ports."""
        ports: dict[str, Any] = {name: _FaultyPort(self, name, getattr(world.app, name)) for name in PORTS}
        return replace(world.app, **ports)

    def detach(self, world: World) -> None:
        """The application that ``attach`` made is simply not used any more."""

    def kinds_at(self, number: int) -> list[Kind]:
        """The kinds that differ at the ``number``-th call: to a caller, one refusal without an effect is as another."""
        call = self.calls[number - 1]
        kinds = list(_WRITE_KINDS if call in _WRITES else _READ_KINDS)
        kinds += [Kind.PARTIAL] if call in _HAS_PARTS else []
        kinds += [Kind.STALE] if call in _MAY_LAG else []
        return kinds

    def call(self, name: str, method: Callable[..., Any], arguments: Sequence[Any], named: dict[str, Any]) -> Any:
        if self._pause is not None:
            self._pause()
        self.calls.append(name)
        kind = self._faults.get(len(self.calls))
        return method(*arguments, **named) if kind is None else _met(kind, name, method, arguments, named)


class _FaultyPort:
    def __init__(self, faulty: FaultyPorts, name: str, port: Any) -> None:
        self._faulty = faulty
        self._name = name
        self._port = port

    def __getattr__(self, name: str) -> Any:
        inner = getattr(self._port, name)
        if not callable(inner):
            return inner
        return lambda *arguments, **named: self._faulty.call(f"{self._name}.{name}", inner, arguments, named)


def _met(kind: Kind, name: str, method: Callable[..., Any], arguments: Sequence[Any], named: dict[str, Any]) -> Any:
    match kind:
        case Kind.CRASH_BEFORE:
            raise SimulatedCrash
        case Kind.CRASH_AFTER:
            method(*arguments, **named)
            raise SimulatedCrash
        case Kind.LOST_ANSWER:
            method(*arguments, **named)
            return method(*arguments, **named)
        case Kind.UNANSWERED:
            with suppress(ObjectExistsError):
                method(*arguments, **named)
        case Kind.STALE if name in _MAY_LAG:
            return _behind(name, method, arguments, named)
        case Kind.PARTIAL if name in _HAS_PARTS:
            return _half(name, method, arguments, named)
        case _:
            pass
    raise TransientError(kind.value)


def _behind(name: str, method: Callable[..., Any], arguments: Sequence[Any], named: dict[str, Any]) -> Any:
    """What is answered by a store that knows of nothing yet."""
    match name:
        case "index.read":
            return method(*arguments, **named) if named["consistent"] else {}
        case "queries.find":
            return None
        case _:
            return []


def _half(name: str, method: Callable[..., Any], arguments: Sequence[Any], named: dict[str, Any]) -> Any:
    """The call for the first half of what is in its first argument, and what is told of the rest."""
    (whole,) = arguments
    half, rest = whole[: len(whole) // 2], whole[len(whole) // 2 :]
    if name == "index.read" and named["consistent"]:
        raise TransientError(Kind.PARTIAL.value)
    result = method(half, **named) if half else []
    match name:
        case "index.read":
            return dict(result)
        case "bus.publish":
            return [*result, *rest]
        case _:
            raise TransientError(Kind.PARTIAL.value)

from __future__ import annotations

from typing import TYPE_CHECKING, Self

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator


class _InTurn:
    """A pool of writers that writes in the caller's thread, so that the same run makes the same requests in order."""

    def __init__(self, _: int) -> None: ...

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None: ...

    def map[A, T](self, function: Callable[[A], T], arguments: Iterable[A]) -> Iterator[T]:
        return map(function, arguments)


@pytest.fixture(autouse=True)
def _requests_in_one_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("handlers.aws.ingest_index.ThreadPoolExecutor", _InTurn)

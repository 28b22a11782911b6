"""The second composition root: everything that runs on one machine, put together."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dvss.embedded.backend import DATABASE_NAME, EmbeddedBackend
from dvss.metrics import PrometheusMetrics
from handlers.application import Application
from handlers.system import SystemClock, UlidFactory
from handlers.values import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from generated.runtime.binding import Registry


@dataclass(frozen=True, slots=True)
class Deployment:
    """An application with what only this machine has: its backend's own faces, and its metrics."""

    application: Application
    backend: EmbeddedBackend
    metrics: PrometheusMetrics


@contextmanager
def opened(root: Path, *, public_url: str = "", registry: Registry | None = None) -> Iterator[Deployment]:
    """Open the data folder (made if it is not there) and close it in the end.

    Raises ConfigurationError if the folder cannot be used.
    """
    if registry is None:
        from generated.registry import REGISTRY

        registry = REGISTRY
    clock = SystemClock()
    backend = EmbeddedBackend.open(root, clock)
    try:
        metrics = PrometheusMetrics(registry.vendor_ids())
        application = Application(
            registry=registry,
            public_url=public_url,
            token_key=backend.token_key,
            clock=clock,
            ids=UlidFactory(),
            raw=backend.raw,
            normalized=backend.normalized,
            index=backend.index,
            queries=backend.index,
            quarantine=backend.quarantine,
            outbox=backend.outbox,
            bus=backend.bus,
            lanes=backend.lanes,
            credentials=backend.credentials,
            mappings=backend.mappings,
            metrics=metrics,
        )
        yield Deployment(application, backend, metrics)
    finally:
        backend.close()


@contextmanager
def opened_existing(root: Path) -> Iterator[Deployment]:
    """As ``opened``, for commands that look at what is there. Raises ConfigurationError where nothing is."""
    if not (root / DATABASE_NAME).is_file():
        message = f"There is no data in {root}. Start `dvss serve` first, or name the folder with --data-dir."
        raise ConfigurationError(message)
    with opened(root) as deployment:
        yield deployment

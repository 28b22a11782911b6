"""The second composition root: one machine's data folder, or an environment on AWS, put together for a command."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dvss.deployment import DEFAULT_DATA_DIR
from dvss.embedded.backend import DATABASE_NAME, EmbeddedBackend
from dvss.metrics import PrometheusMetrics
from dvss.rework import normalize_lanes
from handlers.application import Application
from handlers.system import SystemClock, UlidFactory
from handlers.values import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from contextlib import AbstractContextManager
    from pathlib import Path

    from dvss.aws.deployment import AwsDeployment
    from dvss.deployment import Deployment
    from dvss.embedded.credentials import SqliteCredentialStore
    from dvss.embedded.feed import Feed
    from generated.runtime.binding import Registry
    from handlers.ports import Clock
    from handlers.values import IngestRecord


@dataclass(frozen=True, slots=True)
class LocalDeployment:
    """``Deployment`` in a data folder, with what only this machine has: its backend's own faces, and its metrics."""

    application: Application
    backend: EmbeddedBackend
    metrics: PrometheusMetrics
    left_to: str = "the server"

    @property
    def registry(self) -> Registry:
        return self.application.registry

    @property
    def clock(self) -> Clock:
        return self.application.clock

    @property
    def credentials(self) -> SqliteCredentialStore:
        return self.backend.credentials

    @property
    def feed(self) -> Feed:
        return self.backend.feed

    def finish(self, sent: Sequence[IngestRecord]) -> Sequence[IngestRecord]:
        """Normalize in this process what it put into its own lanes."""
        normalize_lanes(self.application, self.backend.lanes)
        keys = [record.key for record in sent]
        now = self.application.index.read(keys, consistent=True)
        return [now[key] for key in keys]


@contextmanager
def opened(root: Path, *, public_url: str = "", registry: Registry | None = None) -> Iterator[LocalDeployment]:
    """Open the data folder (made if it is not there) and close it in the end.

    Raises ConfigurationError if the folder cannot be used.
    """
    registry = registry or _compiled()
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
        yield LocalDeployment(application, backend, metrics)
    finally:
        backend.close()


@contextmanager
def opened_existing(root: Path) -> Iterator[LocalDeployment]:
    """As ``opened``, for commands that look at what is there. Raises ConfigurationError where nothing is."""
    if not (root / DATABASE_NAME).is_file():
        message = f"There is no data in {root}. Start `dvss serve` first, or name the folder with --data-dir."
        raise ConfigurationError(message)
    with opened(root) as deployment:
        yield deployment


@contextmanager
def opened_on_aws(outputs: Path) -> Iterator[AwsDeployment]:
    """The environment that a file of outputs names, with the credentials that AWS finds in this process.

    Raises ConfigurationError for a file that is not one, and AwsError for what AWS refuses while it is open.
    """
    # Only here: botocore takes longer to import than most local commands run.
    from dvss.aws.deployment import opened as opened_environment

    with opened_environment(outputs, _compiled()) as deployment:
        yield deployment


@contextmanager
def opened_either(data_dir: Path | None, outputs: Path | None) -> Iterator[Deployment]:
    """What a command was pointed at: an environment on AWS, or a data folder that is there.

    Raises ConfigurationError for both.
    """
    with _on_aws(data_dir, outputs) or opened_existing(data_dir or DEFAULT_DATA_DIR) as deployment:
        yield deployment


@contextmanager
def opened_or_made(data_dir: Path | None, outputs: Path | None) -> Iterator[Deployment]:
    """As ``opened_either``; a data folder that is not there is made."""
    with _on_aws(data_dir, outputs) or opened(data_dir or DEFAULT_DATA_DIR) as deployment:
        yield deployment


def _on_aws(data_dir: Path | None, outputs: Path | None) -> AbstractContextManager[AwsDeployment] | None:
    if outputs is None:
        return None
    if data_dir is not None:
        message = (
            "A data folder (--data-dir, DVSS_DATA_DIR) and a deployment (--deployment, DVSS_DEPLOYMENT) are both "
            "named. Name the one that you mean."
        )
        raise ConfigurationError(message)
    return opened_on_aws(outputs)


def _compiled() -> Registry:
    from generated.registry import REGISTRY

    return REGISTRY

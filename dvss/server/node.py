"""One running process: the deployment, the pipeline behind it, and whether both are well."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dvss.pipeline import Pipeline
from handlers.values import TransientError

if TYPE_CHECKING:
    from dvss.bootstrap import LocalDeployment


@dataclass(frozen=True, slots=True)
class Node:
    """What the HTTP surface stands before."""

    deployment: LocalDeployment
    pipeline: Pipeline

    def not_ready(self) -> str | None:
        """Why events are not taken in, as a sentence for operators; None where they are."""
        if not self.pipeline.is_running():
            return "The pipeline's workers do not run. Wait until the process has started, or restart it."
        try:
            self.deployment.backend.check_writes()
        except TransientError as error:
            return str(error)
        return None


def make_node(deployment: LocalDeployment, live_workers: int) -> Node:
    """A node whose pipeline is not started yet, with the gauges that show it."""
    backend = deployment.backend
    pipeline = Pipeline(deployment.application, backend.lanes, live_workers)
    gauges = {
        "dvss.pipeline.backlog": ("Messages not finished: in a lane, in work or waiting for a retry", pipeline.backlog),
        "dvss.pipeline.dead_letters": ("Messages given up since the start", lambda: pipeline.dead_letter_count),
        "dvss.store.pending": ("Accepted events not yet normalized or quarantined", lambda: backend.stats().pending),
        "dvss.store.parked": ("Events that the sweeper gave up on", lambda: backend.stats().parked),
        "dvss.store.outbox": ("Canonical events not yet published", lambda: backend.stats().outbox),
        "dvss.store.quarantined": ("Open quarantine records", lambda: backend.stats().quarantined),
        "dvss.store.feed_entries": ("The feed's last sequence number", lambda: backend.stats().latest_seq),
    }
    for name, (text, read) in gauges.items():
        deployment.metrics.gauge(name, text, read)
    return Node(deployment, pipeline)

"""What a command may ask of a deployment, be it a data folder of this machine or an environment on AWS."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dvss.credentials import CredentialsAdministration
    from dvss.embedded.feed import Feed
    from generated.runtime.binding import Registry
    from handlers.application import Application
    from handlers.ports import Clock
    from handlers.values import IngestRecord

DEFAULT_DATA_DIR: Final = Path(".data")
LEFT: Final = "LEFT"
"""The outcome of an event that ``Deployment.finish`` gave back unfinished."""


class Deployment(Protocol):
    """One deployment, opened with what the operator's own account may do."""

    @property
    def left_to(self) -> str:
        """Who goes on with an event that ``finish`` gave back unfinished, for people: ``the server``."""

    @property
    def registry(self) -> Registry:
        """The contracts of this checkout."""

    @property
    def clock(self) -> Clock: ...

    @property
    def application(self) -> Application:
        """The use cases' view of the deployment."""

    @property
    def credentials(self) -> CredentialsAdministration: ...

    @property
    def feed(self) -> Feed | None:
        """What it has published; None where the event bus keeps nothing."""

    def finish(self, sent: Sequence[IngestRecord]) -> Sequence[IngestRecord]:
        """See events through that were just sent to be normalized again; each as it stands then, in order.

        Whatever takes too long keeps its marker: it is not lost, and somebody else goes on with it.
        """

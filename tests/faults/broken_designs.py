"""Designs that the system could have had, each broken in one way. They show that the tests can fail."""

from __future__ import annotations

from typing import TYPE_CHECKING

from handlers.core import sweeping

if TYPE_CHECKING:
    from handlers.application import Application


class Design:
    """The system as it is. An instance lives as long as a deployment, and outlives its processes."""

    def over(self, app: Application) -> Application:
        """The application as the entry points get it, on ports that may meet with faults."""
        return app

    def sweep(self, app: Application) -> None:
        """What the steward does."""
        sweeping.sweep(app)

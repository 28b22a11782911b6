"""The time that the present invocation has left, kept by every AWS call."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from handlers.aws.clients import CONNECT_SECONDS, READ_SECONDS
from handlers.remaining import unlimited
from handlers.values import TransientError

if TYPE_CHECKING:
    from botocore.session import Session

    from handlers.remaining import RemainingTime

LONGEST_ATTEMPT = timedelta(seconds=CONNECT_SECONDS + READ_SECONDS)


class Deadline:
    """Refuses to begin what might not end: a call, or the next attempt at it, that can outlast the invocation.

    So a caller hears of a slow store in time, instead of from Lambda's own timeout, after which nobody answers it.
    """

    def __init__(self) -> None:
        self.remaining: RemainingTime = unlimited

    def guard(self, session: Session) -> None:
        """Watch over the clients that the session makes from now on."""
        session.register("before-send", self._check)

    def _check(self, **_: object) -> None:
        if self.remaining() < LONGEST_ATTEMPT:
            message = "The time is up: an AWS call was not begun."
            raise TransientError(message)

"""Webhook secrets in AWS: one encrypted parameter a vendor, which the functions read."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, Self

from dvss.credentials import (
    MOST_SECRETS_IN_FORCE,
    IssuedSecret,
    WebhookSecretEntry,
    new_secret,
    no_secret_in_force,
    not_one_secret,
    too_many_secrets,
)
from handlers.aws.credentials import secrets_parameter
from handlers.values import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import timedelta

    from dvss.aws.lock import OperatorLock
    from dvss.aws.parameters import Parameter, Parameters
    from handlers.ports import Clock

MOST_ENDED_REMEMBERED = 10


@dataclass(frozen=True, slots=True)
class _Secret:
    entry: WebhookSecretEntry
    secret: str | None = field(repr=False)
    """None once it has ended: what verifies nothing any more is not kept."""

    @classmethod
    def from_document(cls, vendor_id: str, document: dict[str, Any], written_at: datetime) -> Self:
        """``written_at`` is of the parameter: one that was entered by hand need not say when it was made."""
        ends_at = document["notAfter"]
        created_at = document.get("createdAt")
        entry = WebhookSecretEntry(
            secret_id=document["kid"],
            vendor_id=vendor_id,
            created_at=written_at if created_at is None else datetime.fromisoformat(created_at),
            ends_at=None if ends_at is None else datetime.fromisoformat(ends_at),
        )
        return cls(entry, document.get("secret"))

    def document(self) -> dict[str, Any]:
        ends_at = self.entry.ends_at
        members = {
            "kid": self.entry.secret_id,
            "secret": self.secret,
            "notAfter": None if ends_at is None else ends_at.isoformat(),
            "createdAt": self.entry.created_at.isoformat(),
        }
        return {name: value for name, value in members.items() if name != "secret" or value is not None}

    def is_in_force(self, at: datetime) -> bool:
        return self.secret is not None and (self.entry.ends_at is None or self.entry.ends_at > at)

    def ending(self, at: datetime) -> _Secret:
        return replace(self, entry=replace(self.entry, ends_at=min(self.entry.ends_at or at, at)))


type _Change = Callable[[list[_Secret], datetime], list[_Secret]]


class AwsWebhookSecrets:
    """``WebhookSecrets`` on Systems Manager. The last ended ones of each vendor are remembered."""

    def __init__(
        self,
        *,
        parameters: Parameters,
        prefix: str,
        lock: OperatorLock,
        clock: Clock,
        random_bytes: Callable[[int], bytes],
        vendor_ids: Sequence[str],
    ) -> None:
        """``vendor_ids`` are those that sign their webhooks."""
        self._parameters = parameters
        self._prefix = prefix
        self._lock = lock
        self._clock = clock
        self._random_bytes = random_bytes
        self._vendor_ids = vendor_ids

    def add(self, vendor_id: str, secret: str | None = None) -> IssuedSecret:
        issued = new_secret(secret, self._random_bytes)

        def added(secrets: list[_Secret], now: datetime) -> list[_Secret]:
            if len(_in_force(secrets, now)) >= MOST_SECRETS_IN_FORCE:
                raise too_many_secrets(vendor_id)
            return [_issued(issued, vendor_id, now), *secrets]

        self._change(vendor_id, added)
        return issued

    def rotate(self, vendor_id: str, grace: timedelta, secret: str | None = None) -> IssuedSecret:
        issued = new_secret(secret, self._random_bytes)

        def rotated(secrets: list[_Secret], now: datetime) -> list[_Secret]:
            if (count := len(_in_force(secrets, now))) != 1:
                raise not_one_secret(vendor_id, count)
            kept = [one.ending(now + grace) if one.is_in_force(now) else one for one in secrets]
            return [_issued(issued, vendor_id, now), *kept]

        self._change(vendor_id, rotated)
        return issued

    def revoke(self, secret_id: str) -> None:
        now = self._clock.now()
        found = (one for one in self._all() if one.entry.secret_id == secret_id and one.is_in_force(now))
        known = next(found, None)
        if known is None:
            raise no_secret_in_force(secret_id)

        def revoked(secrets: list[_Secret], now: datetime) -> list[_Secret]:
            return [one.ending(now) if one.entry.secret_id == secret_id else one for one in secrets]

        self._change(known.entry.vendor_id, revoked)

    def entries(self) -> Sequence[WebhookSecretEntry]:
        return sorted((one.entry for one in self._all()), key=lambda entry: entry.created_at)

    def _all(self) -> Iterator[_Secret]:
        for vendor_id in self._vendor_ids:
            parameter = self._parameters.read(self._name(vendor_id))
            # Oldest first, so that those of one moment are listed in the order in which they were made.
            yield from reversed(_secrets(vendor_id, parameter) if parameter else [])

    def _change(self, vendor_id: str, change: _Change) -> None:
        with self._lock.held():
            parameter = self._parameters.read(self._name(vendor_id))
            if parameter is None:
                message = f"There is no parameter {self._name(vendor_id)}. Deploy the contracts of this checkout first."
                raise ConfigurationError(message)
            now = self._clock.now()
            changed = change(_secrets(vendor_id, parameter), now)
            self._parameters.replace(parameter, _written(changed, now))

    def _name(self, vendor_id: str) -> str:
        return secrets_parameter(self._prefix, vendor_id)


def _issued(issued: IssuedSecret, vendor_id: str, now: datetime) -> _Secret:
    return _Secret(WebhookSecretEntry(issued.secret_id, vendor_id, now, None), issued.secret)


def _in_force(secrets: Sequence[_Secret], now: datetime) -> list[_Secret]:
    return [one for one in secrets if one.is_in_force(now)]


def _secrets(vendor_id: str, parameter: Parameter) -> list[_Secret]:
    """What a parameter holds, the newest first."""
    try:
        document = json.loads(parameter.value)
        listed = [*document["active"], *document.get("ended", ())]
        found = [_Secret.from_document(vendor_id, one, parameter.written_at) for one in listed]
    except (ValueError, KeyError, TypeError) as error:
        message = f"{parameter.name} holds no list of secrets. Put its last good version back."
        raise ConfigurationError(message) from error
    return sorted(found, key=lambda one: one.entry.created_at, reverse=True)


def _written(secrets: Sequence[_Secret], now: datetime) -> str:
    active = [one.document() for one in secrets if one.is_in_force(now)]
    ended = [replace(one, secret=None).document() for one in secrets if not one.is_in_force(now)]
    return json.dumps({"active": active, "ended": ended[:MOST_ENDED_REMEMBERED]}, separators=(",", ":"))

"""What operators do to API keys and webhook secrets, wherever the deployment keeps them."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from handlers.values import DvssError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime, timedelta

    from handlers.values import Role

API_KEY_SCHEME = "api-key"  # pragma: allowlist secret (a scheme's name)
"""The scheme of a vendor that sends API keys; every other scheme signs webhooks."""
MOST_SECRETS_IN_FORCE = 2
"""Of one vendor: a rotation needs two, and each further one would be tried on every webhook."""
MOST_KEYS_IN_FORCE = 2
"""Of one vendor: a rotation needs two, and each further one is a key that somebody has forgotten."""
_KEY_PREFIX = "dvss_"
_RANDOM_BYTES = 32
_ID_BYTES = 5


class CredentialError(DvssError):
    """What was asked of the credentials cannot be done; the message says the way out."""


@dataclass(frozen=True, slots=True)
class IssuedKey:
    """A new API key. This is the only time that ``key`` can be seen."""

    key_id: str
    key: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class ApiKeyEntry:
    """A line of the list of keys."""

    key_id: str
    role: Role
    vendor_id: str | None
    created_at: datetime
    ends_at: datetime | None
    """From here on the key is refused; None while no end is set."""


@dataclass(frozen=True, slots=True)
class IssuedSecret:
    """A new webhook secret: the vendor's own, or one to be entered at the vendor."""

    secret_id: str
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class WebhookSecretEntry:
    """A line of the list of secrets; the secret itself is never listed."""

    secret_id: str
    vendor_id: str
    created_at: datetime
    ends_at: datetime | None
    """From here on the secret verifies nothing; None while no end is set."""


class ApiKeys(Protocol):
    """API keys. A key is shown once, when it is made: only its SHA-256 is stored."""

    def add(self, role: Role, vendor_id: str | None = None) -> IssuedKey:
        """A new key. A vendor's key names its vendor, an operator's names none; a vendor has at most two in force."""

    def rotate(self, key_id: str, grace: timedelta) -> IssuedKey:
        """A new key for whom ``key_id`` stands for; the old one ends after ``grace``, or when it would have anyway.

        Both are in force during the grace, so a vendor that has another key besides can have none.
        """

    def revoke(self, key_id: str) -> None:
        """End a key now. A process that keeps keys in a cache refuses it when its cache is next refreshed."""

    def entries(self) -> Sequence[ApiKeyEntry]:
        """Every key that ever was, oldest first."""


class WebhookSecrets(Protocol):
    """Webhook secrets, kept as they are: a signature is verified with the secret itself."""

    def add(self, vendor_id: str, secret: str | None = None) -> IssuedSecret:
        """A further secret: the given one, or a generated one in the form of Standard Webhooks."""

    def rotate(self, vendor_id: str, grace: timedelta, secret: str | None = None) -> IssuedSecret:
        """A new secret, given or generated; the one in force ends after ``grace``, or when it would have anyway."""

    def revoke(self, secret_id: str) -> None:
        """End a secret now. A process that keeps secrets in a cache uses it until its cache is next refreshed."""

    def entries(self) -> Sequence[WebhookSecretEntry]:
        """Every secret that has not ended, and those ended ones that are remembered, oldest first."""


class CredentialsAdministration(Protocol):
    """Both kinds of credentials. Each method may raise CredentialError besides what a port may raise."""

    @property
    def keys(self) -> ApiKeys: ...

    @property
    def secrets(self) -> WebhookSecrets: ...


def new_key(random_bytes: Callable[[int], bytes]) -> IssuedKey:
    """A key of 256 random bits, with its id."""
    text = base64.urlsafe_b64encode(random_bytes(_RANDOM_BYTES)).rstrip(b"=").decode()
    return IssuedKey(new_id("key", random_bytes), _KEY_PREFIX + text)


def new_secret(secret: str | None, random_bytes: Callable[[int], bytes]) -> IssuedSecret:
    """The given secret, or one of 256 random bits, with its id. Raises CredentialError for an empty one."""
    if secret is not None and not secret:
        message = "A webhook secret cannot be empty. Give the vendor's secret, or none to have one generated."
        raise CredentialError(message)
    generated = "whsec_" + base64.b64encode(random_bytes(_RANDOM_BYTES)).decode()
    return IssuedSecret(new_id("secret", random_bytes), generated if secret is None else secret)


def new_id(kind: str, random_bytes: Callable[[int], bytes]) -> str:
    """A short id to name a credential by: no secret."""
    return f"{kind}_{base64.b32encode(random_bytes(_ID_BYTES)).decode().lower()}"


def is_secret_id(credential: str) -> bool:
    """Whether an id may name a webhook secret; an API key's never does."""
    return credential.startswith("secret_")


def no_key_in_force(key_id: str) -> CredentialError:
    return CredentialError(f"There is no API key {key_id} in force. List the keys to see their ids.")


def too_many_keys(vendor_id: str) -> CredentialError:
    return CredentialError(f"{vendor_id} has {MOST_KEYS_IN_FORCE} API keys in force already. Revoke one first.")


def no_secret_in_force(secret_id: str) -> CredentialError:
    return CredentialError(f"There is no webhook secret {secret_id} in force. List the secrets to see their ids.")


def too_many_secrets(vendor_id: str) -> CredentialError:
    message = f"{vendor_id} has {MOST_SECRETS_IN_FORCE} webhook secrets in force already. Revoke one first."
    return CredentialError(message)


def not_one_secret(vendor_id: str, count: int) -> CredentialError:
    """A rotation replaces one secret; there are none, or two."""
    way_out = "Revoke one first" if count else "Add one"
    message = f"{vendor_id} has {count} webhook secrets in force; a rotation replaces one. {way_out}."
    return CredentialError(message)

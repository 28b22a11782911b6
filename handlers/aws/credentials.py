"""API keys out of the table of mappings, webhook secrets and the token key out of the parameter store."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from handlers.aws.clients import error_code, translated
from handlers.aws.expiring_cache import ExpiringCache
from handlers.aws.items import number, number_of, present, text, text_of
from handlers.aws.tables import Table
from handlers.core.object_keys import vendor_part
from handlers.moments import microseconds, moment
from handlers.values import ConfigurationError, Principal, Role, TransientError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from handlers.aws.clients import Clients
    from handlers.aws.tables import Item
    from handlers.ports import Clock

MOST_SECRETS = 2
KEY_RANGE = "key"
_TOKEN_KEY = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class _ApiKey:
    principal: Principal
    ends_at: datetime | None


@dataclass(frozen=True, slots=True)
class _Secret:
    secret: str = field(repr=False)
    not_after: datetime | None


class AwsCredentials:
    """CredentialStore. What was read is kept for a minute, and up to five while the stores fail; see ExpiringCache.

    A key that is revoked, and a secret that is withdrawn, is therefore in force for up to a minute more; the ends that
    they were given beforehand are exact.
    """

    def __init__(
        self,
        clients: Clients,
        *,
        vendor_mappings: str,
        parameter_prefix: str,
        clock: Clock,
        random: Callable[[], float] | None = None,
    ) -> None:
        self._clients = clients
        self._table = Table(clients, vendor_mappings)
        self._prefix = parameter_prefix
        jitter = random or clients.backoff.random
        self._keys = ExpiringCache(self._read_key, clock, jitter)
        self._secrets = ExpiringCache(self._read_secrets, clock, jitter)

    def principal(self, key_sha256: str, at: datetime) -> Principal | None:
        key = self._keys.get(key_sha256)
        return key.principal if key is not None and _is_before(at, key.ends_at) else None

    def webhook_secrets(self, vendor_id: str, at: datetime) -> Sequence[str]:
        in_force = [one.secret for one in self._secrets.get(vendor_id) or () if _is_before(at, one.not_after)]
        return in_force[:MOST_SECRETS]

    def _read_key(self, key_sha256: str) -> _ApiKey | None:
        item = self._table.get(api_key_key(key_sha256), consistent=False)
        return None if item is None else _api_key(item)

    def _read_secrets(self, vendor_id: str) -> tuple[_Secret, ...] | None:
        name = secrets_parameter(self._prefix, vendor_id)
        document = read_parameter(self._clients, name)
        if document is None:
            return None
        try:
            return tuple(_secret(one) for one in json.loads(document)["active"]) or None
        except (ValueError, LookupError, TypeError) as error:
            # The text itself must not get into a log.
            message = f"The parameter {name} holds no secrets in the form that is expected: {type(error).__name__}."
            raise TransientError(message) from None


def read_parameter(clients: Clients, name: str) -> str | None:
    """The text of a SecureString; None if there is no such parameter."""
    with translated():
        try:
            answer = clients.ssm.get_parameter(Name=name, WithDecryption=True)
        except ClientError as error:
            if error_code(error) == "ParameterNotFound":
                return None
            raise
    return answer["Parameter"].get("Value")


def secrets_parameter(parameter_prefix: str, vendor_id: str) -> str:
    """Name of the parameter that holds a vendor's webhook secrets."""
    return f"{parameter_prefix}/vendors/{vendor_part(vendor_id)}/secrets"


def token_key(clients: Clients, parameter_prefix: str) -> bytes:
    """The deployment's secret for the step ``tokenise``. Raises ConfigurationError where none has been set."""
    name = f"{parameter_prefix}/token-key"
    value = read_parameter(clients, name)
    if value is None or not _TOKEN_KEY.fullmatch(value):
        message = f"The parameter {name} holds no token key of 64 hex digits. Deploy again: that sets it once."
        raise ConfigurationError(message)
    return bytes.fromhex(value)


def api_key_key(key_sha256: str) -> Item:
    """Where an API key lies in the table of mappings, by its hex SHA-256."""
    return {"vendorId": {"S": f"key#{key_sha256}"}, "mappingVersion": {"S": KEY_RANGE}}


def api_key_item(key_sha256: str, principal: Principal, ends_at: datetime | None) -> Item:
    """An API key as it is stored: never the key itself."""
    return api_key_key(key_sha256) | present(
        {
            "keyId": text(principal.key_id),
            "role": text(principal.role.value),
            # vendorId is taken: it is the table's hash key.
            "keyVendorId": text(principal.vendor_id),
            "endsAt": number(microseconds(ends_at)),
        }
    )


def _api_key(item: Item) -> _ApiKey:
    principal = Principal(Role(item["role"]["S"]), item["keyId"]["S"], text_of(item, "keyVendorId"))
    return _ApiKey(principal, moment(number_of(item, "endsAt")))


def _secret(document: dict[str, str | None]) -> _Secret:
    secret, not_after = document["secret"], document.get("notAfter")
    ends_at = None if not_after is None else datetime.fromisoformat(not_after)
    if not secret or (ends_at is not None and ends_at.tzinfo is None):
        raise ValueError
    return _Secret(secret, ends_at)


def _is_before(at: datetime, end: datetime | None) -> bool:
    return end is None or at < end

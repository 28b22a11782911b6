"""Encrypted parameters of Systems Manager, changed by one writer at a time."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from dvss.credentials import CredentialError
from handlers.aws.clients import error_code, translated

if TYPE_CHECKING:
    from datetime import datetime

    from handlers.aws.clients import Clients

_STANDARD_BYTES = 4_096
MOST_BYTES = 8_192


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter as it was read."""

    name: str
    value: str = field(repr=False)
    version: int
    written_at: datetime


class Parameters:
    def __init__(self, clients: Clients) -> None:
        self._clients = clients

    def read(self, name: str) -> Parameter | None:
        """The parameter as it stands; None where there is none."""
        with translated():
            try:
                found = self._clients.ssm.get_parameter(Name=name, WithDecryption=True)["Parameter"]
            except ClientError as error:
                if error_code(error) == "ParameterNotFound":
                    return None
                raise
        return Parameter(name, found["Value"], found["Version"], found["LastModifiedDate"].astimezone(UTC))

    def replace(self, seen: Parameter, value: str) -> None:
        """Write a new value in the place of the one that was seen.

        Raises CredentialError if it is too long, or if somebody wrote meanwhile: then what they wrote stands.
        """
        version = self._put(seen.name, value)
        if version == seen.version + 1:
            return
        # There is no conditional write: it shows afterwards that another value was overwritten.
        theirs = self.read(f"{seen.name}:{version - 1}")
        assert theirs is not None, "a version stays readable until a hundred others follow it"
        self._put(seen.name, theirs.value)
        message = f"Somebody else changed {seen.name} at the same moment, and theirs stands. Run the command again."
        raise CredentialError(message)

    def _put(self, name: str, value: str) -> int:
        size = len(value.encode())
        if size > MOST_BYTES:
            message = f"{name} would hold {size} bytes, and {MOST_BYTES} are the most. Revoke the older secret first."
            raise CredentialError(message)
        with translated():
            written = self._clients.ssm.put_parameter(
                Name=name,
                Value=value,
                Type="SecureString",
                Overwrite=True,
                Tier="Standard" if size <= _STANDARD_BYTES else "Advanced",
            )
        return written["Version"]

"""The deployment's key for tokens: an encrypted parameter, set once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from handlers.values import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable

    from dvss.aws.lock import OperatorLock
    from dvss.aws.parameters import Parameter, Parameters

KEY_BYTES = 32
_UNSET = "unset"
"""What Terraform makes the parameter with."""


def set_token_key(
    parameters: Parameters, prefix: str, lock: OperatorLock, random_bytes: Callable[[int], bytes]
) -> bool:
    """Make the key if it was not made yet; true if it was made now."""
    name = f"{prefix}/token-key"
    if _read(parameters, name).value != _UNSET:
        return False
    with lock.held():
        seen = _read(parameters, name)
        if seen.value != _UNSET:
            return False
        parameters.replace(seen, random_bytes(KEY_BYTES).hex())
    return True


def _read(parameters: Parameters, name: str) -> Parameter:
    found = parameters.read(name)
    if found is None:
        message = f"There is no parameter {name} here. Deploy the environment first, with credentials of its account."
        raise ConfigurationError(message)
    return found

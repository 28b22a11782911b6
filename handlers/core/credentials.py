"""Who a request comes from."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING

from handlers.core.problems import ProblemCode, RequestRefusedError

if TYPE_CHECKING:
    from handlers.application import Application
    from handlers.values import Principal

_KEY = re.compile(r"dvss_[A-Za-z0-9_-]{43}")


def key_digest(api_key: str) -> str:
    """Hex SHA-256 of an API key: all that is ever stored of it."""
    return hashlib.sha256(api_key.encode()).hexdigest()


def principal_of(app: Application, api_key: str | None) -> Principal:
    """Who the key stands for. Raises RequestRefusedError (401), the same for a missing and for a wrong key."""
    principal = None
    if api_key is not None and _KEY.fullmatch(api_key):
        principal = app.credentials.principal(key_digest(api_key), app.clock.now())
    if principal is None:
        detail = "The header x-api-key holds no key that is in force."
        raise RequestRefusedError(ProblemCode.UNAUTHENTICATED, detail)
    return principal

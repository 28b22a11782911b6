"""No request is authentic without the secret, and none is too strange to be judged.

The first line is a scheme. Lines of ``name: value`` follow, and after an empty line the body.
"""

from __future__ import annotations

from datetime import UTC, datetime

from handlers.core.signatures.requests import SignedRequest
from handlers.core.signatures.schemes import SCHEMES, signature_fault

AT = datetime(2026, 2, 1, 12, 0, tzinfo=UTC)
URL = "https://dvss.example/v1/webhooks/vendor/topic"
SECRETS = ("whsec_a2tra2tra2tra2tra2tra2tra2tra2tra2tra2tra2s=", "00ff" * 16)
NAMES = sorted(SCHEMES)


def one(data: bytes) -> None:
    """Try one request."""
    head, _, body = data.partition(b"\n\n")
    scheme, *lines = head.decode("latin-1").split("\n")
    headers: dict[str, list[str]] = {}
    for line in lines:
        name, _, value = line.partition(": ")
        headers.setdefault(name.lower(), []).append(value)
    name = scheme if scheme in SCHEMES else NAMES[len(scheme) % len(NAMES)]
    assert signature_fault(name, SignedRequest(URL, headers, body), SECRETS, AT) is not None
    # What came may be given as a secret too, by mistake.
    assert SCHEMES[name].is_secret(scheme) in {True, False}
    assert signature_fault(name, SignedRequest(URL, headers, body), (body.decode("latin-1"), ""), AT) is not None

"""Requests that vendors published, or that their own code signed and judged once where it cannot run here."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from handlers.core.signatures.requests import SignedRequest
from handlers.core.signatures.schemes import SCHEMES, signature_fault
from tests.signatures.certificates import AT

VECTORS: list[dict[str, Any]] = json.loads(Path(__file__).with_name("vectors.json").read_bytes())
"""``refused`` are changes of the vector that the vendor's verifier refuses, or by its documentation has to."""


@dataclass(frozen=True)
class Vector:
    scheme: str
    secret: str
    headers: dict[str, str]
    body: str
    url: str
    at: datetime

    def is_authentic(self) -> bool:
        headers = {name: [value] for name, value in self.headers.items()}
        request = SignedRequest(self.url, headers, self.body.encode())
        return signature_fault(self.scheme, request, [self.secret], self.at) is None


def vector(document: dict[str, Any], **changes: Any) -> Vector:
    at = document.get("at")
    return Vector(
        scheme=document["scheme"],
        secret=changes.get("secret", document["secret"]),
        headers=document["headers"] | changes.get("headers", {}),
        body=changes.get("body", document["body"]),
        url=changes.get("url", document["url"]),
        at=AT if at is None else datetime.fromisoformat(at),
    )


@pytest.mark.parametrize("document", VECTORS, ids=[f"{one['scheme']}: {one['source']}" for one in VECTORS])
def test_a_published_request_is_authentic_and_what_was_changed_is_not(document: dict[str, Any]) -> None:
    assert SCHEMES[document["scheme"]].is_secret(document["secret"])
    assert vector(document).is_authentic()
    for name, changes in document["refused"].items():
        assert changes.keys() < {"secret", "headers", "body", "url"}
        assert not vector(document, **changes).is_authentic(), name


def test_every_scheme_but_stripe_has_a_vector_of_somebody_else() -> None:
    # Stripe publishes none; its SDK signs and verifies in the matrix.
    assert {one["scheme"] for one in VECTORS} == {*SCHEMES} - {"stripe"}

"""PayPal's signatures against certificates that an operator pinned."""

from __future__ import annotations

import socket
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from typing import Any, NoReturn

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from handlers.core.signatures.requests import SignedRequest
from handlers.core.signatures.schemes import SCHEMES, signature_fault
from tests.signatures.certificates import AT, WEBHOOK_ID, authority, certificate, key, secret
from tests.signatures.signers import BODY, PAYPAL_HEADERS, SIGNERS, Signed, paypal_headers

SIGNER = SIGNERS["paypal"]
GOOD = SIGNER.sign(BODY, SIGNER.secret, AT, "")


def accepts(signed: Signed, *secrets: str) -> bool:
    request = SignedRequest(signed.url, signed.headers, signed.body)
    return signature_fault("paypal", request, secrets or (SIGNER.secret,), AT) is None


def headers(by: str = "now", *, webhook_id: str = WEBHOOK_ID, time: str = "2026-02-01T12:00:00Z") -> Signed:
    return Signed(paypal_headers(BODY, key(by), webhook_id=webhook_id, time=time), BODY)


def test_the_webhook_s_id_is_signed_and_comes_from_the_secret_alone() -> None:
    assert accepts(headers())
    assert not accepts(headers(webhook_id="OTHER"))
    assert not accepts(headers(), secret(key("now"), webhook_id="OTHER"))
    assert accepts(headers(webhook_id="OTHER"), secret(key("now"), webhook_id="OTHER"))


def test_where_a_request_says_its_certificate_lies_nothing_is_fetched(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_network(*_: Any, **__: Any) -> NoReturn:
        message = "nothing may be fetched"
        raise AssertionError(message)

    monkeypatch.setattr(socket.socket, "connect", no_network)
    monkeypatch.setattr(socket, "getaddrinfo", no_network)
    for url in ("https://api.paypal.com/v1/notifications/certs/CERT-1", "https://elsewhere.example/cert", "file:///x"):
        assert accepts(replace(GOOD, headers=GOOD.headers | {"paypal-cert-url": [url]}))
    # Who forges a request signs it with a key of their own, and names the certificate of that key.
    forged = headers("other")
    assert not accepts(replace(forged, headers=forged.headers | {"paypal-cert-url": ["https://elsewhere.example/c"]}))


def test_another_leaf_of_the_same_authority_is_not_the_pinned_one() -> None:
    assert accepts(headers("now"), secret(key("now")))
    assert not accepts(headers("other"), secret(key("now")))
    # Nor does the authority itself sign requests, whichever of its certificates stand below the leaf.
    chain = secret(pem=certificate(key("now")) + authority())
    assert accepts(headers("now"), chain)
    assert not accepts(headers("authority"), chain)


@pytest.mark.parametrize("name", PAYPAL_HEADERS)
@pytest.mark.parametrize("values", [[], ["", ""], [""], ["é"], ["2026-02-01T12:00:01Z"], ["SHA1withRSA"], ["AAAA"]])
def test_a_header_that_is_missing_or_other_is_refused(name: str, values: list[str]) -> None:
    assert not accepts(replace(GOOD, headers=GOOD.headers | {name: values}))


@pytest.mark.parametrize(
    ("time", "expected"),
    [
        ("2026-02-01T12:05:00Z", True),
        ("2026-02-01T12:05:01Z", False),
        ("2026-01-29T12:00:00Z", True),
        ("2026-01-29T11:59:59Z", False),
        ("2026-02-01T12:00:00.123Z", True),
        ("2026-02-01T12:00:00", False),
        ("2026-02-01T12:00:00+00:00", False),
        ("2026-02-30T12:00:00Z", False),
        ("20260201T120000Z", False),
        ("1769947200", False),
        ("", False),
    ],
)
def test_a_time_must_be_one_and_lie_in_the_three_days_of_repetition(time: str, expected: bool) -> None:
    assert accepts(headers(time=time)) is expected


def test_a_certificate_verifies_only_while_it_is_valid() -> None:
    second = timedelta(seconds=1)
    for starts, ends, expected in (
        (AT, AT + second, True),
        (AT - second, AT, True),
        (AT + second, AT + 2 * second, False),
        (AT - 2 * second, AT - second, False),
    ):
        pinned = secret(pem=certificate(key("now"), starts, ends))
        assert SCHEMES["paypal"].is_secret(pinned)
        assert accepts(GOOD, pinned) is expected


def test_a_secret_is_an_id_and_a_certificate_of_a_long_rsa_key() -> None:
    scheme = SCHEMES["paypal"]
    good = SIGNER.secret
    assert scheme.is_secret(good)
    assert scheme.is_secret(good.replace("\n", "\r\n"))
    assert scheme.is_secret(secret(key("long", 3_072)))
    pem = good.partition("\n")[2]
    wrong = (
        "",
        WEBHOOK_ID,
        pem,
        f"\n{pem}",
        f"not an id\n{pem}",
        f"{'x' * 51}\n{pem}",
        f"{WEBHOOK_ID}\n",
        f"{WEBHOOK_ID}\n{pem[:200]}",
        secret(key("short", 1_024)),
        secret(ec.generate_private_key(ec.SECP256R1())),
    )
    for text in wrong:
        assert not scheme.is_secret(text), text
        assert not accepts(GOOD, text)


def test_only_this_scheme_loads_the_library_for_it() -> None:
    source = "import sys, handlers.ingest; sys.exit('cryptography' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", source], check=False).returncode == 0

"""PayPal's signatures, made here with keys and certificates of the test's own."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from functools import cache
from zlib import crc32

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding

from handlers.core.signatures.requests import SignedRequest
from handlers.core.signatures.schemes import SCHEMES, is_authentic

AT = datetime(2026, 2, 1, 12, 0, tzinfo=UTC)
WEBHOOK_ID = "5GP028458E2496506"
BODY = b'{"id": "WH-58D329510W468432D-8HN650336L201105X", "note": "\xc3\xa9"}'
SIGNED_HEADERS = (
    "paypal-transmission-id",
    "paypal-transmission-time",
    "paypal-transmission-sig",
    "paypal-auth-algo",
)


@cache
def key(name: str = "ours", bits: int = 2_048) -> rsa.RSAPrivateKey:
    del name
    return rsa.generate_private_key(public_exponent=65_537, key_size=bits)


@cache
def certificate(of: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey, starts: datetime, ends: datetime) -> str:
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "messageverificationcerts.example")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(of.public_key())
        .serial_number(1)
        .not_valid_before(starts)
        .not_valid_after(ends)
        .sign(of, hashes.SHA256())
    )
    return made.public_bytes(Encoding.PEM).decode()


def secret(
    of: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | None = None,
    *,
    webhook_id: str = WEBHOOK_ID,
    starts: datetime = AT - timedelta(days=30),
    ends: datetime = AT + timedelta(days=30),
) -> str:
    return f"{webhook_id}\n{certificate(of or key(), starts, ends)}"


def headers(
    content: bytes = BODY,
    *,
    by: rsa.RSAPrivateKey | None = None,
    webhook_id: str = WEBHOOK_ID,
    time: str = "2026-02-01T12:00:00Z",
) -> dict[str, list[str]]:
    """The headers as PayPal makes them; what is signed is what its own library (paypalrestsdk 1.13.3) verifies."""
    transmission_id = "60fa1220-ba1e-11ed-b284-000000000000"
    signed = f"{transmission_id}|{time}|{webhook_id}|{crc32(content)}".encode()
    signature = (by or key()).sign(signed, padding.PKCS1v15(), hashes.SHA256())
    values = (transmission_id, time, base64.b64encode(signature).decode(), "SHA256withRSA")
    return {name: [value] for name, value in zip(SIGNED_HEADERS, values, strict=True)}


def accepts(given: dict[str, list[str]], content: bytes = BODY, *secrets: str) -> bool:
    return is_authentic("paypal", SignedRequest("https://dvss.example", given, content), secrets or (secret(),), AT)


def test_a_signed_request_is_authentic_and_no_other() -> None:
    good = headers()
    assert accepts(good)
    assert accepts(good | {"paypal-cert-url": ["https://elsewhere.example/cert"]})
    assert not accepts(good, BODY + b" ")
    assert not accepts(good, json.dumps(json.loads(BODY)).encode())
    assert not accepts(good, BODY, secret(key("other")))
    assert not accepts(good, BODY, secret(webhook_id="OTHER"))
    assert not accepts(headers(webhook_id="OTHER"))
    assert not accepts({})
    assert not is_authentic("paypal", SignedRequest("", good, BODY), (), AT)


@pytest.mark.parametrize("name", SIGNED_HEADERS)
@pytest.mark.parametrize("values", [[], ["", ""], [""], ["é"], ["2026-02-01T12:00:01Z"], ["SHA1withRSA"], ["AAAA"]])
def test_a_header_that_is_missing_or_other_is_refused(name: str, values: list[str]) -> None:
    assert not accepts(headers() | {name: values})


@pytest.mark.parametrize("name", SIGNED_HEADERS)
def test_a_header_that_comes_twice_is_refused(name: str) -> None:
    good = headers()
    assert not accepts(good | {name: good[name] * 2})


def test_the_certificate_before_is_good_while_it_is_in_force() -> None:
    older = secret(key("older"))
    assert accepts(headers(by=key("older")), BODY, secret(), older)
    assert not accepts(headers(by=key("older")), BODY, secret(), secret(), older)


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
    assert not accepts(headers(), BODY, secret(starts=AT + timedelta(seconds=1)))
    assert not accepts(headers(), BODY, secret(ends=AT - timedelta(seconds=1)))


def test_the_first_certificate_of_several_is_taken() -> None:
    chain = secret() + certificate(key("issuer"), AT - timedelta(days=1), AT + timedelta(days=1))
    assert accepts(headers(), BODY, chain)
    assert not accepts(headers(by=key("issuer")), BODY, chain)


def test_a_secret_is_an_id_and_a_certificate_of_a_long_rsa_key() -> None:
    scheme = SCHEMES["paypal"]
    assert scheme.is_secret(secret())
    assert scheme.is_secret(secret().replace("\n", "\r\n"))
    pem = secret().partition("\n")[2]
    wrong = (
        "",
        WEBHOOK_ID,
        pem,
        f"\n{pem}",
        f"not an id\n{pem}",
        f"{WEBHOOK_ID}\n",
        f"{WEBHOOK_ID}\n{pem[:200]}",
        secret(key("short", 1_024)),
        secret(ec.generate_private_key(ec.SECP256R1())),
    )
    for text in wrong:
        assert not scheme.is_secret(text), text
        assert not accepts(headers(), BODY, text)


def test_only_this_scheme_loads_the_library_for_it() -> None:
    source = "import sys, handlers.ingest; sys.exit('cryptography' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", source], check=False).returncode == 0

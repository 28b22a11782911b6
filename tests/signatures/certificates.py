"""Certificates of the tests' own, as PayPal's are: an authority, and a leaf that it signs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cache

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding

AT = datetime(2026, 2, 1, 12, 0, tzinfo=UTC)
WEBHOOK_ID = "5GP028458E2496506"

type PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey


@cache
def key(name: str = "ours", bits: int = 2_048) -> rsa.RSAPrivateKey:
    del name
    return rsa.generate_private_key(public_exponent=65_537, key_size=bits)


@cache
def certificate(
    of: PrivateKey,
    starts: datetime = AT - timedelta(days=30),
    ends: datetime = AT + timedelta(days=30),
    issuer: str = "authority",
) -> str:
    """A leaf in PEM."""
    made = (
        x509.CertificateBuilder()
        .subject_name(_name("messageverificationcerts.example"))
        .issuer_name(_name(issuer))
        .public_key(of.public_key())
        .serial_number(1)
        .not_valid_before(starts)
        .not_valid_after(ends)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .sign(key(issuer), hashes.SHA256())
    )
    return made.public_bytes(Encoding.PEM).decode()


@cache
def authority(name: str = "authority") -> str:
    """The certificate of who signs the leaves, in PEM."""
    made = (
        x509.CertificateBuilder()
        .subject_name(_name(name))
        .issuer_name(_name(name))
        .public_key(key(name).public_key())
        .serial_number(2)
        .not_valid_before(AT - timedelta(days=300))
        .not_valid_after(AT + timedelta(days=300))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key(name), hashes.SHA256())
    )
    return made.public_bytes(Encoding.PEM).decode()


def secret(of: PrivateKey | None = None, *, webhook_id: str = WEBHOOK_ID, pem: str | None = None) -> str:
    """A secret of the scheme: the webhook's id, and the certificate below it."""
    return f"{webhook_id}\n{pem or certificate(of or key())}"


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, text)])

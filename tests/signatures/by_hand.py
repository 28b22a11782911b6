"""HMAC and RSA by hand, from their specifications: independent of the libraries that the schemes use."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey

_BLOCK_BYTES = 64
# The DER encoding of "SHA-256, and the digest of 32 bytes follows": RFC 8017, 9.2, note 1.
_SHA256_INFO = bytes.fromhex("3031300d060960864801650304020105000420")


def hmac_sha256(key: bytes, message: bytes) -> bytes:
    """RFC 2104 with SHA-256."""
    block = (hashlib.sha256(key).digest() if len(key) > _BLOCK_BYTES else key).ljust(_BLOCK_BYTES, b"\0")
    inner = hashlib.sha256(bytes(byte ^ 0x36 for byte in block) + message).digest()
    return hashlib.sha256(bytes(byte ^ 0x5C for byte in block) + inner).digest()


def rsa_sign(key: RSAPrivateKey, message: bytes) -> bytes:
    """RSASSA-PKCS1-v1_5 with SHA-256: RFC 8017, 8.2."""
    numbers = key.private_numbers()
    size = (key.key_size + 7) // 8
    padded = int.from_bytes(_padded(message, size))
    return pow(padded, numbers.d, numbers.public_numbers.n).to_bytes(size)


def rsa_verify(key: RSAPublicKey, message: bytes, signature: bytes) -> bool:
    numbers = key.public_numbers()
    size = (key.key_size + 7) // 8
    found = pow(int.from_bytes(signature), numbers.e, numbers.n).to_bytes(size)
    return len(signature) == size and found == _padded(message, size)


def crc32(message: bytes) -> int:
    """ISO 3309, bit by bit."""
    register = 0xFFFF_FFFF
    for byte in message:
        register ^= byte
        for _ in range(8):
            register = (register >> 1) ^ (0xEDB8_8320 if register & 1 else 0)
    return register ^ 0xFFFF_FFFF


def _padded(message: bytes, size: int) -> bytes:
    ending = b"\0" + _SHA256_INFO + hashlib.sha256(message).digest()
    return b"\0\x01".ljust(size - len(ending), b"\xff") + ending

"""The vendors of the suite: their credentials, made as an operator makes them, and how they sign."""

import base64
import hashlib
import hmac
import json
import os
import secrets
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.e2e.target import Target

_ROOT = Path(__file__).resolve().parents[2]
_SECONDS = 60


class CredentialError(Exception):
    """`dvss key` has failed."""


@dataclass(frozen=True)
class Vendors:
    """Credentials are made when first asked for, and kept for the run."""

    target: Target
    _keys: dict[str, str] = field(default_factory=dict)
    _secrets: dict[str, str] = field(default_factory=dict)
    _made: list[str] = field(default_factory=list)

    def api_key(self, vendor: str) -> str:
        """A key of the vendor; `nobody` has one that nobody knows."""
        if vendor == "nobody":
            return "dvss_" + "A" * 43
        if vendor not in self._keys:
            self._keys[vendor] = self._added(vendor, "--api-key")["key"]
        return self._keys[vendor]

    def signature(self, vendor: str, path: str, body: bytes) -> dict[str, str]:
        """The headers by which the vendor signs a webhook; `forged:<vendor>` signs with another secret."""
        forged, _, name = vendor.rpartition(":")
        secret = "forged" if forged else self._secret(name)
        match name:
            case "shopify":
                return {"x-shopify-hmac-sha256": _base64_hmac(secret, body)}
            case "square":
                url = self.target.outputs["api_url"] + path
                return {"x-square-hmacsha256-signature": _base64_hmac(secret, url.encode() + body)}
            case _:
                message = f"the suite does not know how {name} signs"
                raise CredentialError(message)

    def _secret(self, vendor: str) -> str:
        if vendor not in self._secrets:
            # As the vendor would have made it.
            secret = secrets.token_urlsafe(32)
            self._added(vendor, "--secret-stdin", given=secret)
            self._secrets[vendor] = secret
        return self._secrets[vendor]

    def revoke(self) -> None:
        """End every credential that was made."""
        while self._made:
            self._dvss("key", "revoke", self._made.pop())

    def _added(self, vendor: str, *options: str, given: str = "") -> dict[str, str]:
        answer: dict[str, str] = json.loads(self._dvss("key", "add", vendor, *options, "--json", given=given))
        self._made.append(answer.get("keyId") or answer["secretId"])
        return answer

    def _dvss(self, *arguments: str, given: str = "") -> str:
        command = [sys.executable, "-m", "dvss", *arguments, "--deployment", str(self.target.outputs_path.resolve())]
        environment = {**os.environ, **self.target.environment}
        done = subprocess.run(
            command,
            cwd=_ROOT,
            env=environment,
            input=given,
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            check=False,
        )
        if done.returncode != 0:
            message = f"{' '.join(command[1:])} failed: {done.stderr.strip()[-1000:]}"
            raise CredentialError(message)
        return done.stdout


@contextmanager
def credentials(target: Target) -> Iterator[Vendors]:
    """Vendors whose credentials end with the block."""
    vendors = Vendors(target)
    try:
        yield vendors
    finally:
        vendors.revoke()


def _base64_hmac(secret: str, signed: bytes) -> str:
    return base64.b64encode(hmac.digest(secret.encode(), signed, hashlib.sha256)).decode()

"""Starts the emulator as a process of its own, and ends it with all that it started."""

import json
import os
import secrets
import signal
import socket
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

from handlers.system import SystemClock
from tests.e2e.emulator import certificate

ACCOUNT = "000000000000"
REGION = "us-east-1"
_ROOT = Path(__file__).resolve().parents[3]
_START_SECONDS = 60
_END_SECONDS = 10


class EmulatorError(Exception):
    """The emulator does not start; the message ends with its log."""


@dataclass(frozen=True)
class Emulator:
    """A running emulator. Who holds its keys may do all that no resource's own policy denies, as an account's operator.

    Functions have the credentials of their roles.
    """

    endpoint: str
    folder: Path
    access_key: str
    secret_key: str
    log: Path

    @property
    def calls(self) -> Path:
        """The file of calls made with roles' credentials; see `calls.read`."""
        return self.folder / "calls.jsonl"

    @property
    def environment(self) -> dict[str, str]:
        """The variables that bring an AWS client here instead of to AWS."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ACCESS_KEY_ID": self.access_key,
            "AWS_SECRET_ACCESS_KEY": self.secret_key,
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_CA_BUNDLE": str(self.folder / "certificate.pem"),
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def client(self, service: str) -> Any:
        """A client of a service with the operator's credentials."""
        return boto3.client(
            service,
            endpoint_url=self.endpoint,
            region_name=REGION,
            aws_access_key_id=self.access_key,
            aws_secret_access_key=self.secret_key,
            verify=str(self.folder / "certificate.pem"),
            config=Config(retries={"max_attempts": 1}, s3={"addressing_style": "path"}),
        )


@contextmanager
def running(folder: Path) -> Iterator[Emulator]:
    """An emulator whose files are in `folder`, until the block ends."""
    folder.mkdir(parents=True, exist_ok=True)
    certificate_path, key_path = certificate.write(folder, SystemClock())
    emulator = Emulator(
        endpoint=f"https://127.0.0.1:{_free_port()}",
        folder=folder,
        access_key="AKIA" + secrets.token_hex(8).upper(),
        secret_key=secrets.token_urlsafe(30),
        log=folder / "emulator.log",
    )
    with emulator.log.open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.e2e.emulator.server"],
            cwd=_ROOT,
            env=_server_environment(emulator, certificate_path, key_path),
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        try:
            _wait_until_ready(emulator, process)
            yield _as_operator(emulator)
        finally:
            _end(process)


def _as_operator(emulator: Emulator) -> Emulator:
    """The emulator in the hands of a user: its root stands above policies and its signatures are not checked."""
    iam = emulator.client("iam")
    iam.create_user(UserName="operator")
    allowed = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}
    iam.put_user_policy(UserName="operator", PolicyName="everything", PolicyDocument=json.dumps(allowed))
    key = iam.create_access_key(UserName="operator")["AccessKey"]
    return replace(emulator, access_key=key["AccessKeyId"], secret_key=key["SecretAccessKey"])


def _server_environment(emulator: Emulator, certificate_path: Path, key_path: Path) -> dict[str, str]:
    # Nothing of the caller's environment but this: functions inherit what the emulator has.
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(emulator.folder),
        "TMPDIR": str(emulator.folder),
        "BIND_HOST": "127.0.0.1",
        "GATEWAY_PORT": emulator.endpoint.rsplit(":", 1)[-1],
        "MINISTACK_HOST": "127.0.0.1",
        "MINISTACK_ACCOUNT_ID": ACCOUNT,
        "MINISTACK_REGION": REGION,
        "MINISTACK_SSL_CERT": str(certificate_path),
        "MINISTACK_SSL_KEY": str(key_path),
        "USE_SSL": "1",
        "AUTH": "true",
        "SFTP_ENABLED": "0",
        "IOT_MTLS_ENABLED": "0",
        "AWS_ACCESS_KEY_ID": emulator.access_key,
        "AWS_SECRET_ACCESS_KEY": emulator.secret_key,
        "AWS_EC2_METADATA_DISABLED": "true",
        "DVSS_E2E_CALLS": str(emulator.calls),
    }


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait_until_ready(emulator: Emulator, process: subprocess.Popen[bytes]) -> None:
    trust = ssl.create_default_context(cafile=str(emulator.folder / "certificate.pem"))
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(f"{emulator.endpoint}/_ministack/ready", timeout=2, context=trust):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.05)
    log = emulator.log.read_text(encoding="utf-8", errors="replace")
    message = f"the emulator did not start within {_START_SECONDS} s (exit code {process.poll()}):\n{log[-4000:]}"
    raise EmulatorError(message)


def _end(process: subprocess.Popen[bytes]) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait(_END_SECONDS)
    if process.stdin:
        process.stdin.close()

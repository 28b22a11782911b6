"""An emulator for plans, which ask AWS for the account and for the states of what lies below."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError

from tests.infra.terraform import REGION, clean_environment

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

START_SECONDS = 60


@contextmanager
def running(folder: Path) -> Iterator[dict[str, str]]:
    """The variables that bring a client to an emulator, until the block ends."""
    folder.mkdir(parents=True)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    variables = clean_environment(
        BIND_HOST="127.0.0.1", GATEWAY_PORT=str(port), IOT_MTLS_ENABLED="0", HOME=str(folder), TMPDIR=str(folder)
    )
    reached = {
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
        "AWS_ACCESS_KEY_ID": "tests",
        "AWS_SECRET_ACCESS_KEY": "tests",
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "ministack"], cwd=folder, env=variables, stdout=log, stderr=log
        )
        try:
            _wait(reached)
            yield reached
        finally:
            process.terminate()
            process.wait(30)


def client(service: str, reached: dict[str, str]) -> Any:
    return boto3.client(
        service,
        endpoint_url=reached["AWS_ENDPOINT_URL"],
        region_name=REGION,
        aws_access_key_id=reached["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=reached["AWS_SECRET_ACCESS_KEY"],
        config=Config(s3={"addressing_style": "path"}, retries={"total_max_attempts": 1}),
    )


def _wait(reached: dict[str, str]) -> None:
    end = time.monotonic() + START_SECONDS
    while True:
        try:
            client("s3", reached).list_buckets()
        except BotoCoreError:
            if time.monotonic() > end:
                raise
            time.sleep(0.2)
        else:
            return

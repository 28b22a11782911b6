"""What a scenario runs against: an emulator of ours, or a real account."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import boto3
import urllib3

from tests.e2e.emulator.launch import Emulator
from tests.e2e.scenario import TargetName


@dataclass(frozen=True)
class Target:
    """A deployment and the way to it."""

    name: TargetName
    outputs: Mapping[str, Any]
    api_url: str
    """Where requests go; what vendors sign is the deployment's own URL."""
    outputs_path: Path
    patience: float
    """Seconds for which an expectation is waited for."""
    pause: float
    """Seconds between two looks."""
    make_client: Callable[[str], Any]
    environment: Mapping[str, str] = field(default_factory=dict)
    """What a process needs to reach it."""
    certificates: str | None = None
    _clients: dict[str, Any] = field(default_factory=dict)

    def client(self, service: str) -> Any:
        """The operator's client of an AWS service."""
        if service not in self._clients:
            self._clients[service] = self.make_client(service)
        return self._clients[service]

    @cached_property
    def http(self) -> urllib3.PoolManager:
        return urllib3.PoolManager(
            maxsize=64, retries=False, timeout=urllib3.Timeout(connect=10, read=60), ca_certs=self.certificates
        )


def emulated(emulator: Emulator, outputs_path: Path) -> Target:
    outputs = _read(outputs_path)
    return Target(
        name="emulator",
        outputs=outputs,
        api_url=f"{emulator.endpoint}/restapis/{outputs['rest_api_id']}/{outputs['stage']}/_user_request_",
        outputs_path=outputs_path,
        patience=45,
        pause=0.2,
        make_client=emulator.client,
        environment=emulator.environment,
        certificates=emulator.environment["AWS_CA_BUNDLE"],
    )


def real(outputs_path: Path) -> Target:
    """The account of the caller's AWS credentials."""
    outputs = _read(outputs_path)
    session = boto3.Session(region_name=outputs["region"])
    return Target(
        name="aws",
        outputs=outputs,
        api_url=outputs["api_url"],
        outputs_path=outputs_path,
        patience=180,
        pause=2,
        make_client=session.client,
    )


def _read(path: Path) -> dict[str, Any]:
    outputs: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return outputs

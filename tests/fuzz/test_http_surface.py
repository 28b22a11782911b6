"""The live server against its own contract: schemathesis in all four phases, then an audit of what it left behind."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from dvss.audit import audit
from dvss.bootstrap import opened, opened_existing
from dvss.demo.process import served
from handlers.values import Role

if TYPE_CHECKING:
    from dvss.bootstrap import LocalDeployment

ROOT = Path(__file__).parent.parent.parent
SECONDS = 900 if os.environ.get("DVSS_SOAK") else 60
PHASES = "examples,coverage,fuzzing,stateful"
PATIENCE_SECONDS = 30.0
LEAST_EVENTS = 20


def test_the_server_keeps_its_contract(tmp_path: Path) -> None:
    data_dir, log = tmp_path / "data", tmp_path / "serve.log"
    with opened(data_dir) as deployment:
        credentials = _credentials(deployment)
    with served(data_dir, log) as url:
        run = _schemathesis(url, credentials | {"url": url}, tmp_path)
        _settle(data_dir)
    print(run.stdout)
    assert run.returncode == 0, run.stdout + run.stderr
    for phase in PHASES.split(","):
        assert f"✅ {phase.capitalize()}" in run.stdout.replace("✅  ", "✅ ")
    with opened_existing(data_dir) as deployment:
        report = audit(deployment)
    assert report.findings == []
    # The run is worth something only if it came through to the stores.
    assert report.events > LEAST_EVENTS
    assert report.conflicts
    levels = {json.loads(line)["level"] for line in log.read_text(encoding="utf-8").splitlines()}
    assert levels <= {"INFO", "WARNING"}


def _credentials(deployment: LocalDeployment) -> dict[str, str]:
    keys, secrets = deployment.backend.credentials.keys, deployment.backend.credentials.secrets
    return {
        "vendor": keys.add(Role.VENDOR, "vendorA").key,
        "operator": keys.add(Role.OPERATOR).key,
        "shopify": secrets.add("shopify").secret,
        "square": secrets.add("square").secret,
    }


def _schemathesis(url: str, credentials: dict[str, str], folder: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "schemathesis.cli", "run", f"{url}/openapi.json", "--phases", PHASES]
    command += [
        "--checks",
        "all",
        "--max-time",
        str(SECONDS),
        "--continue-on-failure",
        "--no-color",
        "--generation-database",
        "none",
    ]
    # The credentials come from the hooks; U+0000 is valid by the schemas and refused by the contract's prose.
    command += ["--generation-with-security-parameters", "false", "--generation-allow-x00", "false"]
    environment = os.environ | {
        "DVSS_FUZZ_CREDENTIALS": json.dumps(credentials),
        "SCHEMATHESIS_HOOKS": "tests.fuzz.hooks",
        "PYTHONPATH": str(ROOT),
        "PYTHONUTF8": "1",
    }
    return subprocess.run(
        command, check=False, capture_output=True, text=True, encoding="utf-8", env=environment, cwd=folder
    )


def _settle(data_dir: Path) -> None:
    give_up_at = time.monotonic() + PATIENCE_SECONDS
    with opened_existing(data_dir) as deployment:
        while deployment.backend.stats().pending and time.monotonic() < give_up_at:
            time.sleep(0.05)
        assert not deployment.backend.stats().pending

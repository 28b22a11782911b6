"""`dvss serve` says so where it runs on code that was compiled from other contracts than those that lie there."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from dvss.staleness import stale_contracts

ROOT = Path(__file__).parent.parent.parent
PATIENCE_SECONDS = 20


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for folder in ("dvss", "generated", "handlers", "mappings", "schemas"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


def test_contracts_that_were_compiled_are_current(project: Path) -> None:
    assert stale_contracts(project) == []


def test_a_change_a_new_mapping_and_a_missing_file_are_seen(project: Path) -> None:
    mapping = project / "mappings/square.yaml"
    mapping.write_text(mapping.read_text() + "\n")
    (project / "mappings/acme.yaml").write_text("vendor: acme\n")
    (project / "schemas/vendors/vendorA/order_status.v1.schema.json").unlink()
    assert stale_contracts(project) == [
        "mappings/acme.yaml",
        "mappings/square.yaml",
        "schemas/vendors/vendorA/order_status.v1.schema.json",
    ]


def test_where_no_contracts_are_deployed_nothing_is_stale(project: Path) -> None:
    shutil.rmtree(project / "mappings")
    assert stale_contracts(project) == []


def test_serve_warns_and_names_the_way_out(project: Path) -> None:
    (project / "mappings/acme.yaml").write_text("vendor: acme\n")
    command = [sys.executable, "-m", "dvss", "serve", "--port", "0", "--data-dir", "data"]
    with subprocess.Popen(command, cwd=project, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as server:
        assert server.stderr is not None
        first = json.loads(server.stderr.readline())
        server.terminate()
        server.communicate(timeout=PATIENCE_SECONDS)
    assert (first["level"], first["msg"]) == (
        "WARNING",
        "generated/ was not compiled from mappings/acme.yaml as it is; run `make codegen`, then start again.",
    )

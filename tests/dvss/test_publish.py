"""`dvss publish`: what an environment on AWS needs from a checkout once Terraform has applied."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from generated.registry import REGISTRY
from tests.dvss.environment import PREFIX, deployed
from tests.dvss.program import dvss

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.dvss.environment import Environment

ROOT = Path(__file__).parents[2]


@pytest.fixture
def environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Environment]:
    with deployed(tmp_path, monkeypatch) as environment:
        yield environment


def test_commands_that_need_no_token_key_work_without_one(environment: Environment) -> None:
    refused = dvss("events", "list", "--deployment", environment.path)
    assert refused.code == 1
    assert f"The parameter {PREFIX}/token-key holds no token key of 64 hex digits." in refused.err
    assert dvss("key", "add", "vendorA", "--deployment", environment.path).code == 0
    assert len(dvss("key", "list", "--deployment", environment.path, "--json").lines) == 1


def test_the_versions_of_this_checkout_are_deployed(environment: Environment) -> None:
    told = dvss("publish", "--deployment", environment.path, "--json").lines
    profiles = [profile for one in REGISTRY.vendor_ids() if (profile := REGISTRY.vendor(one))]
    assert {one["vendorId"]: one["mappingVersion"] for one in told} == {
        one.vendor_id: one.mapping_version for one in profiles
    }
    assert all(one["new"] for one in told)


def test_publishing_twice_changes_nothing(environment: Environment) -> None:
    first = dvss("publish", "--deployment", environment.path)
    assert (first.code, "The key for tokens is set." in first.out) == (0, True)
    before = (environment.items(""), token_key(environment))
    again = dvss("publish", "--deployment", environment.path)
    assert (again.code, "The key for tokens stays as it is." in again.out) == (0, True)
    assert "published now" not in again.out
    assert (environment.items(""), token_key(environment)) == before
    assert not [one for one in dvss("publish", "--deployment", environment.path, "--json").lines if one["new"]]


def test_contracts_are_checked_against_a_deployment_that_is_named(tmp_path: Path) -> None:
    script = ROOT / "scripts" / "contracts-check.sh"
    arguments = (script, "HEAD", tmp_path / "no-data", tmp_path / "none.json")
    ran = subprocess.run(arguments, capture_output=True, text=True, check=False)
    assert "Compared with HEAD" in ran.stdout
    assert ran.stderr == (
        f"dvss: {tmp_path / 'none.json'} cannot be read (No such file or directory). "
        "`make deploy ENV=...` writes dist/outputs.<env>.json.\n"
    )
    assert ran.returncode == 1


def token_key(environment: Environment) -> tuple[str, int]:
    found = environment.client("ssm").get_parameter(Name=f"{PREFIX}/token-key", WithDecryption=True)["Parameter"]
    assert len(bytes.fromhex(found["Value"])) == 32
    return found["Value"], found["Version"]

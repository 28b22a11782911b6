"""The comparison of what roles are granted with what they called."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.e2e import grants
from tests.e2e.emulator.calls import Call
from tests.e2e.emulator.launch import Emulator
from tests.e2e.target import Target

_TABLE = "arn:aws:dynamodb:us-east-1:000000000000:table/dvss-ingest-records-dev"


@pytest.fixture
def target(emulator: Emulator) -> Target:
    return Target(
        name="emulator",
        outputs={"functions": {"ingest": {"name": "dvss-ingest-dev"}}},
        api_url="",
        outputs_path=Path(),
        patience=1,
        pause=0.1,
        make_client=emulator.client,
    )


@pytest.fixture(autouse=True)
def _role(emulator: Emulator) -> Any:
    iam = emulator.client("iam")
    iam.create_role(RoleName="dvss-ingest-dev", AssumeRolePolicyDocument='{"Version": "2012-10-17", "Statement": []}')
    statements = [
        {"Effect": "Allow", "Action": ["dynamodb:GetItem", "dynamodb:PutItem"], "Resource": _TABLE},
        {"Effect": "Allow", "Action": "s3:PutObject", "Resource": "arn:aws:s3:::dvss-raw-dev/raw/*"},
    ]
    document = json.dumps({"Version": "2012-10-17", "Statement": statements})
    iam.put_role_policy(RoleName="dvss-ingest-dev", PolicyName="calls", PolicyDocument=document)
    yield
    iam.delete_role_policy(RoleName="dvss-ingest-dev", PolicyName="calls")
    iam.delete_role(RoleName="dvss-ingest-dev")


@pytest.fixture
def excused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    def excuse(*excuses: dict[str, str]) -> None:
        path = tmp_path / "unused_grants.json"
        path.write_text(json.dumps(excuses), encoding="utf-8")
        monkeypatch.setattr(grants, "_UNUSED", path)

    excuse()
    return excuse


def _call(action: str, resource: str, *, allowed: bool = True) -> Call:
    return Call("dvss-ingest-dev", action, resource, allowed)


_USED = [
    _call("dynamodb:GetItem", _TABLE),
    _call("dynamodb:PutItem", _TABLE),
    _call("s3:PutObject", "arn:aws:s3:::dvss-raw-dev/raw/vendorA/1.json"),
]


@pytest.mark.usefixtures("excused")
def test_a_grant_that_was_used_is_no_problem(target: Target) -> None:
    assert grants.problems(target, _USED) == []


@pytest.mark.usefixtures("excused")
@pytest.mark.parametrize(
    "instead",
    [
        [],
        [_call("s3:PutObject", "arn:aws:s3:::dvss-raw-dev/other/1.json")],
        [_call("s3:PutObject", "arn:aws:s3:::dvss-raw-dev/raw/1.json", allowed=False)],
        [Call("dvss-normalize-dev", "s3:PutObject", "arn:aws:s3:::dvss-raw-dev/raw/1.json", allowed=True)],
    ],
)
def test_a_grant_that_nothing_used_is_named(target: Target, instead: list[Call]) -> None:
    assert grants.problems(target, _USED[:2] + instead) == [
        "ingest is granted s3:PutObject on arn:aws:s3:::dvss-raw-dev/raw/*, which nothing has used"
    ]


def test_a_reason_excuses_a_grant_until_it_is_used(target: Target, excused: Any) -> None:
    excused({"function": "ingest", "action": "s3:PutObject", "on": "*", "reason": "for the test"})

    assert grants.problems(target, _USED[:2]) == []
    (out_of_date,) = grants.problems(target, _USED)
    assert "ingest: s3:PutObject is used or not granted" in out_of_date


def test_a_role_lacks_one_action_until_the_block_ends(target: Target) -> None:
    before = grants.granted(target)

    with grants.without(target, "ingest", "dynamodb:PutItem"):
        during = grants.granted(target)

    assert {grant.action for grant in before - during} == {"dynamodb:PutItem"}
    assert grants.granted(target) == before

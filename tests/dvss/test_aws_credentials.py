"""API keys and webhook secrets on AWS: the contract of operators, and what two stores make possible."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from dvss.aws.deployment import AwsDeployment
from dvss.credentials import CredentialError
from generated.registry import REGISTRY
from handlers.aws.credentials import AwsCredentials
from handlers.values import Principal, Role
from tests.dvss.environment import PREFIX, VARIABLES, Crash, deployed
from tests.ports.contract_credentials_administration import CredentialsAdministrationContract
from tests.ports.examples import NOW, SECOND, ManualClock, sha256

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from dvss.aws.credentials import AwsCredentialsAdministration
    from dvss.credentials import IssuedKey
    from tests.dvss.environment import Environment

HOUR = timedelta(hours=1)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Environment]:
    with deployed(tmp_path, monkeypatch) as environment:
        yield environment


@pytest.fixture
def administration(environment: Environment, clock: ManualClock) -> AwsCredentialsAdministration:
    return administration_of(environment, clock)


def administration_of(environment: Environment, clock: ManualClock) -> AwsCredentialsAdministration:
    """As a command has it that starts now."""
    return AwsDeployment(environment.outputs, REGISTRY, clock).credentials


def functions(environment: Environment, clock: ManualClock) -> AwsCredentials:
    """What the functions ask, with nothing in their cache."""
    table = environment.outputs.vendor_mappings_table
    return AwsCredentials(environment.clients, vendor_mappings=table, parameter_prefix=PREFIX, clock=clock)


class TestAwsAdministration(CredentialsAdministrationContract):
    @pytest.fixture(autouse=True)
    def _stores(self, environment: Environment, clock: ManualClock) -> None:
        self._environment, self._clock = environment, clock

    @pytest.fixture
    def administration(self, environment: Environment, clock: ManualClock) -> AwsCredentialsAdministration:
        return administration_of(environment, clock)

    def store(self) -> AwsCredentials:
        return functions(self._environment, self._clock)


def plan_id(environment: Environment, vendor_id: str) -> str:
    return environment.outputs.usage_plan_ids[VARIABLES["vendors"][vendor_id]["usage_plan"]]


def test_the_gateway_lets_a_key_in_through_its_vendor_s_usage_plan(
    environment: Environment, administration: AwsCredentialsAdministration
) -> None:
    issued = administration.keys.add(Role.VENDOR, "vendorA")
    other = administration.keys.add(Role.VENDOR, "amazon")
    assert environment.gateway_keys(plan_id(environment, "vendorA")) == {issued.key_id: issued.key}
    assert environment.gateway_keys(plan_id(environment, "amazon")) == {other.key_id: other.key}


def test_no_key_is_in_the_table(environment: Environment, administration: AwsCredentialsAdministration) -> None:
    issued = administration.keys.add(Role.VENDOR, "vendorA")
    (known,) = environment.items("key#")
    assert known["vendorId"]["S"] == f"key#{sha256(issued.key.encode())}"
    assert issued.key not in json.dumps(environment.items(""))


def test_a_revoked_key_leaves_the_gateway_and_stays_on_the_list(
    environment: Environment, administration: AwsCredentialsAdministration
) -> None:
    issued = administration.keys.add(Role.VENDOR, "vendorA")
    administration.keys.revoke(issued.key_id)
    assert (environment.gateway_keys(), environment.items("key#")) == ({}, [])
    assert [(one.key_id, one.ends_at) for one in administration.keys.entries()] == [(issued.key_id, NOW)]


def test_a_key_whose_grace_is_over_is_removed_by_the_next_command(
    environment: Environment, administration: AwsCredentialsAdministration, clock: ManualClock
) -> None:
    old = administration.keys.add(Role.VENDOR, "vendorA")
    new = administration.keys.rotate(old.key_id, HOUR)
    assert environment.gateway_keys().keys() == {old.key_id, new.key_id}
    clock.at += HOUR
    assert environment.gateway_keys().keys() == {old.key_id, new.key_id}
    other = administration.keys.add(Role.VENDOR, "amazon")
    assert environment.gateway_keys().keys() == {new.key_id, other.key_id}
    assert len(environment.items("key#")) == 2


def test_a_rotation_without_a_grace_removes_the_old_key_at_once(
    environment: Environment, administration: AwsCredentialsAdministration
) -> None:
    old = administration.keys.add(Role.VENDOR, "vendorA")
    new = administration.keys.rotate(old.key_id, timedelta(0))
    assert environment.gateway_keys().keys() == {new.key_id}


def test_operators_have_no_keys_here(administration: AwsCredentialsAdministration) -> None:
    with pytest.raises(CredentialError, match="an operator's own AWS credentials"):
        administration.keys.add(Role.OPERATOR)
    assert list(administration.keys.entries()) == []


def test_a_key_follows_its_vendor_to_another_usage_plan(
    environment: Environment, administration: AwsCredentialsAdministration
) -> None:
    issued = administration.keys.add(Role.VENDOR, "vendorA")
    plans = {one: plan_id(environment, one) for one in ("vendorA", "amazon")}
    administration.keys._plan_ids = {"vendorA": plans["amazon"]}
    administration.keys.mend()
    assert environment.gateway_keys(plans["vendorA"]) == {}
    assert environment.gateway_keys(plans["amazon"]) == {issued.key_id: issued.key}
    environment.calls.forget()
    administration.keys.mend()
    assert not [one for one in environment.calls.made if one.startswith("api-gateway")]


def test_a_key_of_a_vendor_without_a_mapping_stays_where_it_is(
    environment: Environment, administration: AwsCredentialsAdministration
) -> None:
    issued = administration.keys.add(Role.VENDOR, "vendorA")
    administration.keys._plan_ids = {}
    administration.keys.mend()
    assert environment.gateway_keys(plan_id(environment, "vendorA")) == {issued.key_id: issued.key}


type Operation = Callable[[AwsCredentialsAdministration, IssuedKey], IssuedKey | None]

OPERATIONS: dict[str, Operation] = {
    "add": lambda administration, _: administration.keys.add(Role.VENDOR, "vendorA"),
    "rotate": lambda administration, old: administration.keys.rotate(old.key_id, HOUR),
    "rotate at once": lambda administration, old: administration.keys.rotate(old.key_id, timedelta(0)),
    "revoke": lambda administration, old: administration.keys.revoke(old.key_id),
}


@pytest.mark.parametrize("is_answer_lost", [False, True], ids=["call lost", "answer lost"])
@pytest.mark.parametrize("name", OPERATIONS)
def test_a_command_that_ends_at_any_call_leaves_nothing_usable_and_is_mended(
    world: World, name: str, *, is_answer_lost: bool
) -> None:
    calls = 0
    while world.crashes(OPERATIONS[name], calls, is_answer_lost=is_answer_lost):
        world.check_nothing_unknown_is_usable()
        # The lock of the command that ended has run out.
        world.clock.at += 61 * SECOND
        world.check_it_goes_on(OPERATIONS[name])
        calls += 1
    assert calls >= 5


def test_no_request_with_the_old_key_is_refused_at_any_step_of_a_rotation(world: World) -> None:
    steps = 0
    while world.crashes(OPERATIONS["rotate"], steps, is_answer_lost=True):
        assert world.old.key_id in world.usable()
        world.clock.at += 61 * SECOND
        steps += 1
    assert steps >= 5
    assert len(world.usable()) == 2
    assert world.old.key_id in world.usable()
    world.clock.at += HOUR
    assert world.old.key_id not in world.known()


class World:
    """An environment with a key, which one command after another is let down by."""

    def __init__(
        self, environment: Environment, clock: ManualClock, administration: AwsCredentialsAdministration
    ) -> None:
        self.environment = environment
        self.clock = clock
        self.administration = administration
        self.old = administration.keys.add(Role.VENDOR, "vendorA")

    def crashes(self, operation: Operation, calls: int, *, is_answer_lost: bool) -> bool:
        """Whether the command ends before its time when only so many calls come through."""
        for one in self.in_force():
            self.administration.keys.revoke(one)
        self.old = self.administration.keys.add(Role.VENDOR, "vendorA")
        self.environment.calls.crash_after(calls, is_answer_lost=is_answer_lost)
        try:
            operation(self.administration, self.old)
        except Crash:
            return True
        finally:
            self.environment.calls.heal()
        return False

    def who(self, key: str) -> Principal | None:
        return functions(self.environment, self.clock).principal(sha256(key.encode()), self.clock.now())

    def usable(self) -> set[str]:
        """What the gateway lets in and the functions know."""
        return {name for name, key in self.environment.gateway_keys().items() if self.who(key)}

    def known(self) -> set[str]:
        """What the functions know."""
        store = functions(self.environment, self.clock)
        digests = (item["vendorId"]["S"].removeprefix("key#") for item in self.environment.items("key#"))
        return {who.key_id for one in digests if (who := store.principal(one, self.clock.now()))}

    def in_force(self) -> set[str]:
        """What the list says."""
        now = self.clock.now()
        entries = self.administration.keys.entries()
        return {one.key_id for one in entries if one.ends_at is None or one.ends_at > now}

    def check_nothing_unknown_is_usable(self) -> None:
        """A key whose text nobody has seen may be on the list, where it can be revoked; no other is let in."""
        assert self.usable() == self.known() == self.in_force()

    def check_it_goes_on(self, operation: Operation) -> None:
        """The same command comes to its end now, or says that it has nothing to do, and cleans up."""
        if self.old.key_id in self.in_force():
            # What was made and never seen stands in the way of a further key: it is on the list, and can be revoked.
            for one in self.in_force() - {self.old.key_id}:
                self.administration.keys.revoke(one)
            issued = operation(self.administration, self.old)
            assert issued is None or self.who(issued.key) == Principal(Role.VENDOR, issued.key_id, "vendorA")
        else:
            with pytest.raises(CredentialError, match=f"no API key {self.old.key_id} in force"):
                operation(self.administration, self.old)
        assert self.environment.gateway_keys().keys() == self.in_force()
        assert {item["keyId"]["S"] for item in self.environment.items("key#")} == self.in_force()
        assert not [item for item in self.environment.items("#keys") if "begun" in item]
        assert self.environment.items("#lock") == []


@pytest.fixture
def world(environment: Environment, clock: ManualClock, administration: AwsCredentialsAdministration) -> World:
    return World(environment, clock, administration)


def parameter(environment: Environment, vendor_id: str) -> dict[str, Any]:
    name = f"{PREFIX}/vendors/{vendor_id}/secrets"
    found = environment.client("ssm").get_parameter(Name=name, WithDecryption=True)
    return json.loads(found["Parameter"]["Value"])  # type: ignore[no-any-return]


def test_the_parameter_holds_what_is_in_force_newest_first(
    environment: Environment, administration: AwsCredentialsAdministration
) -> None:
    first = administration.secrets.add("square", "first")
    second = administration.secrets.rotate("square", HOUR, "second")
    active = parameter(environment, "square")["active"]
    assert [(one["kid"], one["secret"]) for one in active] == [
        (second.secret_id, "second"),
        (first.secret_id, "first"),
    ]
    assert [one["notAfter"] for one in active] == [None, (NOW + HOUR).isoformat()]


def test_an_ended_secret_is_remembered_by_its_id_alone(
    environment: Environment, administration: AwsCredentialsAdministration, clock: ManualClock
) -> None:
    last = ""
    for number in range(13):
        clock.at += SECOND
        last = administration.secrets.add("square", f"confidential-{number}").secret_id
        administration.secrets.revoke(last)
    document = parameter(environment, "square")
    assert document["active"] == []
    assert "confidential" not in json.dumps(document)
    assert len(document["ended"]) == len(administration.secrets.entries()) == 10
    assert administration.secrets.entries()[-1].secret_id == last


def test_a_secret_entered_by_hand_counts(
    environment: Environment, administration: AwsCredentialsAdministration
) -> None:
    name = f"{PREFIX}/vendors/square/secrets"
    value = json.dumps({"active": [{"kid": "by-hand", "secret": "typed", "notAfter": None}]})
    environment.client("ssm").put_parameter(Name=name, Value=value, Type="SecureString", Overwrite=True)
    assert [one.secret_id for one in administration.secrets.entries()] == ["by-hand"]
    administration.secrets.rotate("square", HOUR, "next")
    assert [one["secret"] for one in parameter(environment, "square")["active"]] == ["next", "typed"]
    administration.secrets.revoke("by-hand")
    assert [one["secret"] for one in parameter(environment, "square")["active"]] == ["next"]


@pytest.mark.parametrize("value", ["no json", "[]", '{"active":[{}]}', '{"active":[{"kid":"a","notAfter":"x"}]}'])
def test_a_parameter_of_another_form_is_not_overwritten(
    environment: Environment, administration: AwsCredentialsAdministration, value: str
) -> None:
    name = f"{PREFIX}/vendors/square/secrets"
    environment.client("ssm").put_parameter(Name=name, Value=value, Type="SecureString", Overwrite=True)
    with pytest.raises(Exception, match=f"{name} holds no list of secrets"):
        administration.secrets.add("square", "next")
    assert environment.client("ssm").get_parameter(Name=name)["Parameter"]["Version"] == 2


def test_what_somebody_else_wrote_at_the_same_moment_stands(
    environment: Environment, administration: AwsCredentialsAdministration, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The lock keeps commands apart; a console knows of no lock."""
    name = f"{PREFIX}/vendors/square/secrets"
    theirs = json.dumps({"active": [{"kid": "theirs", "secret": "theirs", "notAfter": None}]})
    parameters = administration.secrets._parameters
    put = parameters._put

    def put_late(name: str, value: str) -> int:
        monkeypatch.undo()
        environment.client("ssm").put_parameter(Name=name, Value=theirs, Type="SecureString", Overwrite=True)
        return put(name, value)

    monkeypatch.setattr(parameters, "_put", put_late)
    with pytest.raises(CredentialError, match=r"at the same moment, and theirs stands\. Run the command again"):
        administration.secrets.add("square", "ours")
    assert environment.client("ssm").get_parameter(Name=name, WithDecryption=True)["Parameter"]["Value"] == theirs


def test_two_certificates_fit_and_more_is_refused(
    environment: Environment, administration: AwsCredentialsAdministration
) -> None:
    administration.secrets.add("square", "x" * 3_500)
    administration.secrets.rotate("square", HOUR, "y" * 3_500)
    (described,) = environment.client("ssm").describe_parameters(
        ParameterFilters=[{"Key": "Name", "Values": [f"{PREFIX}/vendors/square/secrets"]}]
    )["Parameters"]
    assert described["Tier"] == "Advanced"
    with pytest.raises(CredentialError, match=r"bytes, and 8192 are the most"):
        administration.secrets.add("shopify", "z" * 9_000)
    assert parameter(environment, "shopify") == {"active": []}


def test_a_lock_that_is_kept_is_waited_for_and_then_named(
    environment: Environment, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    deployment = AwsDeployment(environment.outputs, REGISTRY, clock)
    slept: list[float] = []
    monkeypatch.setattr(deployment._lock, "_sleep", slept.append)
    with AwsDeployment(environment.outputs, REGISTRY, clock)._lock.held():
        with pytest.raises(CredentialError, match="commands are at work here"):
            deployment.credentials.keys.add(Role.VENDOR, "vendorA")
        assert sum(slept) > 60
    assert deployment.credentials.keys.add(Role.VENDOR, "vendorA").key.startswith("dvss_")


def test_a_key_whose_command_lost_the_lock_is_not_made(
    environment: Environment,
    clock: ManualClock,
    administration: AwsCredentialsAdministration,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    create = administration.keys._gateway.create

    def late(issued: IssuedKey, plan_id: str, description: str) -> None:
        """Meanwhile a second command finds the lock old, mends and goes."""
        clock.at += 61 * SECOND
        administration_of(environment, clock).keys.mend()
        create(issued, plan_id, description)

    monkeypatch.setattr(administration.keys._gateway, "create", late)
    with pytest.raises(CredentialError, match="Another command has taken over the credentials"):
        administration.keys.add(Role.VENDOR, "vendorA")
    assert (environment.gateway_keys(), environment.items("key#"), environment.items("#keys")) == ({}, [], [])


def test_a_command_that_lost_the_lock_writes_nothing_more(
    environment: Environment,
    clock: ManualClock,
    administration: AwsCredentialsAdministration,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    issued = administration.keys.add(Role.VENDOR, "vendorA")
    in_force = administration.keys._in_force

    def late(key_id: str) -> Any:
        """Meanwhile a second command finds the lock old, and rotates the key."""
        found = in_force(key_id)
        clock.at += 61 * SECOND
        administration_of(environment, clock).keys.rotate(key_id, HOUR)
        return found

    monkeypatch.setattr(administration.keys, "_in_force", late)
    with pytest.raises(CredentialError, match="Another command has taken over the credentials"):
        administration.keys.revoke(issued.key_id)
    ends = {one.key_id: one.ends_at for one in administration.keys.entries()}
    assert ends[issued.key_id] == clock.at + HOUR

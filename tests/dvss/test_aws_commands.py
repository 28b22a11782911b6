"""The operator's whole walk on an environment on AWS: what is done there by functions, this process does on moto."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from generated.registry import REGISTRY
from tests.dvss.environment import deployed
from tests.dvss.functions import Functions, ingest_id, of_another_mapping, unmapped
from tests.dvss.program import dvss, envelope

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.dvss.environment import Environment
    from tests.dvss.functions import Run


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Environment]:
    """Published, with events of vendorA: two good, one quarantined for its payload, one for want of a mapping."""
    with pytest.MonkeyPatch.context() as monkeypatch, deployed(tmp_path_factory.mktemp("aws"), monkeypatch) as made:
        assert dvss("publish", "--deployment", made.path).code == 0
        key = dvss("key", "add", "vendorA", "--deployment", made.path).out.strip()
        functions = Functions(made)
        for one in (envelope("good", 1), envelope("other", 2), envelope("words", "two")):
            assert functions.post(key, one)[0] == 202
        functions.work()
        yield made


@pytest.fixture
def run(environment: Environment) -> Run:
    return lambda *arguments: dvss(*arguments, "--deployment", environment.path)


@pytest.fixture
def functions(environment: Environment) -> Functions:
    return Functions(environment)


def accepted(run: Run, functions: Functions, name: str) -> str:
    """A new event, not normalized yet: its ingest id."""
    key = run("key", "add", "vendorA").out.strip()
    status, answer = functions.post(key, envelope(name))
    assert status == 202
    return str(answer["ingestId"])


def test_a_revoked_key_is_refused_and_another_is_not(run: Run, functions: Functions) -> None:
    added = run("key", "add", "vendorA", "--json").document
    assert functions.post(added["key"], envelope("good", 1))[0] == 200
    assert run("key", "revoke", added["keyId"]).code == 0
    later = Functions(functions.environment)
    assert later.post(added["key"], envelope("good", 1))[0] == 401
    states = {one["id"]: one["state"] for one in run("key", "list", "--json").lines}
    assert states[added["keyId"]] == "ended"


def test_events_are_listed_and_narrowed(run: Run) -> None:
    listed = {one["externalEventId"]: one["status"] for one in run("events", "list", "--json").lines}
    assert (listed["good"], listed["words"]) == ("NORMALIZED", "FAILED_NORMALIZE")
    failed = run("events", "list", "--status", "failed_normalize", "--since", "1h", "--json").lines
    assert "good" not in {one["externalEventId"] for one in failed}
    assert run("events", "list", "--vendor", "square", "--json").lines == []
    assert "FAILED_NORMALIZE" in run("events", "list").out


def test_the_way_of_an_event_is_shown(run: Run, environment: Environment) -> None:
    shown = run("events", "show", ingest_id(run, "good"), "--json").document
    assert shown["raw"]["bucket"] == environment.outputs.raw_bucket
    assert shown["raw"]["intact"]
    assert [event["data"]["quantityOnHand"] for event in shown["canonicalEvents"]] == [1]
    assert (shown["outbox"], shown["conflicts"]) == ([], [])


def test_an_event_is_explained(run: Run) -> None:
    explained = run("explain", "good", "--vendor", "vendorA")
    assert explained.code == 0
    assert "mappings/vendorA.yaml:" in explained.out
    refused = run("explain", "words", "--vendor", "vendorA", "--json").document
    assert refused["now"]["reason"] == "PAYLOAD_INVALID"


def test_what_is_quarantined_is_listed_and_shown(run: Run) -> None:
    listed = {one["externalEventId"]: one for one in run("quarantine", "list", "--json").lines}
    assert listed["words"]["violations"][0]["pointer"] == "/qty"
    shown = run("quarantine", "show", listed["words"]["itemId"])
    assert "PAYLOAD_INVALID" in shown.out


def test_a_release_waits_for_the_lane(run: Run, functions: Functions) -> None:
    event = accepted(run, functions, "unmapped")
    functions.work(unmapped(functions))
    assert run("quarantine", "show", event, "--json").document["reason"] == "NO_MAPPING"
    with functions.at_work():
        released = run("quarantine", "release", event, "--json")
    assert (released.code, released.document["outcome"]) == (0, "NORMALIZED")
    with functions.at_work():
        again = run("quarantine", "release", ingest_id(run, "words"), "--json")
    assert (again.code, again.document["outcome"]) == (1, "FAILED_NORMALIZE")
    assert again.document["why"] == "PAYLOAD_INVALID /qty TYPE"


def test_a_lane_that_is_behind_is_left_with_the_event(
    run: Run, functions: Functions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dvss.aws.deployment.PATIENCE_SECONDS", 0.0)
    words = ingest_id(run, "words")
    released = run("quarantine", "release", words, "--json")
    assert (released.code, released.document["outcome"]) == (1, "LEFT")
    assert released.document["why"] == "left to the lane"
    assert run("events", "show", words, "--json").document["pending"]
    assert functions.work() == 1
    assert run("quarantine", "show", words, "--json").document["attempts"] > 1


def test_a_replay_is_previewed_and_waited_for(run: Run, functions: Functions, environment: Environment) -> None:
    good = ingest_id(run, "good")
    assert run("replay", good, "--json").document["outcome"] == "SAME_MAPPING"
    of_another_mapping(environment, "good")
    dry = run("replay", good, "--dry-run", "--json").document
    assert (dry["outcome"], functions.work()) == ("SAME", 0)
    with functions.at_work():
        replayed = run("replay", good, "--json")
    assert (replayed.code, replayed.document["outcome"], replayed.document["detail"]) == (
        0,
        "NORMALIZED",
        "same events",
    )
    assert run("events", "show", good, "--json").document["generation"] == 1


def test_a_window_is_replayed_many_at_once(run: Run, functions: Functions, environment: Environment) -> None:
    of_another_mapping(environment, "good")
    of_another_mapping(environment, "other")
    environment.calls.forget()
    with functions.at_work():
        replayed = run("replay", "--vendor", "vendorA", "--from", "1h", "--json")
    outcomes = {one["externalEventId"]: one["outcome"] for one in replayed.lines}
    assert (outcomes["good"], outcomes["other"], outcomes["words"]) == ("NORMALIZED", "NORMALIZED", "SAME_MAPPING")


def test_a_normalized_event_that_is_on_its_way_again_is_not_called_done(
    run: Run, functions: Functions, environment: Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dvss.aws.deployment.PATIENCE_SECONDS", 0.0)
    of_another_mapping(environment, "other")
    replayed = run("replay", ingest_id(run, "other"), "--json")
    assert (replayed.code, replayed.document["outcome"], replayed.document["detail"]) == (1, "LEFT", "left to the lane")
    assert functions.work() == 1


def test_the_deployed_contracts_are_exported_as_they_were_published(run: Run, tmp_path: Path) -> None:
    ran = run("mappings", "export", tmp_path / "deployed")
    assert f"of {len(REGISTRY.vendor_ids())} deployed mappings" in ran.err
    mapping = (tmp_path / "deployed" / "mappings" / "vendorA.yaml").read_text(encoding="utf-8")
    assert mapping == REGISTRY.contracts("vendorA")["mappings/vendorA.yaml"]
    listed = run("mappings", "list", "--json").lines
    assert {one["vendorId"] for one in listed if one["deployed"]} == set(REGISTRY.vendor_ids())


def test_an_audit_is_even_and_names_what_is_gone(run: Run, environment: Environment) -> None:
    whole = run("audit", "--json")
    assert (whole.code, whole.document["findings"], whole.document["feedEntries"]) == (0, [], None)
    assert whole.document["events"] == sum(one["raw"] for one in whole.document["balances"]) > 0
    shown = run("events", "show", ingest_id(run, "good"), "--json").document
    where = {"Bucket": environment.outputs.raw_bucket, "Key": shown["raw"]["key"]}
    s3 = environment.client("s3")
    stored = s3.get_object(**where)
    body = stored["Body"].read()
    s3.delete_object(**where)
    gone = run("audit", "--vendor", "vendorA", "--from", "1h")
    s3.put_object(**where, Body=body, Metadata=stored["Metadata"])
    assert (gone.code, "RAW_MISSING" in gone.out, "uneven" in gone.out) == (1, True, True)
    assert "the event bus keeps nothing" in gone.out
    assert run("audit").code == 0


@pytest.mark.parametrize("command", [("events", "tail")])
def test_what_is_of_one_machine_says_so(run: Run, command: tuple[str, ...]) -> None:
    ran = run(*command)
    assert ran.code == 2
    assert "of one machine" in ran.err


def test_the_variable_names_the_deployment(environment: Environment, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DVSS_DEPLOYMENT", str(environment.path))
    assert dvss("events", "list", "--vendor", "vendorA", "--limit", 1, "--json").lines

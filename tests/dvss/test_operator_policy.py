"""The policy on the run book's page is what the commands need, and no more."""

from __future__ import annotations

import json
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from tests.docs.markdown import ROOT
from tests.dvss.environment import ENVIRONMENT, REGION, deployed
from tests.dvss.functions import Functions, ingest_id, of_another_mapping, unmapped
from tests.dvss.program import dvss, envelope

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.dvss.environment import Calls, Environment
    from tests.dvss.program import Ran

ACCOUNT = "123456789012"
WRITES = {"Put": "PutItem", "Update": "UpdateItem", "Delete": "DeleteItem"}

OBJECT_ACTIONS = {"HeadObject": "GetObject"}

type Use = tuple[str, str]
"""An action and the resource that it was for."""


LOOKING = 4
"""So many statements, the page says, are enough to look."""


def policy(statements: int | None = None) -> list[Use]:
    """Every pair of action and resource that the first statements of the page allow."""
    text = (ROOT / "docs/spec/operator-policy.json").read_text(encoding="utf-8")
    for name, value in {"REGION": REGION, "ACCOUNT": ACCOUNT, "ENV": ENVIRONMENT}.items():
        text = text.replace(name, value)
    return [
        (action, resource)
        for statement in json.loads(text)["Statement"][:statements]
        for action in listed(statement["Action"])
        for resource in listed(statement["Resource"])
    ]


def listed(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value


def uses(calls: Calls) -> Iterator[Use]:
    """What IAM would have been asked."""
    for operation, request in zip(calls.made, calls.requests, strict=True):
        service, _, name = operation.partition(".")
        url = urlsplit(str(request.url))
        body: Any = json.loads(request.body) if service in {"dynamodb", "ssm", "eventbridge"} else {}  # type: ignore[arg-type]
        match service:
            case "dynamodb":
                yield from tables(name, body)
            case "ssm":
                path = body["Name"].partition(":")[0]
                yield f"ssm:{name}", f"arn:aws:ssm:{REGION}:{ACCOUNT}:parameter{path}"
            case "eventbridge":
                for entry in body["Entries"]:
                    assert entry["Source"] == "dvss.ingest", "the policy has a condition on it"
                    yield "events:PutEvents", f"arn:aws:events:{REGION}:{ACCOUNT}:event-bus/{entry['EventBusName']}"
            case "api-gateway":
                yield f"apigateway:{request.method}", f"arn:aws:apigateway:{REGION}::{unquote(url.path)}"
            case "s3":
                version = "Version" if "versionId" in parse_qs(url.query) else ""
                bucket = f"arn:aws:s3:::{url.netloc.partition('.')[0]}"
                if name != "ListObjectsV2":
                    yield f"s3:{OBJECT_ACTIONS.get(name, name)}{version}", bucket + unquote(url.path)
                # S3 asks for it before it says that there is no such object; without it everything is forbidden.
                yield "s3:ListBucket", bucket
            case _:
                pytest.fail(f"no policy knows {operation}")


def tables(name: str, body: dict[str, Any]) -> Iterator[Use]:
    prefix = f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/"
    if name == "TransactWriteItems":
        for item in body["TransactItems"]:
            ((kind, write),) = item.items()
            yield f"dynamodb:{WRITES[kind]}", prefix + write["TableName"]
    elif name == "BatchGetItem":
        for table in body["RequestItems"]:
            yield "dynamodb:BatchGetItem", prefix + table
    else:
        index = f"/index/{body['IndexName']}" if "IndexName" in body else ""
        yield f"dynamodb:{name}", prefix + body["TableName"] + index


def refused(uses: set[Use], allowed: list[Use]) -> list[Use]:
    return [
        use
        for use in sorted(uses)
        if not any(use[0] == action and fnmatchcase(use[1], resource) for action, resource in allowed)
    ]


class Operator:
    """Runs commands and remembers what they asked of AWS; the functions' own calls do not count."""

    def __init__(self, environment: Environment) -> None:
        self.environment = environment
        self.uses: set[Use] = set()

    def look(self, *arguments: object) -> Ran:
        """Run a command that changes nothing."""
        before = self.uses
        self.uses = set()
        ran = self.run(*arguments)
        assert refused(self.uses, policy(LOOKING)) == []
        self.uses |= before
        return ran

    def run(self, *arguments: object) -> Ran:
        self.environment.calls.forget()
        ran = dvss(*arguments, "--deployment", self.environment.path)
        self.uses |= set(uses(self.environment.calls))
        assert "Traceback" not in ran.err
        return ran


@pytest.fixture
def operator(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Operator]:
    monkeypatch.setattr("dvss.aws.deployment.PATIENCE_SECONDS", 0.0)
    with deployed(tmp_path, monkeypatch) as environment:
        yield Operator(environment)


def walk(operator: Operator) -> None:
    """Every command, in every way that asks for something else."""
    run, environment = operator.run, operator.environment
    assert run("publish").code == 0
    key = run("key", "add", "vendorA", "--json").document
    functions = Functions(environment)
    for document in (envelope("good"), envelope("good", 99), envelope("words", "two"), envelope("unmapped")):
        functions.post(key["key"], document)
    functions.work(unmapped(functions))
    functions = Functions(environment)
    for one in ("good", "words"):
        run("quarantine", "release", ingest_id(run, one))
    functions.work()
    for command in (("events", "list"), ("events", "list", "--vendor", "vendorA", "--since", "1h")):
        assert operator.look(*command, "--json").lines
    for one in ("good", "words"):
        assert operator.look("events", "show", one, "--vendor", "vendorA").code == 0
        assert operator.look("explain", ingest_id(run, one)).code == 0
    (conflict,) = (
        one["itemId"] for one in operator.look("quarantine", "list", "--json").lines if one["itemId"].startswith("C#")
    )
    assert operator.look("quarantine", "show", conflict).code == 0
    assert run("quarantine", "release", conflict, "--correction", "--json").document["outcome"] == "LEFT"
    functions.work()
    of_another_mapping(environment, "good")
    assert operator.look("replay", ingest_id(run, "good"), "--dry-run").code == 0
    run("replay", "--vendor", "vendorA", "--from", "1h")
    functions.work()
    assert operator.look("audit").code == 0
    for name in ("list", "export"):
        assert (
            operator.look(
                "mappings", name, *([environment.path.with_name("deployed")] if name == "export" else [])
            ).code
            == 0
        )
    rotated = run("key", "rotate", key["keyId"], "--grace-hours", 0, "--json").document
    secret = run("key", "add", "woocommerce", "--json").document
    secret = run("key", "rotate", secret["secretId"], "--json").document
    assert run("key", "list").code == 0
    for one in (rotated["keyId"], secret["secretId"]):
        assert run("key", "revoke", one).code == 0
    move_to_another_plan(operator)


def move_to_another_plan(operator: Operator) -> None:
    """A deployment after which vendorA's requests count against another usage plan."""
    assert operator.run("key", "add", "vendorA").code == 0
    path = operator.environment.path
    plans = dict(operator.environment.outputs.usage_plan_ids)
    other = operator.environment.client("apigateway").create_usage_plan(name="other")["id"]
    moved = operator.environment.with_outputs(path.with_name("moved.json"), usage_plan_ids=dict.fromkeys(plans, other))
    operator.environment.calls.forget()
    assert dvss("publish", "--deployment", moved).code == 0
    operator.uses |= set(uses(operator.environment.calls))


def test_the_commands_need_what_the_policy_allows_and_no_more(operator: Operator) -> None:
    walk(operator)
    allowed = policy()
    assert refused(operator.uses, allowed) == []
    actions = {action for action, _ in allowed}
    assert actions == {action for action, _ in operator.uses}
    resources = {resource for _, resource in allowed}
    assert [one for one in sorted(resources) if not any(fnmatchcase(used, one) for _, used in operator.uses)] == []

"""Compares what the functions' roles are granted with what they called, and shows that a missing grant is missed."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from tests.e2e.emulator.calls import Call
from tests.e2e.target import Target

_UNUSED = Path(__file__).with_name("unused_grants.json")


@dataclass(frozen=True, order=True)
class Grant:
    """One action on one pattern of resources, granted to a function's role."""

    function: str
    action: str
    resource: str


def granted(target: Target) -> set[Grant]:
    """Every allowed action of every function's role, as applied."""
    return {
        Grant(function, action, resource)
        for function, role in _roles(target).items()
        for _, document in _policies(target, role)
        for statement in _listed(document["Statement"])
        if statement["Effect"] == "Allow"
        for action in _listed(statement["Action"])
        for resource in _listed(statement["Resource"])
    }


def problems(target: Target, calls: Sequence[Call]) -> list[str]:
    """Grants that no call used and no reason excuses, reasons that are out of date, and wildcards."""
    grants, roles = granted(target), _roles(target)
    unused = {grant for grant in grants if not any(_covers(grant, roles[grant.function], call) for call in calls)}
    excuses = json.loads(_UNUSED.read_text(encoding="utf-8"))
    found = [
        f"{grant.function} is granted {grant.action} on {grant.resource}, which nothing has used"
        for grant in sorted(unused)
        if not any(_excuses(excuse, grant) for excuse in excuses)
    ]
    found += [
        f"{excuse['function']}: {excuse['action']} is used or not granted; its reason in {_UNUSED.name} is out of date"
        for excuse in excuses
        if not any(_excuses(excuse, grant) for grant in unused)
    ]
    return found + [
        f"{grant.function} is granted a wildcard: {grant.action}" for grant in grants if "*" in grant.action
    ]


def _excuses(excuse: dict[str, str], grant: Grant) -> bool:
    named = (excuse["function"], excuse["action"]) == (grant.function, grant.action)
    return named and fnmatchcase(grant.resource, excuse["on"])


@contextmanager
def without(target: Target, function: str, action: str) -> Iterator[None]:
    """The deployment, its role lacking one action until the block ends."""
    iam, role = target.client("iam"), _roles(target)[function]
    before = list(_policies(target, role))
    try:
        for name, document in before:
            less = {**document, "Statement": _statements_without(document, action)}
            iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=json.dumps(less))
        yield
    finally:
        for name, document in before:
            iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=json.dumps(document))


def _statements_without(document: dict[str, Any], action: str) -> list[dict[str, Any]]:
    statements = []
    for statement in _listed(document["Statement"]):
        actions = [one for one in _listed(statement["Action"]) if one != action]
        if actions:
            statements.append({**statement, "Action": actions})
    return statements


def _covers(grant: Grant, role: str, call: Call) -> bool:
    return (
        call.allowed
        and (call.role, call.action) == (role, grant.action)
        and fnmatchcase(call.resource, grant.resource.replace("[", "[[]"))
    )


def _roles(target: Target) -> dict[str, str]:
    return {name: function["name"] for name, function in target.outputs["functions"].items()}


def _policies(target: Target, role: str) -> Iterator[tuple[str, dict[str, Any]]]:
    iam = target.client("iam")
    for name in iam.list_role_policies(RoleName=role)["PolicyNames"]:
        yield name, iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
    attached = iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"]
    if attached:
        message = f"{role} has policies from elsewhere, which are not compared: {attached}"
        raise ValueError(message)


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]

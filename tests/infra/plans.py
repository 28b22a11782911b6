"""What a plan says, as the tests ask it; and what the components below have given, as the tests make it up."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tests.infra.terraform import ACCOUNT, REGION

if TYPE_CHECKING:
    from collections.abc import Iterator

type Plan = dict[str, Any]

TABLES = ("canonical-state", "divergence", "ingest-records", "outbox", "quarantine", "vendor-mappings")
BUCKETS = ("inbox", "normalized", "raw")
LANES = ("live", "replay")


def resources(plan: Plan, kind: str) -> dict[str, dict[str, Any]]:
    """The planned values of every resource of a type, by its address."""
    return {
        one["address"]: one["values"]
        for one in _all(plan["planned_values"]["root_module"])
        if one["type"] == kind and one["mode"] == "managed"
    }


def _all(module: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield from module.get("resources", ())
    for child in module.get("child_modules", ()):
        yield from _all(child)


def only(plan: Plan, kind: str) -> dict[str, Any]:
    """The planned values of the one resource of a type."""
    (found,) = resources(plan, kind).values()
    return found


def role_statements(plan: Plan) -> dict[str, list[dict[str, Any]]]:
    """The statements of every role's policies, by the role's name; a role's name is known before it is made."""
    names = {address.rsplit(".", 2)[0]: role["name"] for address, role in resources(plan, "aws_iam_role").items()}
    found: dict[str, list[dict[str, Any]]] = {}
    for address, policy in resources(plan, "aws_iam_role_policy").items():
        found.setdefault(names[address.rsplit(".", 2)[0]], []).extend(statements(policy["policy"]))
    return found


def statements(policy: str) -> list[dict[str, Any]]:
    """The statements of a policy, actions and resources always as lists."""
    listed = json.loads(policy)["Statement"]
    return [
        one | {key: as_list(one[key]) for key in ("Action", "Resource") if key in one}
        for one in ([listed] if isinstance(listed, dict) else listed)
    ]


def as_list(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value


def network_outputs(*, has_vpc: bool) -> dict[str, Any]:
    return {
        "subnet_ids": ["subnet-1", "subnet-2"] if has_vpc else [],
        "security_group_ids": ["sg-1"] if has_vpc else [],
    }


def stateful_outputs(environment: str) -> dict[str, Any]:
    """What 02-stateful-resources gives once it is applied."""

    def queue(name: str) -> dict[str, Any]:
        full = f"dvss-{name}-{environment}"
        return {
            "name": full,
            "arn": f"arn:aws:sqs:{REGION}:{ACCOUNT}:{full}",
            "url": f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/{full}",
        }

    queues = {name: queue(name) for name in (*LANES, "live-dlq", "replay-dlq", "undelivered")}
    buckets = {name: f"dvss-{name}-{environment}-{ACCOUNT}" for name in BUCKETS}
    lanes = {
        lane: queues[lane] | {"visibility_timeout_seconds": 180, "dead_letter_name": queues[f"{lane}-dlq"]["name"]}
        for lane in LANES
    }
    return {
        "environment": environment,
        "region": REGION,
        "bucket_arns": {name: f"arn:aws:s3:::{bucket}" for name, bucket in buckets.items()},
        "table_arns": {name: f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/dvss-{name}-{environment}" for name in TABLES},
        "lane_queues": lanes,
        "undelivered_queue": queues["undelivered"],
        "live_queue_url": queues["live"]["url"],
        "replay_queue_url": queues["replay"]["url"],
        "live_dlq_url": queues["live-dlq"]["url"],
        "replay_dlq_url": queues["replay-dlq"]["url"],
        "undelivered_queue_url": queues["undelivered"]["url"],
        **{f"{name}_bucket": bucket for name, bucket in buckets.items()},
        **{f"{name.replace('-', '_')}_table": f"dvss-{name}-{environment}" for name in TABLES},
    }


def application_outputs(environment: str) -> dict[str, Any]:
    """What 04-observability reads of 03-application once that is applied."""
    timeouts = {"ingest": 15, "normalize": 30, "replay": 300, "steward": 50}
    return {
        "functions": {
            name: {
                "name": f"dvss-{name}-{environment}",
                "log_group": f"/aws/lambda/dvss-{name}-{environment}",
                "timeout_seconds": timeout,
            }
            for name, timeout in timeouts.items()
        },
        "rest_api_name": f"dvss-{environment}",
        "stage": environment,
        "metrics_namespace": "dvss",
    }

"""What is still there after everything was destroyed."""

from collections.abc import Callable
from typing import Any

from tests.e2e.emulator.launch import Emulator

type Listing = tuple[str, str, Callable[[Any], list[str]]]

# Service, operation that lists, and the names in its answer.
_LISTINGS: list[Listing] = [
    ("s3", "list_buckets", lambda answer: [one["Name"] for one in answer["Buckets"]]),
    ("dynamodb", "list_tables", lambda answer: answer["TableNames"]),
    ("sqs", "list_queues", lambda answer: answer.get("QueueUrls", [])),
    ("lambda", "list_functions", lambda answer: [one["FunctionArn"] for one in answer["Functions"]]),
    ("lambda", "list_event_source_mappings", lambda answer: [one["UUID"] for one in answer["EventSourceMappings"]]),
    ("iam", "list_roles", lambda answer: [one["Arn"] for one in answer["Roles"]]),
    ("apigateway", "get_rest_apis", lambda answer: [one["id"] for one in answer["items"]]),
    ("apigateway", "get_usage_plans", lambda answer: [one["name"] for one in answer["items"]]),
    ("apigateway", "get_api_keys", lambda answer: [one["name"] for one in answer["items"]]),
    ("events", "list_event_buses", lambda answer: [one["Name"] for one in answer["EventBuses"]]),
    ("events", "list_rules", lambda answer: [one["Name"] for one in answer["Rules"]]),
    ("ssm", "describe_parameters", lambda answer: [one["Name"] for one in answer["Parameters"]]),
    ("logs", "describe_log_groups", lambda answer: [one["logGroupName"] for one in answer["logGroups"]]),
    ("cloudwatch", "describe_alarms", lambda answer: [one["AlarmName"] for one in answer["MetricAlarms"]]),
    ("cloudwatch", "list_dashboards", lambda answer: [one["DashboardName"] for one in answer["DashboardEntries"]]),
    ("sns", "list_topics", lambda answer: [one["TopicArn"] for one in answer["Topics"]]),
    ("ecr", "describe_repositories", lambda answer: [one["repositoryName"] for one in answer["repositories"]]),
]


def leftovers(emulator: Emulator, state_bucket: str) -> list[str]:
    """Every resource that is neither AWS's own nor the bucket of the states, which outlives deployments."""
    found = [
        f"{service}: {name}"
        for service, operation, names in _LISTINGS
        for name in names(getattr(emulator.client(service), operation)())
    ]
    known = {f"s3: {state_bucket}", "events: default"}
    return [one for one in found if one not in known]

"""What rings and what is shown, against what the functions send."""

from __future__ import annotations

import re
from typing import Any

import pytest

from handlers.aws.telemetry import NAMESPACE
from handlers.series import COUNTERS, TIMINGS
from tests.infra.plans import Plan, only, resources

# Making plans, and starting the provider, takes its time where much else runs.
pytestmark = pytest.mark.timeout(900)

type Plans = dict[tuple[str, str], Plan]

DIMENSIONS = {name: dimensions for series in (COUNTERS, TIMINGS) for name, (_, dimensions) in series.items()}
QUERY = re.compile(r'SELECT SUM\("(.+)"\) FROM SCHEMA\("(.+)", (.+)\)')


def alarms(planned: Plans) -> list[dict[str, Any]]:
    return list(resources(planned["04-observability", "dev"], "aws_cloudwatch_metric_alarm").values())


def test_an_alarm_on_a_metric_of_ours_names_all_its_dimensions(planned: Plans) -> None:
    own = [one for one in alarms(planned) if one["namespace"] == NAMESPACE]
    assert {one["metric_name"] for one in own} == {
        *(f"dvss.steward.{name}" for name in ("resent", "republished", "parked")),
        "dvss.audit.findings",
    }
    for one in own:
        assert set(one["dimensions"] or {}) == set(DIMENSIONS[one["metric_name"]])


def test_a_sweep_or_an_audit_that_is_not_heard_of_rings(planned: Plans) -> None:
    # Each by a number of its own: both run in one function, whose invocations would tell of either.
    silent = {one["metric_name"]: one for one in alarms(planned) if one["statistic"] == "SampleCount"}
    assert silent.keys() == {"dvss.steward.resent", "dvss.audit.findings"}
    for one in silent.values():
        assert (one["comparison_operator"], one["treat_missing_data"]) == ("LessThanThreshold", "breaching")


def test_failures_are_counted_over_all_reasons(planned: Plans) -> None:
    expressions = [query["expression"] or "" for one in alarms(planned) for query in one["metric_query"]]
    found = [query.groups() for query in map(QUERY.fullmatch, expressions) if query]
    name = "dvss.normalize.failed"
    assert found == [(name, NAMESPACE, ", ".join(DIMENSIONS[name]))]


def test_the_dashboard_shows_every_metric_of_ours_and_no_other(planned: Plans) -> None:
    body = only(planned["04-observability", "dev"], "aws_cloudwatch_dashboard")["dashboard_body"]
    assert set(re.findall(r"dvss\.[a-z]+\.[a-z_]+", body)) == DIMENSIONS.keys()


def test_the_functions_are_told_the_namespace_that_is_looked_at(planned: Plans) -> None:
    outputs = planned["03-application", "dev"]["planned_values"]["outputs"]
    assert outputs["metrics_namespace"]["value"] == NAMESPACE

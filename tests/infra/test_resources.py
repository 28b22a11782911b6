"""What the plans of dev and prod make: tables as designed, lanes that lose nothing, locks where data must stay."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.infra.plans import (
    BUCKETS,
    LANES,
    Plan,
    application_outputs,
    network_outputs,
    only,
    resources,
    stateful_outputs,
)
from tests.infra.terraform import ACCOUNT, PUBLIC_URL, ROOT

# Making plans, and starting the provider, takes its time where much else runs.
pytestmark = pytest.mark.timeout(900)

type Plans = dict[tuple[str, str], Plan]

STATEFUL, APPLICATION = "02-stateful-resources", "03-application"
KEYS = {
    "canonical-state": ("pk", "sk"),
    "divergence": ("vendorId", "divergenceId"),
    "ingest-records": ("vendorId", "externalEventId"),
    "outbox": ("pk", "sk"),
    "quarantine": ("vendorId", "itemId"),
    "vendor-mappings": ("vendorId", "mappingVersion"),
}
INDEXES = {"ingest-records": {"byDispatch": ("dispatch", "dispatchAt"), "byIngestId": ("idShard", "ingestId")}}
OUTPUTS = {
    "api_url", "stage", "rest_api_id", "usage_plan_ids", "ingest_function", "normalize_function", "replay_function",
    "steward_function", "raw_bucket", "normalized_bucket", "inbox_bucket", "ingest_records_table",
    "vendor_mappings_table", "quarantine_table", "outbox_table", "canonical_state_table", "divergence_table",
    "event_bus", "live_queue_url", "replay_queue_url", "live_dlq_url", "replay_dlq_url", "undelivered_queue_url",
    "parameter_prefix", "region", "environment",
}  # fmt: skip
"""What `dvss --deployment` and the end-to-end tests read."""
VARIABLES = {
    "DVSS_ENVIRONMENT": "prod",
    "DVSS_PUBLIC_URL": PUBLIC_URL,
    "DVSS_RAW_BUCKET": f"dvss-raw-prod-{ACCOUNT}",
    "DVSS_NORMALIZED_BUCKET": f"dvss-normalized-prod-{ACCOUNT}",
    "DVSS_INGEST_RECORDS_TABLE": "dvss-ingest-records-prod",
    "DVSS_VENDOR_MAPPINGS_TABLE": "dvss-vendor-mappings-prod",
    "DVSS_QUARANTINE_TABLE": "dvss-quarantine-prod",
    "DVSS_OUTBOX_TABLE": "dvss-outbox-prod",
    "DVSS_EVENT_BUS": "dvss-prod",
    "DVSS_PARAMETER_PREFIX": "/dvss/prod",
    "DVSS_LIVE_QUEUE": "dvss-live-prod",
    "DVSS_REPLAY_QUEUE": "dvss-replay-prod",
    "POWERTOOLS_SERVICE_NAME": "dvss-prod",
    "POWERTOOLS_METRICS_NAMESPACE": "dvss",
    "POWERTOOLS_LOG_LEVEL": "INFO",
}


@pytest.mark.parametrize("stage", ["dev", "prod"])
def test_tables_have_the_keys_and_indexes_that_the_adapters_use(planned: Plans, stage: str) -> None:
    tables = resources(planned[STATEFUL, stage], "aws_dynamodb_table").values()
    keys = {one["name"]: (one["hash_key"], one["range_key"]) for one in tables}
    assert keys == {f"dvss-{name}-{stage}": pair for name, pair in KEYS.items()}
    for one in tables:
        name = one["name"].removeprefix("dvss-").removesuffix(f"-{stage}")
        indexes = one["global_secondary_index"]
        assert {index["name"]: (index["hash_key"], index["range_key"]) for index in indexes} == INDEXES.get(name, {})
        assert {index["projection_type"] for index in indexes} <= {"KEYS_ONLY"}
        assert {attribute["type"] for attribute in one["attribute"]} == {"S"}
        assert one["billing_mode"] == "PAY_PER_REQUEST"
        assert one["point_in_time_recovery"][0]["enabled"]


@pytest.mark.parametrize(("stage", "is_protected"), [("dev", False), ("prod", True)])
def test_data_is_protected_in_prod_and_can_be_destroyed_in_dev(planned: Plans, stage: str, is_protected: bool) -> None:
    plan = planned[STATEFUL, stage]
    buckets = {one["bucket"].split("-")[1]: one for one in resources(plan, "aws_s3_bucket").values()}
    assert buckets.keys() == set(BUCKETS)
    assert {one["force_destroy"] for one in buckets.values()} == {not is_protected}
    assert {name for name, one in buckets.items() if one["object_lock_enabled"]} == ({"raw"} if is_protected else set())
    locks = resources(plan, "aws_s3_bucket_object_lock_configuration")
    retention = [one["rule"][0]["default_retention"][0] for one in locks.values()]
    assert [(one["mode"], one["days"]) for one in retention] == ([("GOVERNANCE", 365)] if is_protected else [])
    tables = resources(plan, "aws_dynamodb_table").values()
    assert {one["deletion_protection_enabled"] for one in tables} == {is_protected}


def test_no_normalized_or_raw_object_ever_expires(planned: Plans) -> None:
    for address, one in resources(planned[STATEFUL, "prod"], "aws_s3_bucket_lifecycle_configuration").items():
        expiring = [rule for rule in one["rule"] if rule["expiration"] or rule["noncurrent_version_expiration"]]
        assert bool(expiring) == ("inbox" in address)
        assert any(rule["abort_incomplete_multipart_upload"] for rule in one["rule"])


def test_a_lane_has_its_rule_and_says_what_becomes_of_what_it_cannot_deliver(planned: Plans) -> None:
    plan = planned[APPLICATION, "dev"]
    undelivered = stateful_outputs("dev")["undelivered_queue"]["arn"]
    patterns = {
        one["name"]: json.loads(one["event_pattern"])
        for one in resources(plan, "aws_cloudwatch_event_rule").values()
        if one["event_pattern"]
    }
    assert patterns == {
        f"dvss-{lane}-dev": {"source": ["dvss.ingest"], "detail-type": ["ingest.accepted"], "detail": {"lane": [lane]}}
        for lane in LANES
    }
    targets = {one["rule"]: one for one in resources(plan, "aws_cloudwatch_event_target").values()}
    scheduled: dict[str, Any] = {"dvss-steward-dev": None, "dvss-audit-dev": {"audit": {}}}
    assert targets.keys() == {*patterns, *scheduled}
    for rule, given in scheduled.items():
        assert json.loads(targets[rule]["input"] or "null") == given
    for rule, target in targets.items():
        retry = target["retry_policy"][0]
        assert target["dead_letter_config"] == [{"arn": undelivered}]
        assert retry == (
            {"maximum_event_age_in_seconds": 60, "maximum_retry_attempts": 0}
            if rule in scheduled
            else {"maximum_event_age_in_seconds": 86400, "maximum_retry_attempts": 185}
        )


def test_a_message_that_fails_does_not_bring_its_batch_back(planned: Plans) -> None:
    mappings = {
        one["event_source_arn"].split(":")[-1]: one
        for one in resources(planned[APPLICATION, "dev"], "aws_lambda_event_source_mapping").values()
    }
    assert {one["function_response_types"][0] for one in mappings.values()} == {"ReportBatchItemFailures"}
    assert {one["batch_size"] for one in mappings.values()} == {10}
    live, replay = (mappings[f"dvss-{lane}-dev"] for lane in LANES)
    assert replay["scaling_config"][0]["maximum_concurrency"] < live["scaling_config"][0]["maximum_concurrency"]
    assert live["maximum_batching_window_in_seconds"] == 0


def test_every_function_is_told_the_same_and_runs_as_it_is_packaged(planned: Plans) -> None:
    functions = resources(planned[APPLICATION, "dev"], "aws_lambda_function").values()
    assert {one["function_name"] for one in functions} == {
        f"dvss-{name}-dev" for name in ("ingest", "normalize", "replay", "steward")
    }
    for one in functions:
        name = one["function_name"].split("-")[1]
        assert one["handler"] == f"handlers.functions.{name}.handler"
        assert (one["runtime"], one["architectures"], one["memory_size"]) == ("python3.13", ["arm64"], 512)
        assert one["tracing_config"] == [{"mode": "Active"}]
        assert one["reserved_concurrent_executions"] > 0
        assert one["source_code_hash"]
        assert bool(one["dead_letter_config"]) == (name == "steward")


def test_the_functions_variables_are_those_of_the_design(planned: Plans) -> None:
    # In dev the API's own URL is among them, which is known once the API is there.
    for one in resources(planned[APPLICATION, "prod"], "aws_lambda_function").values():
        assert one["environment"][0]["variables"] == VARIABLES


def test_in_prod_the_functions_run_in_the_vpc_below(planned: Plans) -> None:
    network = network_outputs(has_vpc=True)
    for one in resources(planned[APPLICATION, "prod"], "aws_lambda_function").values():
        assert one["vpc_config"][0]["subnet_ids"] == network["subnet_ids"]
        assert one["vpc_config"][0]["security_group_ids"] == network["security_group_ids"]
    assert all(
        one["vpc_config"] == [] for one in resources(planned[APPLICATION, "dev"], "aws_lambda_function").values()
    )


def test_the_api_is_that_of_the_generated_document(planned: Plans) -> None:
    api = only(planned[APPLICATION, "dev"], "aws_api_gateway_rest_api")
    template = (ROOT / "generated" / "gateway.json").read_text(encoding="utf-8")
    document = json.loads(api["body"])
    uris = {
        one["x-amazon-apigateway-integration"]["uri"] for item in document["paths"].values() for one in item.values()
    }
    assert len(uris) == 1
    assert document == json.loads(template.replace("${ingest_invoke_arn}", uris.pop()))
    assert document["x-amazon-apigateway-binary-media-types"] == ["*/*"]
    assert api["fail_on_warnings"]


def test_each_tier_of_limits_is_a_usage_plan_and_each_signing_vendor_has_a_place_for_secrets(planned: Plans) -> None:
    given = json.loads((ROOT / "generated" / "vendors.auto.tfvars.json").read_text(encoding="utf-8"))
    plan = planned[APPLICATION, "dev"]
    limits = {
        one["name"]: {
            "requests_per_second": one["throttle_settings"][0]["rate_limit"],
            "burst": one["throttle_settings"][0]["burst_limit"],
        }
        for one in resources(plan, "aws_api_gateway_usage_plan").values()
    }
    assert limits == {f"dvss-{name}-dev": limit for name, limit in given["usage_plans"].items()}
    parameters = resources(plan, "aws_ssm_parameter").values()
    signing = {f"/dvss/dev/{one['secrets_parameter']}" for one in given["vendors"].values() if one["secrets_parameter"]}
    assert {one["name"] for one in parameters} == signing | {"/dvss/dev/token-key"}
    assert {one["type"] for one in parameters} == {"SecureString"}


def test_no_key_and_no_secret_comes_into_a_state(planned: Plans) -> None:
    for plan in planned.values():
        assert resources(plan, "aws_api_gateway_api_key") == {}
        for one in resources(plan, "aws_ssm_parameter").values():
            assert (one.get("value"), one.get("value_wo"), one["value_wo_version"]) == (None, None, 1)


def test_every_resource_carries_the_tags_that_the_bill_is_split_by(planned: Plans) -> None:
    for (component, stage), plan in planned.items():
        wanted = {"Component": component, "CostCenter": f"dvss-{stage}", "Environment": stage, "Project": "dvss"}
        for one in everything(plan):
            tags = one["values"].get("tags_all", wanted)
            assert {name: tags.get(name) for name in wanted} == wanted, one["address"]


def everything(plan: Plan) -> list[dict[str, Any]]:
    modules, found = [plan["planned_values"]["root_module"]], []
    while modules:
        module = modules.pop()
        modules += module.get("child_modules", ())
        found += [one for one in module.get("resources", ()) if one["mode"] == "managed" and "values" in one]
    return found


def test_the_components_give_what_is_read_of_them_each_name_once(planned: Plans) -> None:
    given = [
        name for (_, stage), plan in planned.items() if stage == "dev" for name in plan["planned_values"]["outputs"]
    ]
    assert len(given) == len(set(given))
    assert set(given) >= OUTPUTS


def test_what_these_tests_make_up_is_what_the_components_give(planned: Plans) -> None:
    def outputs(component: str, stage: str) -> dict[str, Any]:
        return {name: one.get("value") for name, one in planned[component, stage]["planned_values"]["outputs"].items()}

    assert network_outputs(has_vpc=True).keys() == outputs("01-network", "prod").keys()
    assert stateful_outputs("dev").keys() == outputs(STATEFUL, "dev").keys()
    known = outputs(APPLICATION, "dev")
    assert {name: known[name] for name in application_outputs("dev")} == application_outputs("dev")


def test_names_end_in_the_environment(planned: Plans) -> None:
    named = {"bucket", "dashboard_name", "function_name", "group_name", "alarm_name"}
    for (_, stage), plan in planned.items():
        for one in everything(plan):
            for key in named & one["values"].keys():
                assert f"-{stage}" in (one["values"][key] or f"-{stage}"), one["address"]

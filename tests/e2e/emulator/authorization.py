"""The parts of IAM that the emulator leaves out, evaluated by its own engine; and a record of what each role calls.

Each gap is closed because without it the suite would pass where AWS refuses:
- the condition keys `events:source`, `events:detail-type`, `s3:if-none-match` and `s3:ObjectCreationOperation` have
  no value;
- an object that is missing is said to be missing to who may not list, where S3 says that access is denied;
- rules deliver to queues and API Gateway and rules invoke functions without asking the resource's policy;
- what a rule cannot deliver is dropped, not sent to the target's dead-letter queue.
"""

import json
from typing import Any

from ministack.core import iam_actions, iam_evaluator
from ministack.core.arn import execute_api_arn
from ministack.services import apigateway_v1, eventbridge, lambda_svc, s3, sqs

from tests.e2e.emulator.calls import Call, CallLog

_READS = ("s3:GetObject", "s3:GetObjectVersion")
_EVENTS = "events.amazonaws.com"
_ENTRIES = "entries"


def install(log: CallLog) -> None:
    """Change the emulator in this process; what roles call is written to the log."""
    _know_entries()
    _record_calls(log)
    _hide_what_is_missing()
    _know_conditional_puts()
    _ask_policies_of_targets()
    _ask_policies_of_integrations()


def _record_calls(log: CallLog) -> None:
    enforce = iam_evaluator.enforce

    def recording(access_key_id: str, iam_action: str, *request: Any, resource_arn: str = "*", **more: Any) -> Any:
        decision = enforce(access_key_id, iam_action, *request, resource_arn=resource_arn, **more)
        session = _session(access_key_id)
        if session is not None and not isinstance(decision, iam_evaluator.AuthError):
            log.add(Call(_role_of(session), iam_action, resource_arn, decision is None))
        return decision

    iam_evaluator.enforce = recording


def _hide_what_is_missing() -> None:
    enforce = iam_evaluator.enforce

    def enforce_for_missing(
        access_key_id: str, iam_action: str, *request: Any, resource_arn: str = "*", **more: Any
    ) -> Any:
        denied = enforce(access_key_id, iam_action, *request, resource_arn=resource_arn, **more)
        if denied is None and iam_action in _READS and _is_missing(resource_arn):
            bucket = resource_arn.partition("/")[0]
            return enforce(access_key_id, "s3:ListBucket", *request, resource_arn=bucket)
        return denied

    iam_evaluator.enforce = enforce_for_missing


def _is_missing(object_arn: str) -> bool:
    bucket, _, key = object_arn.removeprefix("arn:aws:s3:::").partition("/")
    known = s3._buckets.get(bucket)
    return known is not None and key not in known["objects"] and (bucket, key) not in s3._object_versions


def _session(access_key_id: str) -> dict[str, Any] | None:
    from ministack.services import sts

    session: dict[str, Any] | None = sts._sessions.get(access_key_id)
    return session


def _role_of(session: dict[str, Any]) -> str:
    return str(session["Arn"]).split("/")[1]


def _know_entries() -> None:
    tag_context, enforce = iam_actions.request_tag_context, iam_evaluator.enforce

    def with_entries(service: str, iam_action: str, body: bytes, params: dict[str, Any]) -> dict[str, Any]:
        context: dict[str, Any] = tag_context(service, iam_action, body, params)
        if iam_action == "events:PutEvents":
            entries = json.loads(body)["Entries"]
            context[_ENTRIES] = sorted({(entry["Source"], entry["DetailType"]) for entry in entries})
        return context

    def for_each_entry(*request: Any, service_context: dict[str, Any] | None = None, **more: Any) -> Any:
        context = dict(service_context or {})
        # An entry of a call is allowed or denied by itself.
        for source, detail_type in context.pop(_ENTRIES, [(None, None)]):
            keys = {"events:source": source, "events:detail-type": detail_type}
            denied = enforce(*request, service_context={**context, **keys}, **more)
            if denied is not None:
                return denied
        return None

    iam_actions.request_tag_context = with_entries
    iam_evaluator.enforce = for_each_entry


def _know_conditional_puts() -> None:
    s3_context = iam_actions.s3_service_context

    def with_conditions(
        iam_action: str, query: dict[str, Any] | None, path: str = "", headers: dict[str, str] | None = None
    ) -> dict[str, Any]:
        context: dict[str, Any] = s3_context(iam_action, query, path, headers)
        if iam_action == "s3:PutObject":
            context["s3:ObjectCreationOperation"] = "false" if "uploadId" in (query or {}) else "true"
            if (headers or {}).get("if-none-match"):
                context["s3:if-none-match"] = (headers or {})["if-none-match"]
        return context

    iam_actions.s3_service_context = with_conditions


def _ask_policies_of_targets() -> None:
    invoke = eventbridge._invoke_target

    def invoke_if_allowed(
        target: dict[str, Any], event: dict[str, Any], rule: dict[str, Any], view: Any = None
    ) -> None:
        arn, rule_arn = target["Arn"], rule["Arn"]
        if not _target_allows(arn, rule_arn, event["Account"]):
            _undelivered(target, rule, event, "NO_PERMISSIONS")
        elif ":sqs:" in arn:
            # The thread that polls for mappings replaces the queue's list; an append in between would be lost.
            with sqs._queues_lock:
                invoke(target, event, rule, view)
        else:
            invoke(target, event, rule, view)

    eventbridge._invoke_target = invoke_if_allowed


def _target_allows(arn: str, rule_arn: str, account: str) -> bool:
    if ":sqs:" in arn:
        allowed: bool = sqs.queue_policy_allows(arn, _EVENTS, rule_arn, account)
        return allowed
    return ":lambda:" not in arn or _function_allows(arn, _EVENTS, rule_arn)


def _undelivered(target: dict[str, Any], rule: dict[str, Any], event: dict[str, Any], code: str) -> None:
    dead_letters = (target.get("DeadLetterConfig") or {}).get("Arn")
    if not dead_letters or not sqs.queue_policy_allows(dead_letters, _EVENTS, rule["Arn"], event["Account"]):
        return
    view = eventbridge._pattern_event_view(event)
    attributes = {"RULE_ARN": rule["Arn"], "TARGET_ARN": target["Arn"], "ERROR_CODE": code}
    sqs._act_send_message(
        {
            "QueueUrl": sqs._queue_url(dead_letters.rsplit(":", 1)[-1]),
            "MessageBody": json.dumps(view.event_with_detail()),
            "MessageAttributes": {
                name: {"DataType": "String", "StringValue": value} for name, value in attributes.items()
            },
        },
        "",
    )


def _function_allows(function_arn: str, service: str, source_arn: str) -> bool:
    found = lambda_svc.function_policy_for_arn(function_arn)
    if found is None:
        return False
    region, account = function_arn.split(":")[3:5]
    context = iam_evaluator.EvalContext(
        principal_arn="*",
        principal_type="Service",
        principal_account="",
        action="lambda:InvokeFunction",
        resource_arn=function_arn,
        region=region,
        service_context={"aws:sourcearn": source_arn, "aws:sourceaccount": account},
    )
    decision: str = iam_evaluator.evaluate_resource_policy(found[0], context, service=service).decision
    return decision == "Allow"


def _ask_policies_of_integrations() -> None:
    invoke = apigateway_v1._invoke_lambda_proxy_v1

    async def invoke_if_allowed(
        integration: dict[str, Any], api_id: str, stage_name: str, *rest: Any, **options: Any
    ) -> Any:
        _, resource, _, method = rest[:4]
        function = apigateway_v1._extract_lambda_ref_from_integration_uri(integration["uri"])
        source = execute_api_arn(
            options["owner_region"], options["owner_account_id"], api_id, stage_name, method, resource["path"]
        )
        if not _function_allows(function, "apigateway.amazonaws.com", source):
            return apigateway_v1._gw_error("API_CONFIGURATION_ERROR", "Internal server error")
        return await invoke(integration, api_id, stage_name, *rest, **options)

    apigateway_v1._invoke_lambda_proxy_v1 = invoke_if_allowed

"""What Lambda does with a function's role around the function: it reads queues, writes the log, keeps what failed.

The emulator does each of these without asking whether the role may, and so would not miss a grant.
"""

from collections.abc import Iterator
from typing import Any

from ministack.core import iam_evaluator
from ministack.services import lambda_svc

from tests.e2e.emulator.calls import Call, CallLog
from tests.e2e.emulator.launch import ACCOUNT, REGION

_MAPPING_ACTIONS = ("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes")
_LOG_ACTIONS = ("logs:CreateLogStream", "logs:PutLogEvents")


def install(log: CallLog) -> None:
    """Change the emulator in this process; what Lambda does for roles is written to the log."""
    _ask_for_queues(log)
    _ask_for_logs(log)
    _ask_for_dead_letters(log)


def _may(log: CallLog, role_arn: str, resource: str, *actions: str) -> bool:
    role = role_arn.rsplit("/", 1)[-1]
    policies = iam_evaluator._gather_role_policies(role, ACCOUNT)
    all_allowed = True
    for action in actions:
        context = iam_evaluator.EvalContext(role_arn, "AssumedRole", ACCOUNT, action, resource, REGION)
        allowed = iam_evaluator.evaluate(context, policies).decision == "Allow"
        log.add(Call(role, action, resource, allowed))
        all_allowed = all_allowed and allowed
    return all_allowed


def _ask_for_queues(log: CallLog) -> None:
    every = lambda_svc._iter_all_esms

    def permitted() -> Iterator[tuple[str, str, dict[str, Any]]]:
        for account, region, mapping in every():
            record, config = lambda_svc._get_func_record_for_qualifier(
                mapping["FunctionName"], mapping.get("Qualifier")
            )
            if record is None or _may(log, config["Role"], mapping["EventSourceArn"], *_MAPPING_ACTIONS):
                yield account, region, mapping

    lambda_svc._iter_all_esms = permitted


def _ask_for_logs(log: CallLog) -> None:
    emit = lambda_svc._emit_lambda_logs

    def emit_if_allowed(function: dict[str, Any], *said: Any, **more: Any) -> None:
        config = function.get("config") or function
        group = (config.get("LoggingConfig") or {}).get("LogGroup") or f"/aws/lambda/{config['FunctionName']}"
        arn = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{group}:log-stream:any"
        if _may(log, config["Role"], arn, *_LOG_ACTIONS):
            emit(function, *said, **more)

    lambda_svc._emit_lambda_logs = emit_if_allowed


def _ask_for_dead_letters(log: CallLog) -> None:
    route = lambda_svc._route_async_failure

    def route_if_allowed(target_arn: str, function_name: str, *failure: Any) -> None:
        _, config = lambda_svc._get_func_record_for_qualifier(function_name, None)
        if ":sqs:" not in target_arn or _may(log, config["Role"], target_arn, "sqs:SendMessage"):
            route(target_arn, function_name, *failure)

    lambda_svc._route_async_failure = route_if_allowed

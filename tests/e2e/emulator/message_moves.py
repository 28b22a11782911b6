"""The redrive that the emulator lacks: StartMessageMoveTask and ListMessageMoveTasks of SQS.

A task ends before its call is answered: the queues of a test are short.
"""

import time
from typing import Any

from ministack.services import sqs

_tasks: list[dict[str, Any]] = []


def install() -> None:
    sqs._HANDLERS["StartMessageMoveTask"] = _start
    sqs._HANDLERS["ListMessageMoveTasks"] = _list


def _start(data: dict[str, Any], _queue_url: str) -> dict[str, Any]:
    source = _queue(data["SourceArn"])
    if not any(data["SourceArn"] in (queue["attributes"].get("RedrivePolicy") or "") for queue in _every_queue()):
        code, message = "InvalidParameterValue", "Source queue must be configured as a Dead Letter Queue."
        raise sqs._Err(code, message)
    with sqs._queues_lock:
        now = time.time()
        moved = [message for message in source["messages"] if message["visible_at"] <= now]
        source["messages"] = [message for message in source["messages"] if message["visible_at"] > now]
        for message in moved:
            destination = data.get("DestinationArn") or message["sys"]["DeadLetterQueueSourceArn"]
            _queue(destination)["messages"].append(_as_sent_again(message, now))
    task = {
        "TaskHandle": f"task-{len(_tasks)}",
        "Status": "COMPLETED",
        "SourceArn": data["SourceArn"],
        "ApproximateNumberOfMessagesMoved": len(moved),
        "ApproximateNumberOfMessagesToMove": len(moved),
        "StartedTimestamp": int(now * 1000),
    }
    _tasks.append(task)
    return {"TaskHandle": task["TaskHandle"]}


def _as_sent_again(message: dict[str, Any], now: float) -> dict[str, Any]:
    system = {name: value for name, value in message["sys"].items() if name != "DeadLetterQueueSourceArn"}
    fresh = {"receipt_handle": None, "receive_count": 0, "first_receive_at": None, "visible_at": now}
    return {**message, **fresh, "sys": system}


def _list(data: dict[str, Any], _queue_url: str) -> dict[str, Any]:
    tasks = [task for task in reversed(_tasks) if task["SourceArn"] == data["SourceArn"]]
    return {"Results": tasks[: int(data.get("MaxResults", 1))]}


def _queue(arn: str) -> dict[str, Any]:
    queue: dict[str, Any] | None = sqs._queue_by_arn(arn)
    if queue is None:
        code, message = "ResourceNotFoundException", f"The resource {arn} does not exist."
        raise sqs._Err(code, message)
    return queue


def _every_queue() -> list[dict[str, Any]]:
    return list(sqs._queues._data.values())

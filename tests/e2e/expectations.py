"""The verb `expect`: what must become true of rows, objects, messages, queues, logs and metrics."""

import hashlib
import json
from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any

from ulid import ULID

from tests.e2e import rows
from tests.e2e.matching import differences
from tests.e2e.run import Run
from tests.e2e.scenario import Event, Expect, Function, Logged, Measured, Quarantined, Row


def expect(run: Run, step: Expect) -> None:
    """Look until everything of the step is true. Raises MismatchError."""
    for name, look in _LOOKS.items():
        expected = getattr(step, name)
        if expected:
            run.eventually(partial(look, run, expected), step.within)


def _ids(run: Run, expected: Row | Event) -> list[str]:
    return [run.filled(expected.id, n=n) for n in range(expected.count)]


def _rows(run: Run, expected: Row) -> dict[str, rows.Row]:
    return rows.ingest_rows(run.target, expected.vendor, _ids(run, expected))


def _ingest_ids(run: Run, expected: Event) -> tuple[dict[str, str], list[str]]:
    """The ingest ids by what the events are called, and what is wrong with the rest."""
    if expected.ingest_id:
        ingest_id = run.filled(expected.ingest_id)
        return {ingest_id: ingest_id}, []
    ids = _ids(run, expected)
    found = rows.ingest_rows(run.target, expected.vendor, ids)
    return {one: found[one]["ingestId"] for one in ids if one in found}, [
        f"{one}: there is no row" for one in ids if one not in found
    ]


def _row(run: Run, expected: Row) -> list[str]:
    ids, found = _ids(run, expected), _rows(run, expected)
    wrong = [f"{one}: there is no row" for one in ids if one not in found]
    for n, one in enumerate(ids):
        if one in found:
            wrong += [f"{one}: {difference}" for difference in differences(run.filled(expected.has, n=n), found[one])]
            wrong += [f"{one}: /{name} is there" for name in expected.lacks if name in found[one]]
    if not wrong:
        run.save({name: found[ids[0]][attribute] for name, attribute in expected.save.items()})
    return _short(wrong)


def _absent(run: Run, expected: Row) -> list[str]:
    return [f"{one}: there is a row" for one in _rows(run, expected)]


def _raw(run: Run, expected: Row) -> list[str]:
    wrong = []
    found = _rows(run, expected)
    for one in _ids(run, expected):
        if one not in found:
            wrong.append(f"{one}: there is no row")
            continue
        row = found[one]
        stored = run.target.client("s3").get_object(Bucket=row["rawBucket"], Key=row["rawS3Key"])["Body"].read()
        start = row.get("rawOffset", 0)
        own = stored[start : start + row["rawLength"]] if "rawLength" in row else stored
        if hashlib.sha256(own).hexdigest() != row["sha256"]:
            wrong.append(f"{one}: the bytes at {row['rawS3Key']} do not have the row's digest")
        wrong += [f"{one}: {difference}" for difference in differences(run.filled(expected.has), json.loads(own))]
    return _short(wrong)


def _normalized(run: Run, expected: Event) -> list[str]:
    s3, bucket = run.target.client("s3"), run.target.outputs["normalized_bucket"]
    ingest_ids, wrong = _ingest_ids(run, expected)
    for n, (one, ingest_id) in enumerate(ingest_ids.items()):
        prefix = f"normalized/{expected.type}/{_moment(ingest_id):%Y/%m/%d}/{ingest_id}"
        keys = [item["Key"] for item in s3.list_objects_v2(Bucket=bucket, Prefix=prefix).get("Contents", [])]
        if len(keys) != expected.times:
            wrong.append(f"{one}: {len(keys)} objects at {prefix}, not {expected.times}")
        for key in keys:
            document = json.loads(s3.get_object(Bucket=bucket, Key=key)["Body"].read())
            wrong += [f"{key}: {difference}" for difference in differences(run.filled(expected.has, n=n), document)]
    return _short(wrong)


def _moment(ingest_id: str) -> datetime:
    # Ingest ids are made from the same reading of the clock as the keys of objects.
    return ULID.from_str(ingest_id).datetime


def _published(run: Run, expected: Event) -> list[str]:
    ingest_ids, wrong = _ingest_ids(run, expected)
    for n, (one, ingest_id) in enumerate(ingest_ids.items()):
        messages = run.subscription.about(ingest_id, expected.type)
        if len(messages) != expected.times:
            wrong.append(f"{one}: {len(messages)} messages {expected.type}, not {expected.times}")
        for message in messages:
            has = run.filled(expected.has, n=n)
            wrong += [f"{one}: {difference}" for difference in differences(has, message.detail)]
    return _short(wrong)


def _quarantined(run: Run, expected: Quarantined) -> list[str]:
    item = run.filled(expected.item)
    found = rows.quarantine_row(run.target, expected.vendor, item)
    if found is None:
        return [f"{item}: there is no quarantine row"]
    return [f"{item}: {difference}" for difference in differences(run.filled(expected.has), found)]


def _queues(run: Run, expected: dict[str, int]) -> list[str]:
    names = [f"ApproximateNumberOfMessages{kind}" for kind in ("", "NotVisible", "Delayed")]
    wrong = []
    for queue, depth in expected.items():
        url = run.target.outputs.get(f"{queue}_queue_url") or run.target.outputs[f"{queue}_url"]
        attributes = run.target.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
        found = sum(int(attributes[name]) for name in names)
        if found != depth:
            wrong.append(f"{queue}: {found} messages, not {depth}")
    return wrong


def _log_lines(run: Run, function: Function) -> list[dict[str, Any]]:
    group = run.target.outputs["functions"][function]["log_group"]
    pages = (
        run.target.client("logs")
        .get_paginator("filter_log_events")
        .paginate(logGroupName=group, startTime=int(run.started * 1000))
    )
    lines = []
    for page in pages:
        for event in page["events"]:
            try:
                line = json.loads(event["message"])
            except ValueError:
                continue
            if isinstance(line, dict):
                lines.append(line)
    return lines


def _logged(run: Run, expected: Logged) -> list[str]:
    has = run.filled(expected.has)
    lines = _log_lines(run, expected.function)
    for line in lines:
        if not differences(has, line):
            run.save({name: line[member] for name, member in expected.save.items()})
            return []
    return [f"none of {len(lines)} lines of {expected.function} has {has}"]


def _measured(run: Run, expected: Measured) -> list[str]:
    lines = [line for line in _log_lines(run, expected.function) if "_aws" in line]
    return [
        f"none of {len(lines)} metric lines of {expected.function} has {name} {dimensions}"
        for name, dimensions in expected.metrics.items()
        if not any(name in line and not differences(run.filled(dimensions), line) for line in lines)
    ]


def _short(wrong: list[str]) -> list[str]:
    return wrong if len(wrong) <= 5 else [*wrong[:5], f"and {len(wrong) - 5} more"]


_LOOKS: dict[str, Callable[[Run, Any], list[str]]] = {
    "row": _row,
    "absent": _absent,
    "raw": _raw,
    "normalized": _normalized,
    "published": _published,
    "quarantined": _quarantined,
    "queues": _queues,
    "logged": _logged,
    "measured": _measured,
}

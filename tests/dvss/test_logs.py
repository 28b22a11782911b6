from __future__ import annotations

import io
import json
import logging

import pytest

from dvss.server.logs import BehindHandler, JsonLines


def written(*records: logging.LogRecord) -> list[dict[str, object]]:
    stream = io.StringIO()
    handler = BehindHandler(stream)
    handler.setFormatter(JsonLines())
    for record in records:
        handler.handle(record)
    handler.close()
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def record(message: str, **extra: object) -> logging.LogRecord:
    return logging.makeLogRecord({"name": "dvss.test", "levelname": "INFO", "msg": message, **extra})


def test_a_line_holds_the_listed_fields_and_no_others() -> None:
    (line,) = written(record("event accepted", ingestId="01", vendorId="v", payload={"card": 4242}, secret="s"))
    assert line.pop("time")
    assert line == {
        "level": "INFO",
        "logger": "dvss.test",
        "msg": "event accepted",
        "ingestId": "01",
        "vendorId": "v",
    }


def test_a_value_cannot_forge_a_line() -> None:
    lines = written(record("event accepted", externalEventId='x"}\n{"level": "ERROR"'))
    assert [line["level"] for line in lines] == ["INFO"]


def test_a_long_value_is_cut() -> None:
    (line,) = written(record("event accepted", externalEventId="x" * 10_000))
    assert line["externalEventId"] == "x" * 200


def test_an_exception_is_told_without_what_it_says() -> None:
    def read(payload: str) -> None:
        raise ValueError(payload)

    with pytest.raises(ValueError, match="canary") as raised:
        read("canary-4242")
    (line,) = written(record("it failed", exc_info=(raised.type, raised.value, raised.tb)))
    assert line["error"] == "ValueError"
    assert [str(place).partition(":")[0] for place in line["at"]] == [__name__, __name__]  # type: ignore[attr-defined]  # a list of places
    assert "canary" not in json.dumps(line)


def test_lines_keep_their_order_and_none_is_lost_at_the_end() -> None:
    lines = written(*(record("n", count=number) for number in range(1_000)))
    assert [line["count"] for line in lines] == list(range(1_000))

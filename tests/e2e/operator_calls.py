"""The verbs `call` and `expectCall`: what the operator who runs the suite asks AWS for."""

import base64
import json
import re
from typing import Any

from botocore.exceptions import ClientError

from tests.e2e.matching import at, differences
from tests.e2e.run import MismatchError, Run
from tests.e2e.scenario import Call


def call(run: Run, step: Call) -> None:
    """Make the call once. Raises MismatchError if its answer is not as expected."""
    found = _attempt(run, step)
    if found:
        raise MismatchError(found)


def expect_call(run: Run, step: Call) -> None:
    """Make the call until its answer is as expected. Raises MismatchError."""
    run.eventually(lambda: _attempt(run, step))


def _attempt(run: Run, step: Call) -> list[str]:
    client = run.target.client(step.service)
    operation = getattr(client, re.sub(r"(?<!^)(?=[A-Z])", "_", step.operation).lower())
    try:
        answer = _readable(operation(**_parameters(run.filled(step.parameters))))
    except ClientError as error:
        code = error.response["Error"]["Code"]
        return [] if code in {step.error, step.tolerates} else [f"{step.operation} ended in {error}"]
    if step.error:
        return [f"{step.operation} did not end in {step.error}"]
    found = differences(run.filled(step.has), answer)
    if not found:
        run.save({name: at(answer, place) for name, place in step.save.items()})
    return found


def _parameters(value: Any) -> Any:
    """Parameters as botocore takes them: `{"$base64": …}` are bytes."""
    match value:
        case {"$base64": str(text)}:
            return base64.b64decode(text)
        case dict():
            return {name: _parameters(member) for name, member in value.items()}
        case list():
            return [_parameters(item) for item in value]
        case _:
            return value


def _readable(value: Any) -> Any:
    """The answer as JSON: a stream is read, and a text of JSON stands for what it says."""
    match value:
        case dict():
            return {name: _readable(member) for name, member in value.items()}
        case list():
            return [_readable(item) for item in value]
        case str() | int() | float() | bool() | None:
            return value
        case _ if hasattr(value, "read"):
            return _read_json(value.read())
        case _:
            return str(value)


def _read_json(content: bytes) -> Any:
    try:
        return json.loads(content)
    except ValueError:
        return content.decode("utf-8", "replace")

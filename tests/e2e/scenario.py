"""What a config says: the steps of a scenario, as data. A key that is not known here is refused.

A text may hold `${name}`: an output of the deployment, a saved value, `run` (new for each run), `n` (which of several),
`attempt` (which sending again). `{"$text": 9}` is a text of nine letters, `{"$json": …}` a text of JSON, and
`{"$body": "envelope", "id": "1"}` what bodies/envelope.json holds, with `${id}` filled in.
"""

import json
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

type TargetName = Literal["emulator", "aws"]
type Function = Literal["ingest", "normalize", "replay", "steward"]


class ConfigError(Exception):
    """A config cannot be read; the message names the file, the place and what is wrong."""


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Answer(_Model):
    """Answers to expect: how many have this status and these members."""

    status: int
    times: int | None = 1
    """None: at least once."""
    has: dict[str, Any] = {}
    headers: dict[str, str] = {}
    """Regular expressions of the values, by name."""


class Send(_Model):
    """HTTP requests to the deployed API, as a vendor sends them."""

    method: Literal["GET", "POST"] = "POST"
    path: str = "/v1/events"
    key_of: str | None = Field(None, alias="keyOf")
    """The vendor whose API key goes with it."""
    signature_of: str | None = Field(None, alias="signatureOf")
    """The vendor whose secret signs it."""
    headers: dict[str, str] = {}
    body: Any = None
    """Sent as JSON."""
    text: str | None = None
    """Sent as it is, in place of `body`."""
    pad: int | None = None
    """Blanks are added until the body has so many bytes: JSON ignores them, limits do not."""
    each: Any = None
    """With `events`: an item of a batch, repeated."""
    events: int | None = None
    """How many items the batch has; the body is `{"events": […]}`."""
    count: int = Field(1, ge=1)
    at_once: int = Field(1, ge=1, alias="atOnce")
    answers: list[Answer]
    one_ingest_id: bool = Field(False, alias="oneIngestId")
    save: dict[str, str] = {}
    """Names for members of the (first) answer, by JSON Pointer; of the request: `sha256` of its body as `@sha256`."""
    until: bool = False
    """Send again until the answers are as expected: for what takes effect in a while."""


class Call(_Model):
    """One AWS call of the operator who runs the suite."""

    service: str
    operation: str
    parameters: dict[str, Any] = {}
    has: dict[str, Any] = {}
    save: dict[str, str] = {}
    error: str | None = None
    """The code of the error that it must end in."""
    tolerates: str | None = None
    """The code of an error that says that there is nothing to do."""


class Row(_Model):
    """A row of the ingest index: members as DynamoDB has them, without their type's letter."""

    vendor: str = "vendorA"
    id: str
    count: int = 1
    has: dict[str, Any] = {}
    lacks: list[str] = []
    save: dict[str, str] = {}


class Event(_Model):
    """A normalized object, or a message on the bus, that belongs to an event."""

    vendor: str = "vendorA"
    id: str = ""
    ingest_id: str = Field("", alias="ingestId")
    """In place of `id`, where the vendor gave none."""
    count: int = 1
    type: str
    times: int = 1
    """How many different canonical events; each may come more than once."""
    has: dict[str, Any] = {}


class Quarantined(_Model):
    """A quarantine row, found by the item id."""

    vendor: str = "vendorA"
    item: str
    has: dict[str, Any]


class Logged(_Model):
    """A line of a function's log."""

    function: Function
    has: dict[str, Any]
    save: dict[str, str] = {}


class Measured(_Model):
    """Metrics that a function has written to its log in the embedded metric format."""

    function: Function
    metrics: dict[str, dict[str, str]]
    """Dimensions by the metric's name."""


class Expect(_Model):
    """What becomes true within the target's patience, or within `within` seconds."""

    row: Row | None = None
    absent: Row | None = None
    """There is no such row."""
    raw: Row | None = None
    """The raw object is there and has the row's digest."""
    normalized: Event | None = None
    published: Event | None = None
    quarantined: Quarantined | None = None
    queues: dict[str, int] = {}
    """Messages in each queue, by the name of its output less `_queue_url` or `_url`."""
    logged: Logged | None = None
    measured: Measured | None = None
    within: float | None = None


class Step(_Model):
    """One step: exactly one of its verbs."""

    settle: float | None = None
    """Seconds that a change of permissions or settings takes on AWS to hold everywhere; an emulator needs none."""

    send: Send | None = None
    call: Call | None = None
    expect: Expect | None = None
    expect_call: Call | None = Field(None, alias="expectCall")
    """A call that is made again until it has what is expected."""
    why: str = ""
    not_shown: dict[TargetName, str] = Field({}, alias="notShown")
    """Why the step is left out on a target that would let it pass whatever happens."""

    @model_validator(mode="after")
    def _has_one_verb(self) -> Self:
        verbs = [self.send, self.call, self.expect, self.expect_call, self.settle]
        if sum(verb is not None for verb in verbs) != 1:
            message = "a step has exactly one of send, call, expect, expectCall, settle"
            raise ValueError(message)
        return self


class Scenario(_Model):
    """A config."""

    title: str
    profile: Literal["quick", "full"]
    """`quick` runs in both."""
    not_shown: dict[TargetName, str] = Field({}, alias="notShown")
    steps: list[Step]
    finally_: list[Step] = Field([], alias="finally")
    """Done whatever happens: what was broken for the scenario is repaired."""


def read(path: Path) -> Scenario:
    try:
        return Scenario.model_validate(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError) as error:
        raise ConfigError(_explained(path, error)) from error


def _explained(path: Path, error: Exception) -> str:
    if not isinstance(error, ValidationError):
        return f"{path}: {error}"
    problems = [f"{'/'.join(map(str, problem['loc']))}: {problem['msg']}" for problem in error.errors()]
    return "\n".join(f"{path}: /{problem}" for problem in problems)

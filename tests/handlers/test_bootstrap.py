from __future__ import annotations

import json
import logging
from dataclasses import asdict, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import botocore.session
import pytest
from botocore.exceptions import EndpointConnectionError

from handlers.aws.clients import Clients
from handlers.aws.deadline import LONGEST_ATTEMPT, Deadline
from handlers.aws.telemetry import EmfMetrics, configure_logging
from handlers.bootstrap import InvocationFailedError, Runtime, Settings, assemble, read_settings
from handlers.series import Series
from handlers.values import ConfigurationError, Lane, TransientError
from tests.handlers.world import ManualClock
from tests.lambdas.aws_server import VARIABLES

if TYPE_CHECKING:
    from botocore.awsrequest import AWSRequest

    from tests.handlers.world import World

CANARY = "canary-7f3a"
pytestmark = pytest.mark.usefixtures("restored_logging")


class Context:
    aws_request_id = "invocation-1"

    def __init__(self, milliseconds: int = 15_000) -> None:
        self._milliseconds = milliseconds

    def get_remaining_time_in_millis(self) -> int:
        return self._milliseconds


def test_the_variables_that_terraform_sets_are_the_settings() -> None:
    settings = read_settings(VARIABLES | {"PATH": "/bin", "DVSS_OTHER": "x"})
    assert {f"DVSS_{name.upper()}": value for name, value in asdict(settings).items()} == {
        name: value for name, value in VARIABLES.items() if name.startswith("DVSS_")
    }


@pytest.mark.parametrize("name", [name for name in VARIABLES if name.startswith("DVSS_")])
@pytest.mark.parametrize("value", ["", None])
def test_a_variable_that_is_not_set_is_named(name: str, value: str | None) -> None:
    environment = {key: one for key, one in (VARIABLES | {name: value}).items() if one is not None}
    with pytest.raises(ConfigurationError, match=f"^{name}: not set. .*run `make deploy`"):
        read_settings(environment)


def test_everything_that_is_wrong_is_said_at_once() -> None:
    wrong = {"DVSS_PUBLIC_URL": "ftp://x", "DVSS_PARAMETER_PREFIX": "/dvss/", "DVSS_RAW_BUCKET": "a b"}
    with pytest.raises(ConfigurationError) as raised:
        read_settings({name: value for name, value in VARIABLES.items() if "QUEUE" not in name} | wrong)
    for part in (
        "DVSS_LIVE_QUEUE, DVSS_REPLAY_QUEUE: not set",
        "DVSS_PUBLIC_URL: 'ftp://x' is not a URL of scheme, host and path",
        "DVSS_PARAMETER_PREFIX: '/dvss/' is not a path that begins and does not end with '/'",
        "DVSS_RAW_BUCKET: 'a b' is not the name of a resource: letters, digits, '.', '_' and '-'",
    ):
        assert part in str(raised.value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DVSS_PUBLIC_URL", "https://api.example"),
        ("DVSS_PUBLIC_URL", "http://127.0.0.1:4566/restapis/a1/dev/_user_request_"),
        ("DVSS_PARAMETER_PREFIX", "/dvss/dev"),
        ("DVSS_EVENT_BUS", "dvss-dev"),
    ],
)
def test_what_deployments_are_called_passes(name: str, value: str) -> None:
    assert value in asdict(read_settings(VARIABLES | {name: value})).values()


def session() -> botocore.session.Session:
    made = botocore.session.Session()
    made.set_credentials("testing", "testing")
    made.set_config_variable("region", "eu-west-1")
    return made


@pytest.mark.parametrize("attempts", [0, 1, 2])
def test_no_call_and_no_repeat_of_it_is_begun_when_the_time_is_up(
    monkeypatch: pytest.MonkeyPatch, attempts: int
) -> None:
    monkeypatch.setattr("botocore.retries.standard.ExponentialBackoff.delay_amount", lambda *_: 0)
    too_short = LONGEST_ATTEMPT - timedelta(milliseconds=1)
    times = iter([LONGEST_ATTEMPT] * attempts + [too_short])
    sent: list[AWSRequest] = []

    def broken(request: AWSRequest, **_: Any) -> None:
        sent.append(request)
        raise EndpointConnectionError(endpoint_url="https://ssm.example")

    deadline = Deadline()
    deadline.remaining = lambda: next(times)
    guarded = session()
    deadline.guard(guarded)
    clients = Clients(guarded)
    clients.ssm.meta.events.register_last("before-send", broken)
    with pytest.raises(TransientError, match="The time is up"):
        clients.ssm.get_parameter(Name="x")
    assert len(sent) == attempts


def test_while_starting_there_is_no_deadline() -> None:
    assert Deadline().remaining() > timedelta(days=1_000_000)


def test_every_port_is_there_and_named_by_the_settings() -> None:
    settings = read_settings(VARIABLES)
    app = assemble(settings, Clients(session()), EmfMetrics(Series(()), ManualClock()), b"k")
    assert app.raw.bucket == settings.raw_bucket
    assert app.public_url == settings.public_url
    assert app.lanes.oldest_message_age(Lane.WORKFLOW) == timedelta(0)
    assert "b'k'" not in repr(app)


def runtime(world: World) -> Runtime:
    formatter = configure_logging(service="dvss-test", level="INFO")
    return Runtime(world.app, EmfMetrics(Series(()), world.clock), Deadline(), formatter)


def test_an_invocation_keeps_its_time_and_leaves_its_metrics(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    made = runtime(world)
    with made.invocation(Context(9_000)) as remaining:
        assert remaining() == made.deadline.remaining() == timedelta(seconds=9)
        made.metrics.count("dvss.steward.parked", 2)
        logging.getLogger("dvss.test").info("hello")
    line, metric = map(json.loads, capsys.readouterr().out.splitlines())
    assert (line["msg"], line["functionRequestId"]) == ("hello", "invocation-1")
    assert metric["dvss.steward.parked"] == [2.0]
    with made.invocation(Context()):
        pass
    assert capsys.readouterr().out == ""


def test_an_unexpected_error_is_told_without_its_text(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    made = runtime(world)

    def fails() -> None:
        with made.invocation(Context()):
            made.metrics.count("dvss.steward.parked")
            raise ValueError(CANARY)

    with pytest.raises(InvocationFailedError, match="An unexpected ValueError") as raised:
        fails()
    assert raised.value.__suppress_context__
    output = capsys.readouterr().out
    assert CANARY not in output
    line, metric = map(json.loads, output.splitlines())
    assert (line["level"], line["error"]) == ("ERROR", "ValueError")
    assert line["at"][-1].startswith(__name__)
    assert metric["dvss.steward.parked"] == [1.0]


def test_an_error_of_ours_ends_the_invocation_as_it_is(world: World) -> None:
    error = TransientError("the store failed")

    def fails() -> None:
        with runtime(world).invocation(Context()):
            raise error

    with pytest.raises(TransientError) as raised:
        fails()
    assert raised.value is error


def test_settings_are_values() -> None:
    settings = read_settings(VARIABLES)
    assert replace(settings) == settings
    assert isinstance(settings, Settings)

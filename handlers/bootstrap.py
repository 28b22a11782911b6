"""The composition root of the Lambda functions: environment, settings, clients, application; once per process."""

from __future__ import annotations

import gc
import logging
import os
import re
from contextlib import contextmanager
from dataclasses import dataclass, fields
from datetime import timedelta
from typing import TYPE_CHECKING, Protocol

import botocore.session

from generated.registry import REGISTRY
from handlers.application import Application
from handlers.aws.clients import Clients
from handlers.aws.credentials import AwsCredentials, token_key
from handlers.aws.deadline import Deadline
from handlers.aws.event_bus import EventBridgeBus
from handlers.aws.event_queries import DynamoEventQueries
from handlers.aws.ingest_index import DynamoIngestIndex
from handlers.aws.lanes import SqsLanes
from handlers.aws.mapping_catalogue import DynamoMappingCatalogue
from handlers.aws.normalized_store import S3NormalizedStore
from handlers.aws.outbox import DynamoOutbox
from handlers.aws.quarantine_store import DynamoQuarantineStore
from handlers.aws.raw_store import S3RawStore
from handlers.aws.telemetry import EmfMetrics, configure_logging
from handlers.series import Series
from handlers.system import SystemClock, UlidFactory
from handlers.values import ConfigurationError, DvssError, Lane

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from handlers.aws.telemetry import LogFormatter
    from handlers.ports import Metrics
    from handlers.remaining import RemainingTime

log = logging.getLogger("dvss.functions")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What a deployment is called; each field is the variable ``DVSS_<FIELD>`` of every function."""

    environment: str
    public_url: str
    """Scheme, host and base path under which vendors reach the deployment."""
    raw_bucket: str
    normalized_bucket: str
    ingest_records_table: str
    vendor_mappings_table: str
    quarantine_table: str
    outbox_table: str
    event_bus: str
    parameter_prefix: str
    """Of the parameters with the vendors' secrets and the token key, e.g. ``/dvss/dev``."""
    live_queue: str
    replay_queue: str


_NAME = (re.compile(r"[A-Za-z0-9._-]+"), "the name of a resource: letters, digits, '.', '_' and '-'")
_FORMS = {
    "public_url": (re.compile(r"https?://[^\s/?#]+(/[^\s?#]*)?"), "a URL of scheme, host and path"),
    "parameter_prefix": (re.compile(r"(/[A-Za-z0-9._-]+)+"), "a path that begins and does not end with '/'"),
}


def read_settings(environment: Mapping[str, str]) -> Settings:
    """The settings in a process's environment. Raises ConfigurationError, which names every variable that is wrong."""
    variables = {field.name: f"DVSS_{field.name.upper()}" for field in fields(Settings)}
    values = {name: environment.get(variable, "") for name, variable in variables.items()}
    missing = [variables[name] for name, value in values.items() if not value]
    wrong = [f"{', '.join(missing)}: not set"] if missing else []
    for name, value in values.items():
        form, meaning = _FORMS.get(name, _NAME)
        if value and not form.fullmatch(value):
            wrong.append(f"{variables[name]}: {value!r} is not {meaning}")
    if wrong:
        message = f"{'; '.join(wrong)}. Terraform sets the functions' variables: run `make deploy` for the environment."
        raise ConfigurationError(message)
    return Settings(**values)


def assemble(settings: Settings, clients: Clients, metrics: Metrics, token_key: bytes) -> Application:
    """The application on AWS."""
    clock = SystemClock()
    tables = {
        "ingest_records": settings.ingest_records_table,
        "quarantine": settings.quarantine_table,
        "outbox": settings.outbox_table,
    }
    return Application(
        registry=REGISTRY,
        public_url=settings.public_url,
        token_key=token_key,
        clock=clock,
        ids=UlidFactory(),
        raw=S3RawStore(clients, settings.raw_bucket),
        normalized=S3NormalizedStore(clients, settings.normalized_bucket),
        index=DynamoIngestIndex(clients, **tables),
        queries=DynamoEventQueries(clients, settings.ingest_records_table, REGISTRY.vendor_ids),
        quarantine=DynamoQuarantineStore(clients, settings.quarantine_table, REGISTRY.vendor_ids),
        outbox=DynamoOutbox(clients, settings.outbox_table),
        bus=EventBridgeBus(clients, settings.event_bus, settings.normalized_bucket),
        lanes=SqsLanes(clients, {Lane.LIVE: settings.live_queue, Lane.REPLAY: settings.replay_queue}, clock),
        credentials=AwsCredentials(
            clients,
            vendor_mappings=settings.vendor_mappings_table,
            parameter_prefix=settings.parameter_prefix,
            clock=clock,
        ),
        mappings=DynamoMappingCatalogue(clients, settings.vendor_mappings_table),
        metrics=metrics,
    )


class Context(Protocol):
    """What Lambda tells of an invocation."""

    aws_request_id: str

    def get_remaining_time_in_millis(self) -> int: ...


class InvocationFailedError(DvssError):
    """An invocation ended unexpectedly. Its cause is in the log, without its text, which may quote a payload."""


@dataclass(frozen=True, slots=True)
class Runtime:
    """One process of a function."""

    application: Application
    metrics: EmfMetrics
    deadline: Deadline
    formatter: LogFormatter

    @contextmanager
    def invocation(self, context: Context) -> Iterator[RemainingTime]:
        """The time that the invocation has left, and around it what belongs to each: log fields, metrics, errors."""

        def remaining() -> timedelta:
            return timedelta(milliseconds=context.get_remaining_time_in_millis())

        self.deadline.remaining = remaining
        self.formatter.append_keys(functionRequestId=context.aws_request_id)
        try:
            yield remaining
        except DvssError:
            raise
        except Exception as error:
            # The process's boundary: Lambda would print the error with its text.
            log.exception("an invocation ended unexpectedly")
            message = f"An unexpected {type(error).__name__}; the log line of this request says where."
            raise InvocationFailedError(message) from None
        finally:
            self.metrics.flush()


def _log_level(name: str) -> str:
    levels = logging.getLevelNamesMapping()
    if name.upper() not in levels:
        message = (
            f"POWERTOOLS_LOG_LEVEL: {name!r} is no level. Set log_level to one of {', '.join(levels)}, and deploy."
        )
        raise ConfigurationError(message)
    return name.upper()


def start(*, services: Sequence[str], maps: bool = False) -> Runtime:
    """Read the environment and put the process together. ``maps``: whether the function needs the token key.

    ``services`` are those that each invocation calls: their clients are made here, while Lambda gives a starting
    process a whole processor. Raises ConfigurationError.
    """
    settings = read_settings(os.environ)
    formatter = configure_logging(
        service=os.environ.get("POWERTOOLS_SERVICE_NAME", f"dvss-{settings.environment}"),
        level=_log_level(os.environ.get("POWERTOOLS_LOG_LEVEL", "INFO")),
    )
    session = botocore.session.get_session()
    deadline = Deadline()
    deadline.guard(session)
    clients = Clients(session)
    # No mapping asks for series of its vendor's own: the bill does not grow with the number of vendors.
    metrics = EmfMetrics(Series(()), SystemClock())
    key = token_key(clients, settings.parameter_prefix) if maps else b""
    for service in services:
        getattr(clients, service)
    runtime = Runtime(assemble(settings, clients, metrics, key), metrics, deadline, formatter)
    gc.freeze()
    gc.enable()
    return runtime

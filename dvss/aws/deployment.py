"""An environment on AWS, through the same adapters as its functions have, with the operator's own credentials."""

from __future__ import annotations

import os
import time
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING, Any

import botocore.session

from dvss.aws.api_keys import AwsApiKeys
from dvss.aws.credentials import AwsCredentialsAdministration, usage_plan_ids
from dvss.aws.errors import explained
from dvss.aws.gateway_keys import GatewayKeys
from dvss.aws.key_rows import KeyRows
from dvss.aws.lock import OperatorLock
from dvss.aws.outputs import Outputs
from dvss.aws.parameters import Parameters
from dvss.aws.token_key import set_token_key
from dvss.aws.webhook_secrets import AwsWebhookSecrets
from dvss.credentials import API_KEY_SCHEME
from dvss.metrics import PrometheusMetrics
from handlers.aws.clients import CONFIG, Clients
from handlers.aws.credentials import token_key
from handlers.bootstrap import Settings, assemble
from handlers.system import SystemClock

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from generated.runtime.binding import Registry
    from handlers.application import Application
    from handlers.ports import Clock
    from handlers.values import IngestRecord

PATIENCE_SECONDS = 60.0
"""How long a command waits for a lane; a message takes a second or two where none is before it."""
PAUSE_SECONDS = 0.5


class AwsDeployment:
    """``Deployment`` on AWS. Nothing is asked of AWS before a command needs it."""

    left_to = "the lane"
    feed = None

    def __init__(self, outputs: Outputs, registry: Registry, clock: Clock) -> None:
        self.registry = registry
        self.clock = clock
        self._outputs = outputs
        self._session = botocore.session.Session()
        self._session.set_config_variable("region", outputs.region)
        self._clients = Clients(self._session)

    @cached_property
    def application(self) -> Application:
        """Its metrics are nobody's: what an operator does is no traffic."""
        key = token_key(self._clients, self._outputs.parameter_prefix)
        return assemble(_settings(self._outputs), self._clients, PrometheusMetrics(self.registry.vendor_ids()), key)

    @cached_property
    def credentials(self) -> AwsCredentialsAdministration:
        profiles = [profile for name in self.registry.vendor_ids() if (profile := self.registry.vendor(name))]
        gateway: Any = self._session.create_client("apigateway", config=CONFIG)
        keys = AwsApiKeys(
            rows=KeyRows(self._clients, self._outputs.vendor_mappings_table),
            gateway=GatewayKeys(gateway),
            lock=self._lock,
            clock=self.clock,
            random_bytes=os.urandom,
            plan_ids=usage_plan_ids(self._outputs),
        )
        secrets = AwsWebhookSecrets(
            parameters=self._parameters,
            prefix=self._outputs.parameter_prefix,
            lock=self._lock,
            clock=self.clock,
            random_bytes=os.urandom,
            vendor_ids=[one.vendor_id for one in profiles if one.scheme != API_KEY_SCHEME],
        )
        return AwsCredentialsAdministration(keys, secrets)

    def finish(self, sent: Sequence[IngestRecord]) -> Sequence[IngestRecord]:
        """Wait until the lane has normalized them, for a minute at the most."""
        keys = [record.key for record in sent]
        give_up_at = time.monotonic() + PATIENCE_SECONDS
        while True:
            now = self.application.index.read(keys, consistent=True)
            is_done = all(record.dispatch_at is None for record in now.values())
            if is_done or time.monotonic() > give_up_at:
                return [now[key] for key in keys]
            time.sleep(PAUSE_SECONDS)

    def set_token_key(self) -> bool:
        """Make the key for tokens if there is none yet; true if it was made now."""
        return set_token_key(self._parameters, self._outputs.parameter_prefix, self._lock, os.urandom)

    @cached_property
    def _lock(self) -> OperatorLock:
        return OperatorLock(self._clients, self._outputs.vendor_mappings_table, self.clock, os.urandom, time.sleep)

    @cached_property
    def _parameters(self) -> Parameters:
        return Parameters(self._clients)


@contextmanager
def opened(path: Path, registry: Registry) -> Iterator[AwsDeployment]:
    """The environment that a file of outputs names.

    Raises ConfigurationError for a file that is not one, and AwsError for what AWS refuses while it is open.
    """
    outputs = Outputs.read(path)
    with explained(outputs.environment, outputs.region):
        yield AwsDeployment(outputs, registry, SystemClock())


def _settings(outputs: Outputs) -> Settings:
    """As the functions have them in their environment."""
    return Settings(
        environment=outputs.environment,
        public_url=outputs.api_url,
        raw_bucket=outputs.raw_bucket,
        normalized_bucket=outputs.normalized_bucket,
        ingest_records_table=outputs.ingest_records_table,
        vendor_mappings_table=outputs.vendor_mappings_table,
        quarantine_table=outputs.quarantine_table,
        outbox_table=outputs.outbox_table,
        event_bus=outputs.event_bus,
        parameter_prefix=outputs.parameter_prefix,
        live_queue=_queue_name(outputs.live_queue_url),
        replay_queue=_queue_name(outputs.replay_queue_url),
    )


def _queue_name(url: str) -> str:
    return url.rpartition("/")[2]

"""The AWS adapters keep every promise of the ports, as far as moto can tell.

moto ignores ClientRequestToken (a transaction that is sent again is cancelled by its own first sending), accepts wrong
checksums, and takes numbers of 39 digits. It reads no policies, and its CloudWatch knows nothing of its queues: the age
of a lane's oldest message is put there by the test as SQS would. Its bus reads each detail into floats and writes it
again, for which the test gives it an exact reader; so nothing is shown here of what EventBridge does to numbers. Its
indexes are never behind; test_aws_races makes them so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from handlers.values import BusMessage, Lane, Principal, Role
from tests.ports.aws import CANONICAL_QUEUE, Cloud, queue_of
from tests.ports.contract_completion import CompletionContract
from tests.ports.contract_credential_store import CredentialStoreContract
from tests.ports.contract_event_bus import EventBusContract, LanesContract
from tests.ports.contract_event_queries import EventQueriesContract
from tests.ports.contract_ingest_index import AcceptContract, MarkerContract, ReopenContract, SupersedeContract
from tests.ports.contract_mapping_catalogue import MappingCatalogueContract
from tests.ports.contract_normalized_store import NormalizedStoreContract
from tests.ports.contract_outbox import OutboxContract
from tests.ports.contract_quarantine_store import QuarantineStoreContract
from tests.ports.contract_raw_store import RawStoreContract
from tests.ports.examples import sha256

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime, timedelta

    from handlers.ports import (
        CredentialStore,
        EventBus,
        EventQueries,
        IngestIndex,
        Lanes,
        MappingCatalogue,
        NormalizedStore,
        Outbox,
        QuarantineStore,
        RawStore,
    )
    from tests.ports.examples import ManualClock


class _Stores:
    @pytest.fixture
    def raw(self, cloud: Cloud) -> RawStore:
        return cloud.raw

    @pytest.fixture
    def normalized(self, cloud: Cloud) -> NormalizedStore:
        return cloud.normalized

    @pytest.fixture
    def index(self, cloud: Cloud) -> IngestIndex:
        return cloud.index

    @pytest.fixture
    def queries(self, cloud: Cloud) -> EventQueries:
        return cloud.queries

    @pytest.fixture
    def quarantine(self, cloud: Cloud) -> QuarantineStore:
        return cloud.quarantine

    @pytest.fixture
    def outbox(self, cloud: Cloud) -> Outbox:
        return cloud.outbox

    @pytest.fixture
    def mappings(self, cloud: Cloud) -> MappingCatalogue:
        return cloud.mappings


class TestRawStore(_Stores, RawStoreContract):
    pass


class TestNormalizedStore(_Stores, NormalizedStoreContract):
    pass


class TestAccept(_Stores, AcceptContract):
    pass


class TestMarker(_Stores, MarkerContract):
    pass


class TestReopen(_Stores, ReopenContract):
    pass


class TestSupersede(_Stores, SupersedeContract):
    pass


class TestCompletion(_Stores, CompletionContract):
    pass


class TestEventQueries(_Stores, EventQueriesContract):
    pass


class TestQuarantineStore(_Stores, QuarantineStoreContract):
    pass


class TestOutbox(_Stores, OutboxContract):
    pass


class TestMappingCatalogue(_Stores, MappingCatalogueContract):
    pass


class TestEventBus(EventBusContract):
    @pytest.fixture
    def bus(self, cloud: Cloud) -> EventBus:
        self.cloud = cloud
        return cloud.bus

    def received(self, lane: Lane) -> Sequence[BusMessage]:
        return self.cloud.arrived(queue_of(lane), lane)

    def delivered(self) -> Sequence[BusMessage]:
        by_id = {message.message_id: message for message in self.cloud.arrived(CANONICAL_QUEUE)}
        return list(by_id.values())


class TestLanes(LanesContract):
    @pytest.fixture
    def lanes(self, cloud: Cloud, clock: ManualClock) -> Lanes:
        self.cloud = cloud
        self.clock = clock
        self.waiting: list[datetime] = []
        return cloud.lanes

    def _measure(self) -> None:
        oldest = min(self.waiting, default=self.clock.at)
        self.cloud.put_age(Lane.LIVE, self.clock.at - oldest)

    def send(self, message: BusMessage) -> None:
        assert message.lane is Lane.LIVE
        self.waiting.append(self.clock.at)
        self._measure()

    def take(self, lane: Lane) -> None:
        assert lane is Lane.LIVE
        self.waiting.remove(min(self.waiting))
        self._measure()

    def wait(self, period: timedelta) -> None:
        self.clock.at += period
        self._measure()


class TestCredentialStore(CredentialStoreContract):
    @pytest.fixture
    def credentials(self, cloud: Cloud) -> CredentialStore:
        self.cloud = cloud
        self.keys = 0
        return cloud.credentials

    def given_key(self, role: Role, vendor_id: str | None, ends_at: datetime | None) -> tuple[str, str]:
        self.keys += 1
        key_id, key = f"key_{self.keys}", f"dvss_{self.keys}"
        self.cloud.put_api_key(sha256(key.encode()), Principal(role, key_id, vendor_id), ends_at)
        return key_id, key

    def given_secrets(self, vendor_id: str, secrets: Iterator[tuple[str, datetime | None]]) -> None:
        self.cloud.put_secrets(vendor_id, list(secrets)[::-1])

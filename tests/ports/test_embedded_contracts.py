"""The embedded backend keeps every promise of the ports."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from handlers.system import SystemClock, UlidFactory
from handlers.values import BusMessage, Role
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
from tests.ports.contract_system import ClockContract, IdFactoryContract
from tests.ports.examples import NOW

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime, timedelta

    from dvss.embedded.backend import EmbeddedBackend
    from handlers.ports import (
        Clock,
        CredentialStore,
        EventBus,
        EventQueries,
        IdFactory,
        IngestIndex,
        Lanes,
        MappingCatalogue,
        NormalizedStore,
        Outbox,
        QuarantineStore,
        RawStore,
    )
    from handlers.values import Lane
    from tests.ports.examples import ManualClock


class _Stores:
    @pytest.fixture
    def raw(self, backend: EmbeddedBackend) -> RawStore:
        return backend.raw

    @pytest.fixture
    def normalized(self, backend: EmbeddedBackend) -> NormalizedStore:
        return backend.normalized

    @pytest.fixture
    def index(self, backend: EmbeddedBackend) -> IngestIndex:
        return backend.index

    @pytest.fixture
    def queries(self, backend: EmbeddedBackend) -> EventQueries:
        return backend.index

    @pytest.fixture
    def quarantine(self, backend: EmbeddedBackend) -> QuarantineStore:
        return backend.quarantine

    @pytest.fixture
    def outbox(self, backend: EmbeddedBackend) -> Outbox:
        return backend.outbox


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


class TestEventBus(EventBusContract):
    @pytest.fixture
    def bus(self, backend: EmbeddedBackend) -> EventBus:
        self.backend = backend
        return backend.bus

    def received(self, lane: Lane) -> Sequence[BusMessage]:
        return [entry.message for entry in self.backend.lanes.take(lane, 1_000, wait_seconds=0)]

    def delivered(self) -> Sequence[BusMessage]:
        entries = self.backend.feed.after(0, 1_000)
        return [BusMessage(entry.message_id, entry.detail_type, entry.detail) for entry in entries]


class TestLanes(LanesContract):
    @pytest.fixture
    def lanes(self, backend: EmbeddedBackend, clock: ManualClock) -> Lanes:
        self.backend = backend
        self.clock = clock
        return backend.lanes

    def send(self, message: BusMessage) -> None:
        assert self.backend.bus.publish([message]) == []

    def take(self, lane: Lane) -> None:
        assert len(self.backend.lanes.take(lane, 1, wait_seconds=0)) == 1

    def wait(self, period: timedelta) -> None:
        self.clock.at += period


class TestCredentialStore(CredentialStoreContract):
    @pytest.fixture
    def credentials(self, backend: EmbeddedBackend, clock: ManualClock) -> CredentialStore:
        self.backend = backend
        self.clock = clock
        return backend.credentials

    def given_key(self, role: Role, vendor_id: str | None, ends_at: datetime | None) -> tuple[str, str]:
        keys = self.backend.credentials.keys
        issued = keys.add(role, vendor_id)
        if ends_at is not None:
            keys.rotate(issued.key_id, ends_at - self.clock.at)
        return issued.key_id, issued.key

    def given_secrets(self, vendor_id: str, secrets: Iterator[tuple[str, datetime | None]]) -> None:
        store = self.backend.credentials.secrets
        first, ends_at = next(secrets)
        store.add(vendor_id, first)
        for secret, its_end in secrets:
            assert ends_at is not None
            store.rotate(vendor_id, ends_at - self.clock.at, secret)
            ends_at = its_end


class TestMappingCatalogue(MappingCatalogueContract):
    @pytest.fixture
    def mappings(self, backend: EmbeddedBackend) -> MappingCatalogue:
        return backend.mappings


class TestSystemClock(ClockContract):
    @pytest.fixture
    def clock(self) -> Clock:
        return SystemClock()


class TestUlidFactory(IdFactoryContract):
    @pytest.fixture
    def ids(self) -> IdFactory:
        return UlidFactory()

    def test_ids_of_one_millisecond_ascend(self, ids: IdFactory) -> None:
        made = [ids.new_id(NOW) for _ in range(1_000)]
        assert made == sorted(made)

    @pytest.mark.parametrize("byte", [b"\x00", b"\xff"])
    def test_bad_randomness_gives_no_id_twice(self, byte: bytes) -> None:
        ids = UlidFactory(byte.__mul__)
        assert len({ids.new_id(NOW) for _ in range(1_000)}) == 1_000

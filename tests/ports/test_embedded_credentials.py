"""API keys and webhook secrets on SQLite: the contract of operators, and what only this machine has."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from dvss.credentials import CredentialError
from dvss.embedded.backend import DATABASE_NAME
from dvss.embedded.credentials import SqliteCredentialStore
from handlers.values import Principal, Role
from tests.ports.contract_credentials_administration import CredentialsAdministrationContract
from tests.ports.examples import NOW, sha256

if TYPE_CHECKING:
    from pathlib import Path

    from dvss.embedded.backend import EmbeddedBackend
    from tests.ports.examples import ManualClock


class TestEmbeddedAdministration(CredentialsAdministrationContract):
    @pytest.fixture
    def administration(self, backend: EmbeddedBackend) -> SqliteCredentialStore:
        self._credentials = backend.credentials
        return backend.credentials

    def store(self) -> SqliteCredentialStore:
        return self._credentials


def test_a_key_is_stored_as_its_digest_alone(backend: EmbeddedBackend, root: Path) -> None:
    issued = [backend.credentials.keys.add(Role.VENDOR, f"acme-{number}") for number in range(20)]
    backend.close()
    stored = (root / DATABASE_NAME).read_bytes()
    for entry in issued:
        assert entry.key.encode() not in stored
        assert sha256(entry.key.encode()).encode() in stored


def test_the_randomness_is_passed_in(backend: EmbeddedBackend, clock: ManualClock) -> None:
    store = SqliteCredentialStore(backend._database, clock, lambda size: bytes(range(size)))
    issued = store.keys.add(Role.OPERATOR)
    assert issued.key == "dvss_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"
    assert issued.key_id == "key_aaaqeaye"


def test_an_operator_s_key_names_no_vendor(backend: EmbeddedBackend) -> None:
    issued = backend.credentials.keys.add(Role.OPERATOR)
    who = backend.credentials.principal(sha256(issued.key.encode()), NOW)
    assert who == Principal(Role.OPERATOR, issued.key_id)
    with pytest.raises(CredentialError, match="Ask for one or the other"):
        backend.credentials.keys.add(Role.OPERATOR, "acme")
    assert len(backend.credentials.keys.entries()) == 1

"""What operators do to API keys and webhook secrets."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from dvss.embedded.api_keys import ApiKeyEntry, CredentialError
from dvss.embedded.backend import DATABASE_NAME, EmbeddedBackend
from dvss.embedded.credentials import SqliteCredentialStore
from dvss.embedded.webhook_secrets import WebhookSecretEntry
from handlers.values import Principal, Role
from tests.ports.examples import MICROSECOND, NOW, SECOND, at_once, sha256

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from tests.ports.examples import ManualClock

HOUR = timedelta(hours=1)


@pytest.fixture
def store(backend: EmbeddedBackend) -> SqliteCredentialStore:
    return backend.credentials


def principal(store: SqliteCredentialStore, key: str, at: datetime) -> Principal | None:
    return store.principal(sha256(key.encode()), at)


class TestKeys:
    def test_a_key_is_random_and_stored_as_its_digest_alone(
        self, store: SqliteCredentialStore, backend: EmbeddedBackend, root: Path
    ) -> None:
        issued = [store.keys.add(Role.VENDOR, "acme") for _ in range(20)]
        assert all(re.fullmatch(r"dvss_[A-Za-z0-9_-]{43}", entry.key) for entry in issued)
        assert len({entry.key for entry in issued}) == len({entry.key_id for entry in issued}) == 20
        backend.close()
        stored = (root / DATABASE_NAME).read_bytes()
        for entry in issued:
            assert entry.key.encode() not in stored
            assert sha256(entry.key.encode()).encode() in stored

    def test_the_randomness_is_passed_in(self, backend: EmbeddedBackend, clock: ManualClock) -> None:
        store = SqliteCredentialStore(backend._database, clock, lambda size: bytes(range(size)))
        issued = store.keys.add(Role.OPERATOR)
        assert issued.key == "dvss_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"
        assert issued.key_id == "key_aaaqeaye"

    @pytest.mark.parametrize(("role", "vendor_id"), [(Role.VENDOR, None), (Role.VENDOR, ""), (Role.OPERATOR, "acme")])
    def test_a_vendor_s_key_names_its_vendor_and_an_operator_s_none(
        self, store: SqliteCredentialStore, role: Role, vendor_id: str | None
    ) -> None:
        with pytest.raises(CredentialError, match="Ask for one or the other"):
            store.keys.add(role, vendor_id)
        assert store.keys.entries() == []

    def test_after_a_rotation_the_old_key_lasts_for_the_grace(
        self, store: SqliteCredentialStore, clock: ManualClock
    ) -> None:
        old = store.keys.add(Role.VENDOR, "acme")
        new = store.keys.rotate(old.key_id, HOUR)
        assert principal(store, new.key, NOW + 24 * HOUR) == Principal(Role.VENDOR, new.key_id, "acme")
        assert principal(store, old.key, NOW + HOUR - MICROSECOND) == Principal(Role.VENDOR, old.key_id, "acme")
        assert principal(store, old.key, NOW + HOUR) is None
        clock.at = NOW + HOUR / 2
        store.keys.rotate(old.key_id, HOUR)
        assert principal(store, old.key, NOW + HOUR) is None

    def test_a_revoked_key_ends_at_once(self, store: SqliteCredentialStore) -> None:
        kept, revoked = store.keys.add(Role.OPERATOR), store.keys.add(Role.OPERATOR)
        store.keys.revoke(revoked.key_id)
        assert principal(store, revoked.key, NOW) is None
        assert principal(store, kept.key, NOW) == Principal(Role.OPERATOR, kept.key_id)

    def test_what_has_ended_can_be_neither_rotated_nor_revoked(self, store: SqliteCredentialStore) -> None:
        ended = store.keys.add(Role.OPERATOR)
        store.keys.revoke(ended.key_id)
        for key_id in (ended.key_id, "key_unknown"):
            with pytest.raises(CredentialError, match=f"no API key {key_id} in force"):
                store.keys.rotate(key_id, HOUR)
            with pytest.raises(CredentialError, match="List the keys to see their ids"):
                store.keys.revoke(key_id)
        assert len(store.keys.entries()) == 1

    def test_the_list_is_in_order_and_holds_no_key(self, store: SqliteCredentialStore, clock: ManualClock) -> None:
        first = store.keys.add(Role.VENDOR, "acme")
        clock.at += SECOND
        second = store.keys.rotate(first.key_id, HOUR)
        entries = store.keys.entries()
        assert entries == [
            ApiKeyEntry(first.key_id, Role.VENDOR, "acme", NOW, NOW + SECOND + HOUR),
            ApiKeyEntry(second.key_id, Role.VENDOR, "acme", NOW + SECOND, None),
        ]
        assert first.key not in repr(entries)

    def test_of_many_rotations_at_once_each_gives_a_key(self, store: SqliteCredentialStore) -> None:
        old = store.keys.add(Role.VENDOR, "acme")
        issued = at_once(lambda _: store.keys.rotate(old.key_id, HOUR))
        assert len({entry.key for entry in issued}) == 32


class TestSecrets:
    def test_a_given_secret_is_kept_and_a_missing_one_generated(self, store: SqliteCredentialStore) -> None:
        assert store.secrets.add("acme", "given ключ").secret == "given ключ"
        generated = store.secrets.add("zeta").secret
        assert re.fullmatch(r"whsec_[A-Za-z0-9+/]{43}=", generated)
        assert list(store.webhook_secrets("acme", NOW)) == ["given ключ"]
        assert list(store.webhook_secrets("zeta", NOW)) == [generated]

    def test_an_empty_secret_is_refused(self, store: SqliteCredentialStore) -> None:
        with pytest.raises(CredentialError, match="cannot be empty"):
            store.secrets.add("acme", "")
        assert store.secrets.entries() == []

    def test_two_may_be_in_force_and_no_third(self, store: SqliteCredentialStore) -> None:
        first = store.secrets.add("acme", "first")
        store.secrets.add("acme", "second")
        with pytest.raises(CredentialError, match=r"acme has 2 webhook secrets in force already\. Revoke one first\."):
            store.secrets.add("acme", "third")
        store.secrets.revoke(first.secret_id)
        store.secrets.add("acme", "third")
        assert list(store.webhook_secrets("acme", NOW)) == ["third", "second"]

    def test_of_many_added_at_once_two_win(self, store: SqliteCredentialStore) -> None:
        def add(_: int) -> bool:
            try:
                store.secrets.add("acme")
            except CredentialError:
                return False
            return True

        assert at_once(add).count(True) == 2
        assert len(store.webhook_secrets("acme", NOW)) == 2

    def test_after_a_rotation_the_old_secret_lasts_for_the_grace(
        self, store: SqliteCredentialStore, clock: ManualClock
    ) -> None:
        store.secrets.add("acme", "old")
        assert store.secrets.rotate("acme", HOUR, "new").secret == "new"
        assert list(store.webhook_secrets("acme", NOW)) == ["new", "old"]
        assert list(store.webhook_secrets("acme", NOW + HOUR)) == ["new"]
        with pytest.raises(CredentialError, match="has 2 webhook secrets in force; a rotation replaces one"):
            store.secrets.rotate("acme", HOUR)
        clock.at = NOW + HOUR
        generated = store.secrets.rotate("acme", HOUR).secret
        assert list(store.webhook_secrets("acme", clock.at)) == [generated, "new"]

    def test_what_is_not_there_cannot_be_rotated_or_revoked(self, store: SqliteCredentialStore) -> None:
        with pytest.raises(CredentialError, match=r"has 0 webhook secrets in force; .* Add one"):
            store.secrets.rotate("acme", HOUR)
        issued = store.secrets.add("acme")
        store.secrets.revoke(issued.secret_id)
        for secret_id in (issued.secret_id, "secret_unknown"):
            with pytest.raises(CredentialError, match=f"no webhook secret {secret_id} in force"):
                store.secrets.revoke(secret_id)

    def test_the_list_is_in_order_and_holds_no_secret(self, store: SqliteCredentialStore) -> None:
        first = store.secrets.add("acme", "confidential")
        second = store.secrets.rotate("acme", HOUR, "hush")
        entries = store.secrets.entries()
        assert entries == [
            WebhookSecretEntry(first.secret_id, "acme", NOW, NOW + HOUR),
            WebhookSecretEntry(second.secret_id, "acme", NOW, None),
        ]
        assert "confidential" not in repr(entries)

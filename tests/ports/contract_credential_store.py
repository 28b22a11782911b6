"""What every CredentialStore promises."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from handlers.values import Principal, Role
from tests.ports.examples import MICROSECOND, NOW, SECOND, sha256

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from handlers.ports import CredentialStore


class CredentialStoreContract:
    @pytest.fixture
    def credentials(self) -> CredentialStore:
        raise NotImplementedError

    def given_key(self, role: Role, vendor_id: str | None, ends_at: datetime | None) -> tuple[str, str]:
        """Add an API key; its id and the key."""
        raise NotImplementedError

    def given_secrets(self, vendor_id: str, secrets: Iterator[tuple[str, datetime | None]]) -> None:
        """Add webhook secrets with their ends, oldest first."""
        raise NotImplementedError

    def test_a_key_names_who_it_stands_for(self, credentials: CredentialStore) -> None:
        for role, vendor_id in ((Role.VENDOR, "ключ"), (Role.OPERATOR, None)):
            key_id, key = self.given_key(role, vendor_id, None)
            principal = credentials.principal(sha256(key.encode()), NOW + 10**6 * SECOND)
            assert principal == Principal(role, key_id, vendor_id)

    def test_an_unknown_key_names_nobody(self, credentials: CredentialStore) -> None:
        _, key = self.given_key(Role.VENDOR, "acme", None)
        for presented in ("", key, sha256(key.encode()).upper(), sha256(key.encode() + b"x")):
            assert credentials.principal(presented, NOW) is None

    def test_a_key_is_refused_from_its_end_on(self, credentials: CredentialStore) -> None:
        key_id, key = self.given_key(Role.VENDOR, "acme", NOW + 60 * SECOND)
        digest = sha256(key.encode())
        before = credentials.principal(digest, NOW + 60 * SECOND - MICROSECOND)
        assert before == Principal(Role.VENDOR, key_id, "acme")
        assert credentials.principal(digest, NOW + 60 * SECOND) is None

    def test_secrets_are_the_vendor_s_own_newest_first(self, credentials: CredentialStore) -> None:
        self.given_secrets("acme", iter([("first ключ", NOW + 60 * SECOND), ("second", None)]))
        self.given_secrets("zeta", iter([("other", None)]))
        assert list(credentials.webhook_secrets("acme", NOW)) == ["second", "first ключ"]
        assert list(credentials.webhook_secrets("zeta", NOW)) == ["other"]
        assert list(credentials.webhook_secrets("nobody", NOW)) == []

    def test_a_secret_is_not_in_force_from_its_end_on(self, credentials: CredentialStore) -> None:
        self.given_secrets("acme", iter([("first", NOW + 60 * SECOND), ("second", None)]))
        before = credentials.webhook_secrets("acme", NOW + 60 * SECOND - MICROSECOND)
        after = credentials.webhook_secrets("acme", NOW + 60 * SECOND)
        assert (list(before), list(after)) == (["second", "first"], ["second"])

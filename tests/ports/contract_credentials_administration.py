"""What operators may rely on wherever credentials are kept."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from dvss.credentials import ApiKeyEntry, CredentialError, WebhookSecretEntry
from handlers.values import Principal, Role
from tests.ports.examples import MICROSECOND, NOW, SECOND, at_once, sha256

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from dvss.credentials import CredentialsAdministration
    from handlers.ports import CredentialStore
    from tests.ports.examples import ManualClock

HOUR = timedelta(hours=1)


class CredentialsAdministrationContract:
    """Of the vendors ``vendorA``, which sends API keys, and ``square`` and ``shopify``, which sign."""

    @pytest.fixture
    def administration(self) -> CredentialsAdministration:
        raise NotImplementedError

    def store(self) -> CredentialStore:
        """What entry points ask, with nothing in its cache."""
        raise NotImplementedError

    def principal(self, key: str, at: datetime) -> Principal | None:
        return self.store().principal(sha256(key.encode()), at)

    def secrets(self, vendor_id: str, at: datetime) -> Sequence[str]:
        return list(self.store().webhook_secrets(vendor_id, at))

    def test_a_key_is_random(self, administration: CredentialsAdministration) -> None:
        issued = [
            administration.keys.add(Role.VENDOR, vendor_id)
            for vendor_id in ("vendorA", "square", "shopify")
            for _ in range(2)
        ]
        assert all(re.fullmatch(r"dvss_[A-Za-z0-9_-]{43}", entry.key) for entry in issued)
        assert len({entry.key for entry in issued}) == len({entry.key_id for entry in issued}) == 6

    def test_a_new_key_stands_for_its_vendor(self, administration: CredentialsAdministration) -> None:
        issued = administration.keys.add(Role.VENDOR, "vendorA")
        assert self.principal(issued.key, NOW) == Principal(Role.VENDOR, issued.key_id, "vendorA")

    @pytest.mark.parametrize("vendor_id", [None, ""])
    def test_a_vendor_s_key_names_its_vendor(
        self, administration: CredentialsAdministration, vendor_id: str | None
    ) -> None:
        with pytest.raises(CredentialError, match="A vendor's key names its vendor"):
            administration.keys.add(Role.VENDOR, vendor_id)
        assert list(administration.keys.entries()) == []

    def test_after_a_rotation_the_old_key_lasts_for_the_grace(
        self, administration: CredentialsAdministration, clock: ManualClock
    ) -> None:
        old = administration.keys.add(Role.VENDOR, "vendorA")
        new = administration.keys.rotate(old.key_id, HOUR)
        assert self.principal(new.key, NOW + 24 * HOUR) == Principal(Role.VENDOR, new.key_id, "vendorA")
        assert self.principal(old.key, NOW + HOUR - MICROSECOND) == Principal(Role.VENDOR, old.key_id, "vendorA")
        assert self.principal(old.key, NOW + HOUR) is None
        clock.at = NOW + HOUR / 2
        administration.keys.revoke(new.key_id)
        administration.keys.rotate(old.key_id, HOUR)
        assert self.principal(old.key, NOW + HOUR) is None

    def test_without_a_grace_the_old_key_ends_at_once(self, administration: CredentialsAdministration) -> None:
        old = administration.keys.add(Role.VENDOR, "vendorA")
        administration.keys.rotate(old.key_id, timedelta(0))
        assert self.principal(old.key, NOW) is None

    def test_a_revoked_key_ends_at_once(self, administration: CredentialsAdministration) -> None:
        kept, revoked = (administration.keys.add(Role.VENDOR, "vendorA") for _ in range(2))
        administration.keys.revoke(revoked.key_id)
        assert self.principal(revoked.key, NOW) is None
        assert self.principal(kept.key, NOW) == Principal(Role.VENDOR, kept.key_id, "vendorA")

    def test_what_has_ended_can_be_neither_rotated_nor_revoked(
        self, administration: CredentialsAdministration, clock: ManualClock
    ) -> None:
        ended = administration.keys.add(Role.VENDOR, "vendorA")
        administration.keys.revoke(ended.key_id)
        rotated = administration.keys.add(Role.VENDOR, "vendorA")
        administration.keys.rotate(rotated.key_id, HOUR)
        clock.at = NOW + HOUR
        for key_id in (ended.key_id, rotated.key_id, "key_unknown"):
            with pytest.raises(CredentialError, match=f"no API key {key_id} in force"):
                administration.keys.rotate(key_id, HOUR)
            with pytest.raises(CredentialError, match="List the keys to see their ids"):
                administration.keys.revoke(key_id)
        assert len(administration.keys.entries()) == 3

    def test_the_list_of_keys_is_in_order_and_holds_no_key(
        self, administration: CredentialsAdministration, clock: ManualClock
    ) -> None:
        first = administration.keys.add(Role.VENDOR, "vendorA")
        clock.at += SECOND
        second = administration.keys.rotate(first.key_id, HOUR)
        clock.at += SECOND
        third = administration.keys.add(Role.VENDOR, "square")
        administration.keys.revoke(third.key_id)
        entries = list(administration.keys.entries())
        assert entries == [
            ApiKeyEntry(first.key_id, Role.VENDOR, "vendorA", NOW, NOW + SECOND + HOUR),
            ApiKeyEntry(second.key_id, Role.VENDOR, "vendorA", NOW + SECOND, None),
            ApiKeyEntry(third.key_id, Role.VENDOR, "square", NOW + 2 * SECOND, NOW + 2 * SECOND),
        ]
        assert not [one for one in (first, second, third) if one.key in repr(entries)]

    def test_two_keys_may_be_in_force_and_no_third(
        self, administration: CredentialsAdministration, clock: ManualClock
    ) -> None:
        first, second = (administration.keys.add(Role.VENDOR, "vendorA") for _ in range(2))
        refusal = r"vendorA has 2 API keys in force already\. Revoke one first\."
        with pytest.raises(CredentialError, match=refusal):
            administration.keys.add(Role.VENDOR, "vendorA")
        with pytest.raises(CredentialError, match=refusal):
            administration.keys.rotate(first.key_id, HOUR)
        assert [entry.ends_at for entry in administration.keys.entries()] == [None, None]
        third = administration.keys.rotate(first.key_id, timedelta(0))
        administration.keys.revoke(second.key_id)
        fourth = administration.keys.rotate(third.key_id, HOUR)
        with pytest.raises(CredentialError, match=refusal):
            administration.keys.rotate(fourth.key_id, HOUR)
        clock.at = NOW + HOUR
        fifth = administration.keys.add(Role.VENDOR, "vendorA")
        in_force = [one for one in (first, second, third, fourth, fifth) if self.principal(one.key, clock.at)]
        assert in_force == [fourth, fifth]
        assert administration.keys.add(Role.VENDOR, "square").key

    def test_of_many_rotations_at_once_one_wins(self, administration: CredentialsAdministration) -> None:
        old = administration.keys.add(Role.VENDOR, "vendorA")

        def rotate(_: int) -> str | None:
            try:
                return administration.keys.rotate(old.key_id, HOUR).key
            except CredentialError:
                return None

        (new,) = filter(None, at_once(rotate))
        assert self.principal(new, NOW)
        assert self.principal(old.key, NOW)

    def test_a_given_secret_is_kept_and_a_missing_one_generated(
        self, administration: CredentialsAdministration
    ) -> None:
        assert administration.secrets.add("square", "given ключ").secret == "given ключ"
        generated = administration.secrets.add("shopify").secret
        assert re.fullmatch(r"whsec_[A-Za-z0-9+/]{43}=", generated)
        assert self.secrets("square", NOW) == ["given ключ"]
        assert self.secrets("shopify", NOW) == [generated]

    def test_an_empty_secret_is_refused(self, administration: CredentialsAdministration) -> None:
        with pytest.raises(CredentialError, match="cannot be empty"):
            administration.secrets.add("square", "")
        assert list(administration.secrets.entries()) == []

    def test_two_secrets_may_be_in_force_and_no_third(self, administration: CredentialsAdministration) -> None:
        first = administration.secrets.add("square", "first")
        administration.secrets.add("square", "second")
        with pytest.raises(
            CredentialError, match=r"square has 2 webhook secrets in force already\. Revoke one first\."
        ):
            administration.secrets.add("square", "third")
        administration.secrets.revoke(first.secret_id)
        administration.secrets.add("square", "third")
        assert self.secrets("square", NOW) == ["third", "second"]

    def test_of_many_secrets_added_at_once_two_win(self, administration: CredentialsAdministration) -> None:
        def add(_: int) -> bool:
            try:
                administration.secrets.add("square")
            except CredentialError:
                return False
            return True

        assert at_once(add).count(True) == 2
        assert len(self.secrets("square", NOW)) == 2

    def test_after_a_rotation_the_old_secret_lasts_for_the_grace(
        self, administration: CredentialsAdministration, clock: ManualClock
    ) -> None:
        administration.secrets.add("square", "old")
        assert administration.secrets.rotate("square", HOUR, "new").secret == "new"
        assert self.secrets("square", NOW) == ["new", "old"]
        assert self.secrets("square", NOW + HOUR) == ["new"]
        with pytest.raises(CredentialError, match="has 2 webhook secrets in force; a rotation replaces one"):
            administration.secrets.rotate("square", HOUR)
        clock.at = NOW + HOUR
        generated = administration.secrets.rotate("square", HOUR).secret
        assert self.secrets("square", clock.at) == [generated, "new"]

    def test_a_secret_that_is_not_there_cannot_be_rotated_or_revoked(
        self, administration: CredentialsAdministration
    ) -> None:
        with pytest.raises(CredentialError, match=r"has 0 webhook secrets in force; .* Add one"):
            administration.secrets.rotate("square", HOUR)
        issued = administration.secrets.add("square")
        administration.secrets.revoke(issued.secret_id)
        for secret_id in (issued.secret_id, "secret_unknown"):
            with pytest.raises(CredentialError, match=f"no webhook secret {secret_id} in force"):
                administration.secrets.revoke(secret_id)
        assert self.secrets("square", NOW) == []

    def test_the_list_of_secrets_is_in_order_and_holds_no_secret(
        self, administration: CredentialsAdministration, clock: ManualClock
    ) -> None:
        first = administration.secrets.add("square", "confidential")
        clock.at += SECOND
        second = administration.secrets.rotate("square", HOUR, "hush")
        clock.at += SECOND
        third = administration.secrets.add("shopify", "silence")
        administration.secrets.revoke(second.secret_id)
        entries = list(administration.secrets.entries())
        assert entries == [
            WebhookSecretEntry(first.secret_id, "square", NOW, NOW + SECOND + HOUR),
            WebhookSecretEntry(second.secret_id, "square", NOW + SECOND, NOW + 2 * SECOND),
            WebhookSecretEntry(third.secret_id, "shopify", NOW + 2 * SECOND, None),
        ]
        assert not [one for one in ("confidential", "hush", "silence") if one in repr(entries)]

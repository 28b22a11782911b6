"""How long credentials are kept, how long they are served while their stores fail, and what is never served."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from handlers.aws import expiring_cache
from handlers.aws.credentials import AwsCredentials, token_key
from handlers.values import ConfigurationError, Principal, Role, TransientError
from tests.ports.aws import PARAMETER_PREFIX
from tests.ports.aws_faults import json_error
from tests.ports.examples import NOW, SECOND, ManualClock, sha256

if TYPE_CHECKING:
    from handlers.aws.expiring_cache import ExpiringCache
    from tests.ports.aws import Cloud

DIGEST = sha256(b"key")
OWNER = Principal(Role.VENDOR, "key_1", "acme")
DOWN = json_error("AccessDeniedException")
GET_KEY, GET_SECRETS = "dynamodb.GetItem", "ssm.GetParameter"


def credentials(cloud: Cloud, clock: ManualClock, jitter: float = 0.0) -> AwsCredentials:
    return AwsCredentials(
        cloud.clients,
        vendor_mappings="dvss-vendor-mappings-test",
        parameter_prefix=PARAMETER_PREFIX,
        clock=clock,
        random=lambda: jitter,
    )


@pytest.mark.parametrize(("jitter", "seconds"), [(0.0, 60), (0.5, 54), (1.0, 48)])
def test_what_was_read_is_kept_for_a_minute_at_the_most(
    cloud: Cloud, clock: ManualClock, jitter: float, seconds: int
) -> None:
    cloud.put_api_key(DIGEST, OWNER)
    cloud.put_secrets("acme", [("secret", None)])
    cloud.wire.reset()
    store = credentials(cloud, clock, jitter)
    for after, times in ((0, 1), (seconds - 1, 1), (seconds, 2)):
        clock.at = NOW + after * SECOND
        assert store.principal(DIGEST, clock.at) == OWNER
        assert list(store.webhook_secrets("acme", clock.at)) == ["secret"]
        assert cloud.wire.counted() == {GET_KEY: times, GET_SECRETS: times}


def test_what_changed_is_in_force_within_a_minute(cloud: Cloud, clock: ManualClock) -> None:
    cloud.put_api_key(DIGEST, OWNER)
    cloud.put_secrets("acme", [("old", None)])
    store = credentials(cloud, clock)
    store.principal(DIGEST, NOW)
    store.webhook_secrets("acme", NOW)
    cloud.put_api_key(DIGEST, OWNER, NOW)
    cloud.put_secrets("acme", [("new", None), ("old", None)])
    clock.at = NOW + 60 * SECOND
    assert store.principal(DIGEST, clock.at) is None
    assert list(store.webhook_secrets("acme", clock.at)) == ["new", "old"]


def test_an_end_is_kept_to_although_the_key_is_in_the_cache(cloud: Cloud, clock: ManualClock) -> None:
    cloud.put_api_key(DIGEST, OWNER, NOW + 10 * SECOND)
    store = credentials(cloud, clock)
    assert store.principal(DIGEST, NOW) == OWNER
    assert store.principal(DIGEST, NOW + 10 * SECOND) is None
    assert cloud.wire.counted()[GET_KEY] == 1


def test_while_the_stores_fail_the_last_answer_counts_for_five_minutes(cloud: Cloud, clock: ManualClock) -> None:
    cloud.put_api_key(DIGEST, OWNER)
    cloud.put_secrets("acme", [("secret", None)])
    store = credentials(cloud, clock)
    store.principal(DIGEST, NOW)
    store.webhook_secrets("acme", NOW)
    for seconds in (60, 299):
        clock.at = NOW + seconds * SECOND
        cloud.wire.fail(GET_KEY, DOWN)
        cloud.wire.fail(GET_SECRETS, DOWN)
        assert store.principal(DIGEST, clock.at) == OWNER
        assert list(store.webhook_secrets("acme", clock.at)) == ["secret"]
    clock.at = NOW + 300 * SECOND
    cloud.wire.fail(GET_KEY, DOWN)
    cloud.wire.fail(GET_SECRETS, DOWN)
    with pytest.raises(TransientError):
        store.principal(DIGEST, clock.at)
    with pytest.raises(TransientError):
        store.webhook_secrets("acme", clock.at)
    assert store.principal(DIGEST, clock.at) == OWNER
    assert list(store.webhook_secrets("acme", clock.at)) == ["secret"]


def test_an_end_is_kept_to_although_the_store_fails(cloud: Cloud, clock: ManualClock) -> None:
    cloud.put_secrets("acme", [("new", None), ("old", NOW + 90 * SECOND)])
    store = credentials(cloud, clock)
    store.webhook_secrets("acme", NOW)
    clock.at = NOW + 90 * SECOND
    cloud.wire.fail(GET_SECRETS, DOWN)
    assert list(store.webhook_secrets("acme", clock.at)) == ["new"]


def test_what_was_never_read_is_not_known_while_the_stores_fail(cloud: Cloud, clock: ManualClock) -> None:
    store = credentials(cloud, clock)
    cloud.wire.fail(GET_KEY, DOWN)
    cloud.wire.fail(GET_SECRETS, DOWN)
    with pytest.raises(TransientError):
        store.principal(DIGEST, NOW)
    with pytest.raises(TransientError):
        store.webhook_secrets("acme", NOW)


def test_that_a_key_is_unknown_is_kept_for_ten_seconds_and_never_served_later(cloud: Cloud, clock: ManualClock) -> None:
    store = credentials(cloud, clock)
    for seconds, times in ((0, 1), (9, 1), (10, 2)):
        clock.at = NOW + seconds * SECOND
        assert store.principal(DIGEST, clock.at) is None
        assert list(store.webhook_secrets("acme", clock.at)) == []
        assert cloud.wire.counted() == {GET_KEY: times, GET_SECRETS: times}
    clock.at = NOW + 20 * SECOND
    cloud.wire.fail(GET_KEY, DOWN)
    with pytest.raises(TransientError):
        store.principal(DIGEST, clock.at)
    cloud.put_api_key(DIGEST, OWNER)
    assert store.principal(DIGEST, clock.at) == OWNER


@pytest.fixture
def cache(clock: ManualClock, monkeypatch: pytest.MonkeyPatch) -> ExpiringCache[str]:
    """Knows what begins with "known"; keeps four of them, and three of the others. ``reads`` is what it asked for."""
    monkeypatch.setattr(expiring_cache, "MOST_KNOWN", 4)
    monkeypatch.setattr(expiring_cache, "MOST_UNKNOWN", 3)
    self_reads: list[str] = []

    def read(name: str) -> str | None:
        self_reads.append(name)
        return name if name.startswith("known") else None

    made = expiring_cache.ExpiringCache(read, clock, lambda: 0.0)
    made.reads = self_reads  # type: ignore[attr-defined] # for the test to look at
    return made


def test_tries_of_unknown_keys_are_bounded_and_push_out_no_known_one(cache: ExpiringCache[str]) -> None:
    names = ["known-1", *(f"try-{number}" for number in range(50)), "known-1", "try-49", "try-0"]
    for name in names:
        assert cache.get(name) == (name if name.startswith("known") else None)
    reads = cache.reads  # type: ignore[attr-defined] # see above
    assert reads == [*names[:51], "try-0"]
    assert len(cache._unknown) == 3


def test_known_ones_are_bounded_too(cache: ExpiringCache[str]) -> None:
    for number in [*range(6), 5, 0]:
        assert cache.get(f"known-{number}") == f"known-{number}"
    assert cache.reads[6:] == ["known-0"]  # type: ignore[attr-defined] # see above
    assert len(cache._known) == 4


@pytest.mark.parametrize(
    "text",
    [
        "unset",
        "{}",
        "[]",
        '{"active":[{}]}',
        '{"active":[{"secret":""}]}',
        '{"active":[{"secret":"s","notAfter":"tomorrow"}]}',
        '{"active":[{"secret":"s","notAfter":"2026-01-30T20:15:12"}]}',
        '{"active":"s"}',
    ],
)
def test_secrets_that_cannot_be_read_verify_nothing(cloud: Cloud, clock: ManualClock, text: str) -> None:
    cloud.put_parameter("vendors/acme/secrets", text)
    with pytest.raises(TransientError, match="/dvss/test/vendors/acme/secrets") as caught:
        credentials(cloud, clock).webhook_secrets("acme", NOW)
    assert caught.value.__cause__ is None


def test_of_three_secrets_the_two_newest_count(cloud: Cloud, clock: ManualClock) -> None:
    cloud.put_secrets("acme", [("c", None), ("b", None), ("a", None)])
    cloud.put_secrets("zeta", [])
    store = credentials(cloud, clock)
    assert list(store.webhook_secrets("acme", NOW)) == ["c", "b"]
    assert list(store.webhook_secrets("zeta", NOW)) == []


def test_the_token_key_is_that_of_the_parameter(cloud: Cloud) -> None:
    cloud.put_parameter("token-key", "0f" * 32)
    assert token_key(cloud.clients, PARAMETER_PREFIX) == b"\x0f" * 32


@pytest.mark.parametrize("text", [None, "unset", "0f" * 31, "0F" * 32, "0f" * 32 + "\n"])
def test_without_a_token_key_nothing_starts(cloud: Cloud, text: str | None) -> None:
    if text is not None:
        cloud.put_parameter("token-key", text)
    with pytest.raises(ConfigurationError, match="/dvss/test/token-key") as caught:
        token_key(cloud.clients, PARAMETER_PREFIX)
    assert text is None or text not in str(caught.value)

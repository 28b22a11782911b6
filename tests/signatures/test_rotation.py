"""Credentials that are exchanged while requests come in, revoked, or not to be had."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from handlers.values import TransientError
from tests.handlers.world import envelope
from tests.ports.aws_faults import json_error
from tests.signatures.deliveries import SENDERS, Sender, post

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from tests.aws.world import CloudWorld
    from tests.handlers.world import World

GRACE = timedelta(hours=1)
SENDER = SENDERS["square"]
senders = pytest.mark.parametrize("sender", SENDERS.values(), ids=SENDERS)


def sent(world: World, sender: Sender, secret: str) -> int:
    return post(world, sender, sender.sign(world, secret=secret)).status


@senders
def test_the_old_secret_is_good_during_the_grace_and_not_after_it(embedded: World, sender: Sender) -> None:
    old, new = sender.signer.before, sender.signer.secret
    secrets = embedded.backend.credentials.secrets
    for entry in secrets.entries():
        secrets.revoke(entry.secret_id)
    sender.install(embedded)
    secrets.revoke(secrets.entries()[-1].secret_id)
    secrets.add(sender.vendor_id, old)
    assert (sent(embedded, sender, old), sent(embedded, sender, new)) == (202, 401)
    secrets.rotate(sender.vendor_id, GRACE, new)
    embedded.clock.advance(seconds=GRACE.total_seconds() - 1)
    assert {sent(embedded, sender, old), sent(embedded, sender, new)} <= {200, 202}
    embedded.clock.advance(seconds=1)
    assert (sent(embedded, sender, old), sent(embedded, sender, new)) == (401, 200)


def test_on_aws_a_rotated_secret_is_known_within_a_minute_and_the_old_one_ends_to_the_second(
    cloud_world: CloudWorld,
) -> None:
    old, new = SENDER.signer.before, SENDER.signer.secret
    cloud_world.put_secret("square", old)
    assert sent(cloud_world, SENDER, old) == 202
    end = cloud_world.clock.now() + GRACE
    rotated: Sequence[tuple[str, datetime | None]] = [(new, None), (old, end)]
    cloud_world.cloud.put_secrets("square", rotated)
    assert sent(cloud_world, SENDER, old) == 200
    cloud_world.clock.advance(seconds=60)
    assert (sent(cloud_world, SENDER, old), sent(cloud_world, SENDER, new)) == (200, 200)
    cloud_world.clock.moment = end - timedelta(seconds=1)
    assert (sent(cloud_world, SENDER, old), sent(cloud_world, SENDER, new)) == (200, 200)
    cloud_world.clock.moment = end
    assert (sent(cloud_world, SENDER, old), sent(cloud_world, SENDER, new)) == (401, 200)


class Meanwhile:
    """A companion of the database: sends a request in the middle of each transaction."""

    def __init__(self, world: World, keys: list[str]) -> None:
        self._world = world
        self._keys = keys
        self.statuses: list[int] = []

    def write(self, _: object) -> None:
        self.statuses += [asked(self._world, key) for key in self._keys]

    def written(self) -> None:
        self.statuses += [asked(self._world, key) for key in self._keys]


def asked(world: World, key: str) -> int:
    """A request that only reads; 404 is the answer to who is let in."""
    return world.call(
        "GET",
        "/v1/events/{externalEventId}",
        pathParameters={"externalEventId": "none"},
        headers={"x-api-key": key},
    ).status


def test_no_request_is_refused_while_a_key_is_rotated_and_the_next_one_after_it_is_revoked(embedded: World) -> None:
    keys = embedded.backend.credentials.keys
    (entry,) = keys.entries()
    meanwhile = Meanwhile(embedded, [embedded.api_key])
    embedded.backend._database.accompany(meanwhile)
    new = keys.rotate(entry.key_id, GRACE)
    assert meanwhile.statuses == [404, 404]
    for _ in range(60):
        assert (asked(embedded, embedded.api_key), asked(embedded, new.key)) == (404, 404)
        embedded.clock.advance(minutes=1)
    assert (asked(embedded, embedded.api_key), asked(embedded, new.key)) == (401, 404)
    keys.revoke(new.key_id)
    assert asked(embedded, new.key) == 401


def test_on_aws_a_revoked_key_is_refused_within_a_minute(cloud_world: CloudWorld) -> None:
    table = "dvss-vendor-mappings-test"
    assert cloud_world.post(envelope("a")).status == 202
    (item,) = (
        one
        for one in cloud_world.cloud.clients.dynamodb.scan(TableName=table)["Items"]
        if one["vendorId"]["S"].startswith("key#")
    )
    cloud_world.cloud.clients.dynamodb.delete_item(
        TableName=table, Key={name: item[name] for name in ("vendorId", "mappingVersion")}
    )
    cloud_world.clock.advance(seconds=60)
    assert cloud_world.post(envelope("b")).status == 401


def test_while_the_store_of_secrets_fails_the_last_ones_count_for_five_minutes_and_nothing_unsigned_does(
    cloud_world: CloudWorld,
) -> None:
    SENDER.install(cloud_world)
    good, wrong = SENDER.signer.secret, SENDER.signer.other
    assert sent(cloud_world, SENDER, good) == 202
    cloud_world.cloud.wire.fail_always("ssm.GetParameter", json_error("InternalServerError", 500))
    cloud_world.clock.advance(seconds=299)
    assert (sent(cloud_world, SENDER, good), sent(cloud_world, SENDER, wrong)) == (200, 401)
    cloud_world.clock.advance(seconds=1)
    before = cloud_world.traces()
    answer = post(cloud_world, SENDER, SENDER.sign(cloud_world))
    assert (answer.status, answer.body["code"], answer.headers["retry-after"]) == (503, "UNAVAILABLE", "1")
    assert sent(cloud_world, SENDER, wrong) == 503
    assert cloud_world.traces() == before
    cloud_world.cloud.wire.forget_faults()
    assert (sent(cloud_world, SENDER, good), sent(cloud_world, SENDER, wrong)) == (200, 401)


def test_on_one_machine_a_store_of_secrets_that_fails_lets_nobody_in(embedded: World) -> None:
    SENDER.install(embedded)

    class Failing:
        """A database whose disk does not answer."""

        def webhook_secrets(self, *_: object) -> Sequence[str]:
            message = "The database did not take part."
            raise TransientError(message)

    embedded.put_in(credentials=Failing())
    for secret in (SENDER.signer.secret, SENDER.signer.other):
        assert sent(embedded, SENDER, secret) == 503
    assert embedded.traces() == (0, 0, 0)


def test_a_burst_of_unknown_vendors_asks_the_store_no_more_than_a_known_one(cloud_world: CloudWorld) -> None:
    from dataclasses import replace

    SENDER.install(cloud_world)
    cloud_world.cloud.wire.reset()
    wrong = SENDER.sign(cloud_world, secret=SENDER.signer.other)
    statuses = {post(cloud_world, replace(SENDER, vendor_id=f"nobody-{number}"), wrong).status for number in range(200)}
    assert statuses == {401}
    assert sum(cloud_world.cloud.wire.counted().values()) <= 1

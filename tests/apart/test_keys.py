"""Different vendors and ids never share a key, nobody's prefix begins another's, and no id leaves its folder."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generated.registry import REGISTRY
from handlers.aws.credentials import api_key_key, secrets_parameter
from handlers.aws.items import dispatch, dispatch_at, id_shard, ingest_key, quarantine_key
from handlers.core.object_keys import event_id, normalized_key, raw_key, vendor_part
from handlers.core.quarantine import conflict_id
from handlers.system import UlidFactory
from handlers.values import IdempotencyKey, Lane
from tests.apart.hostile_ids import VENDOR_IDS, texts, vendor_ids
from tests.ports.examples import AWKWARD_TEXTS, NOW, SECOND, ingest_record, quarantine_record

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.handlers.world import World

PREFIX = "/dvss/test"
ulids = st.builds(lambda: UlidFactory().new_id(NOW))
Pair = tuple[str, str]
conflicts = st.tuples(texts, st.text("0123456789abcdef", min_size=64, max_size=64))
pairs = st.tuples(vendor_ids, st.one_of(ulids, texts))
KEYS: dict[str, Callable[[str, str], Any]] = {
    "raw object": lambda vendor, name: raw_key(vendor, name, NOW),
    "normalized object": lambda event_type, name: normalized_key(event_type, name, NOW),
    "row of the index": lambda vendor, name: ingest_key(IdempotencyKey(vendor, name)),
    "quarantine record": quarantine_key,
    "conflict": lambda vendor, name: quarantine_key(vendor, conflict_id(IdempotencyKey(vendor, name), "0" * 64)),
}


def made(key: Callable[[str, str], Any], pair: Pair) -> Any:
    """The key, or None where it is refused."""
    with suppress(ValueError):
        return key(*pair)
    return None


@pytest.mark.parametrize("kind", KEYS)
@given(one=pairs, other=pairs)
def test_different_vendors_or_ids_have_different_keys(kind: str, one: Pair, other: Pair) -> None:
    keys = [made(KEYS[kind], pair) for pair in (one, other)]
    assert one == other or None in keys or keys[0] != keys[1]


@given(conflicts, conflicts)
def test_payloads_and_ids_that_differ_are_conflicts_that_differ(one: Pair, other: Pair) -> None:
    ids = [conflict_id(IdempotencyKey("v", name), digest) for name, digest in (one, other)]
    assert (ids[0] == ids[1]) is (one == other)


@given(st.lists(vendor_ids, min_size=2, max_size=6, unique=True), st.one_of(ulids, texts))
def test_a_key_begins_with_its_own_vendors_prefix_and_with_no_others(vendors: list[str], name: str) -> None:
    for vendor_id in vendors:
        key = made(KEYS["raw object"], (vendor_id, name))
        if key is not None:
            assert [other for other in vendors if key.startswith(f"raw/{other}/")] == [vendor_id]


@given(vendor_ids, st.one_of(ulids, texts))
def test_a_key_stays_in_its_folder(vendor_id: str, name: str) -> None:
    for kind, folder in (("raw object", "raw"), ("normalized object", "normalized")):
        key = made(KEYS[kind], (vendor_id, name))
        if key is not None:
            parts = key.split("/")
            assert (len(parts), parts[:2], parts[5]) == (6, [folder, vendor_id], f"{name}.json")
            assert key.isascii()
            assert key.isprintable()
            assert not {"", ".", ".."} & set(parts)


@pytest.mark.parametrize("vendor_id", VENDOR_IDS)
def test_what_cannot_be_a_vendor_has_no_place(vendor_id: str) -> None:
    for place in (
        vendor_part,
        lambda vendor: raw_key(vendor, "x", NOW),
        lambda vendor: secrets_parameter(PREFIX, vendor),
    ):
        with pytest.raises(ValueError, match="no part of a key"):
            place(vendor_id)


def test_every_vendor_that_there_is_has_a_place_of_its_own() -> None:
    vendors = REGISTRY.vendor_ids()
    assert len({secrets_parameter(PREFIX, vendor) for vendor in vendors}) == len(vendors)
    assert len({raw_key(vendor, "x", NOW) for vendor in vendors}) == len(vendors)


@given(vendor_ids, vendor_ids)
def test_a_vendors_secrets_lie_under_no_other_name(one: str, other: str) -> None:
    names = [made(lambda vendor, _: secrets_parameter(PREFIX, vendor), (vendor, "")) for vendor in (one, other)]
    assert one == other or None in names or names[0] != names[1]


@given(st.tuples(vendor_ids, ulids), st.tuples(vendor_ids, ulids))
def test_vendors_share_no_part_of_the_index_by_ingest_id(one: Pair, other: Pair) -> None:
    assert one[0] == other[0] or id_shard(*one) != id_shard(*other)


@given(ulids, ulids, st.timedeltas(min_value=0 * SECOND, max_value=10**8 * SECOND))
def test_markers_of_two_events_are_two_and_sort_by_their_time(one: str, other: str, later: Any) -> None:
    assert one == other or dispatch_at(NOW, one) != dispatch_at(NOW, other)
    assert dispatch_at(NOW, one) < dispatch_at(NOW + later + SECOND, other)
    assert len({dispatch(lane, one) for lane in (*Lane, "parked")}) == len(Lane) + 1


@given(ulids, ulids, st.integers(0, 999), st.integers(0, 999))
def test_canonical_events_of_two_ingest_ids_never_have_one_id(one: str, other: str, first: int, second: int) -> None:
    assert (event_id(one, first) == event_id(other, second)) is ((one, first) == (other, second))


@given(vendor_ids, st.text("0123456789abcdef", min_size=64, max_size=64))
def test_no_vendors_mappings_lie_where_keys_and_locks_do(vendor_id: str, digest: str) -> None:
    with suppress(ValueError):
        assert vendor_part(vendor_id) not in {"#keys", "#lock", "#deployed", api_key_key(digest)["vendorId"]["S"]}


def test_stores_keep_ids_apart_that_are_alike(world: World) -> None:
    """Below the checks of the surface: whatever were let through would still be nobody else's."""
    ids = [*AWKWARD_TEXTS, "a/b", "a", "b", "A", "a ", "a\x00b", "a#b", "a/b#c", "\u202ea", "\uff41"]
    keys = [IdempotencyKey(vendor, name) for vendor in ("ven", "vendor", "ven/a", "Ven") for name in ids]
    records = [replace(ingest_record(number), key=key) for number, key in enumerate(keys, 1)]
    for number in range(0, len(records), 25):
        assert set(world.app.index.accept(records[number : number + 25])) == {None}
    found = world.app.index.read(keys, consistent=True)
    assert [found[key].ingest_id for key in keys] == [record.ingest_id for record in records]


def test_quarantine_keeps_ids_apart_that_are_alike(world: World) -> None:
    pairs = [(vendor, name) for vendor in ("ven", "vendor", "ven#C") for name in ("a", "A", "C#a#b", "C#a", "a/b", "é")]
    for number, (vendor, name) in enumerate(pairs):
        record = replace(quarantine_record(number), vendor_id=vendor, item_id=name)
        assert world.app.quarantine.put_if_absent(record)
    for number, (vendor, name) in enumerate(pairs):
        kept = world.app.quarantine.get(vendor, name)
        assert kept is not None
        assert kept.ingest_id == quarantine_record(number).ingest_id

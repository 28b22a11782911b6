"""What is deployed is told: each vendor's mapping with its contracts."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from generated.registry import REGISTRY
from handlers.core.catalogue import publish
from handlers.values import PublishedMapping
from tests.handlers.deployments import OTHER_VERSION, profile_of
from tests.handlers.world import OtherRegistry

if TYPE_CHECKING:
    from tests.handlers.world import World


def test_every_vendors_mapping_is_told_with_its_contracts(world: World) -> None:
    publish(world.app)
    told = {one.vendor_id: one for one in world.app.mappings.published()}
    assert told.keys() == set(REGISTRY.vendor_ids())
    profile = profile_of("square")
    assert told["square"] == PublishedMapping(
        "square", profile.mapping_version, world.clock.now(), REGISTRY.contracts("square")
    )
    assert REGISTRY.contracts("square")


def test_a_mapping_that_another_replaced_stays_in_the_catalogue(world: World) -> None:
    publish(world.app)
    world.clock.advance(hours=1)
    world.use(OtherRegistry(replace(profile_of("square"), mapping_version=OTHER_VERSION)))
    publish(world.app)
    versions = {one.mapping_version for one in world.app.mappings.published() if one.vendor_id == "square"}
    assert versions == {profile_of("square").mapping_version, OTHER_VERSION}
    deployed = {one.mapping_version for one in world.app.mappings.deployed() if one.vendor_id == "square"}
    assert deployed == {OTHER_VERSION}

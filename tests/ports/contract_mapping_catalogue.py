"""What every MappingCatalogue promises."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from handlers.values import PublishedMapping
from tests.ports.examples import NOW, SECOND, at_once

if TYPE_CHECKING:
    from handlers.ports import MappingCatalogue

TEXT = 'vendor: acme\n# "quoted", ünïcødé 🗝️\r\n\ttab\n'
ACME_1 = PublishedMapping("acme", "sha256:1", NOW, {"mappings/acme.yaml": TEXT, "schemas/a.schema.json": "{}"})
ACME_2 = PublishedMapping("acme", "sha256:2", NOW + SECOND, {"mappings/acme.yaml": "other"})
ZETA_1 = PublishedMapping("zeta", "sha256:1", NOW, {"mappings/zeta.yaml": "zeta"})


class MappingCatalogueContract:
    @pytest.fixture
    def mappings(self) -> MappingCatalogue:
        raise NotImplementedError

    def test_at_first_there_is_nothing(self, mappings: MappingCatalogue) -> None:
        assert (list(mappings.deployed()), list(mappings.published())) == ([], [])

    def test_gives_back_what_was_published(self, mappings: MappingCatalogue) -> None:
        mappings.publish([ZETA_1, ACME_1])
        assert list(mappings.deployed()) == [ACME_1, ZETA_1]
        assert list(mappings.published()) == [ACME_1, ZETA_1]

    def test_a_new_version_is_deployed_and_the_old_one_kept(self, mappings: MappingCatalogue) -> None:
        mappings.publish([ACME_1, ZETA_1])
        mappings.publish([ACME_2, ZETA_1])
        assert list(mappings.deployed()) == [ACME_2, ZETA_1]
        assert list(mappings.published()) == [ACME_1, ACME_2, ZETA_1]

    def test_a_version_stays_as_it_was_first_published(self, mappings: MappingCatalogue) -> None:
        mappings.publish([ACME_1])
        mappings.publish([PublishedMapping("acme", "sha256:1", NOW + SECOND, {"mappings/acme.yaml": "forged"})])
        assert list(mappings.published()) == [ACME_1]

    def test_an_old_version_can_be_deployed_again(self, mappings: MappingCatalogue) -> None:
        for version in (ACME_1, ACME_2, ACME_1):
            mappings.publish([version])
        assert list(mappings.deployed()) == [ACME_1]
        assert list(mappings.published()) == [ACME_1, ACME_2]

    def test_a_vendor_that_is_not_published_again_is_deployed_no_longer(self, mappings: MappingCatalogue) -> None:
        mappings.publish([ACME_1, ZETA_1])
        mappings.publish([ACME_1])
        assert list(mappings.deployed()) == [ACME_1]
        mappings.publish([])
        assert list(mappings.deployed()) == []
        assert list(mappings.published()) == [ACME_1, ZETA_1]

    def test_of_many_published_at_once_one_is_deployed_whole(self, mappings: MappingCatalogue) -> None:
        both = ([ACME_1], [ACME_2, ZETA_1])
        at_once(lambda number: mappings.publish(both[number % 2]))
        assert list(mappings.deployed()) in both
        assert set(map(repr, mappings.published())) == set(map(repr, [ACME_1, ACME_2, ZETA_1]))

"""With pages of a single item every promise of what is listed holds, too."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.ports import test_aws_contracts as aws
from tests.ports.contract_raw_store import RawStoreContract
from tests.ports.examples import quarantine_record

if TYPE_CHECKING:
    from tests.ports.aws import Cloud


class _PagesOfOne:
    @pytest.fixture
    def cloud(self, cloud: Cloud) -> Cloud:
        """The same cloud, in which no page holds more than one item."""

        def one(name: str) -> Any:
            return lambda params, **_: params | {name: 1}

        cloud.clients.dynamodb.meta.events.register("provide-client-params.dynamodb.Query", one("Limit"))
        cloud.clients.s3.meta.events.register("provide-client-params.s3.ListObjectsV2", one("MaxKeys"))
        return cloud


class TestMarker(_PagesOfOne, aws.TestMarker):
    pass


class TestEventQueries(_PagesOfOne, aws.TestEventQueries):
    pass


class TestQuarantineStore(_PagesOfOne, aws.TestQuarantineStore):
    pass


class TestOutbox(_PagesOfOne, aws.TestOutbox):
    pass


class TestMappingCatalogue(_PagesOfOne, aws.TestMappingCatalogue):
    pass


class TestRawStore(_PagesOfOne, aws._Stores):
    test_lists_by_prefix = RawStoreContract.test_lists_by_prefix_in_the_order_of_the_keys


class TestPages(_PagesOfOne):
    def test_a_page_holds_one_item(self, cloud: Cloud) -> None:
        for number in range(3):
            cloud.quarantine.put_if_absent(quarantine_record(number))
        found = cloud.quarantine.records(vendor_id="acme", include_released=True, after=None, limit=10)
        assert len(found) == 3
        assert cloud.wire.counted()["dynamodb.Query"] == 3

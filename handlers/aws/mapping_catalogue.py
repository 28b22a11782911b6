"""Published mapping versions on DynamoDB, and the one item that says which of them are deployed."""

from __future__ import annotations

import json
import zlib
from typing import TYPE_CHECKING

from handlers.aws.tables import Table, Write
from handlers.moments import microseconds, moment
from handlers.values import PublishedMapping

if TYPE_CHECKING:
    from collections.abc import Sequence

    from handlers.aws.clients import Clients
    from handlers.aws.tables import Item

POINTER: Item = {"vendorId": {"S": "#deployed"}, "mappingVersion": {"S": "#"}}
"""``versions``: the deployed version of each vendor; ``vendors``: every vendor that ever had one published."""


class DynamoMappingCatalogue:
    def __init__(self, clients: Clients, table: str) -> None:
        self._table = Table(clients, table)

    def publish(self, mappings: Sequence[PublishedMapping]) -> None:
        """See MappingCatalogue. The versions come first: what the pointer names is always there."""
        for mapping in mappings:
            condition = "attribute_not_exists(#vendorId)"
            self._table.write(
                Write(table=self._table.name, kind="Put", item=_mapping_item(mapping), condition=condition)
            )
        update = "SET #versions = :versions"
        values: Item = {"versions": {"M": {one.vendor_id: {"S": one.mapping_version} for one in mappings}}}
        if mappings:
            update += " ADD #vendors :vendors"
            values["vendors"] = {"SS": [one.vendor_id for one in mappings]}
        self._table.write(Write(table=self._table.name, kind="Update", item=POINTER, update=update, values=values))

    def deployed(self) -> Sequence[PublishedMapping]:
        pointer = self._table.get(POINTER, consistent=True) or {}
        versions = pointer.get("versions", {"M": {}})["M"]
        keys = [_key(vendor_id, version["S"]) for vendor_id, version in versions.items()]
        return sorted(map(_mapping, self._table.get_many(keys, consistent=True)), key=lambda one: one.vendor_id)

    def published(self) -> Sequence[PublishedMapping]:
        pointer = self._table.get(POINTER, consistent=True) or {}
        found: list[PublishedMapping] = []
        for vendor_id in sorted(pointer.get("vendors", {"SS": []})["SS"]):
            versions = map(_mapping, self._table.query("#vendorId = :vendor", {"vendor": {"S": vendor_id}}))
            found += sorted(versions, key=lambda one: (one.published_at, one.mapping_version))
        return found


def _key(vendor_id: str, mapping_version: str) -> Item:
    return {"vendorId": {"S": vendor_id}, "mappingVersion": {"S": mapping_version}}


def _mapping_item(mapping: PublishedMapping) -> Item:
    contracts = json.dumps(dict(mapping.contracts), ensure_ascii=False).encode()
    return _key(mapping.vendor_id, mapping.mapping_version) | {
        "publishedAt": {"N": str(microseconds(mapping.published_at))},
        "contracts": {"B": zlib.compress(contracts, 9)},
    }


def _mapping(item: Item) -> PublishedMapping:
    return PublishedMapping(
        vendor_id=item["vendorId"]["S"],
        mapping_version=item["mappingVersion"]["S"],
        published_at=moment(int(item["publishedAt"]["N"])),
        contracts=json.loads(zlib.decompress(item["contracts"]["B"])),
    )

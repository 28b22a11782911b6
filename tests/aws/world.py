"""The world of the use cases on AWS: the same contracts and entry points, the messages as EventBridge queues them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from handlers.aws.credentials import token_key
from handlers.aws.items import ingest_key, quarantine_key
from handlers.core.credentials import key_digest
from handlers.values import IdempotencyKey, Principal, Role
from tests.handlers.world import World
from tests.ports.aws import (
    CANONICAL_QUEUE,
    ENVIRONMENT,
    NORMALIZED_BUCKET,
    PARAMETER_PREFIX,
    RAW_BUCKET,
    Cloud,
    queue_of,
)
from tests.ports.aws_tables import table_name

if TYPE_CHECKING:
    from datetime import datetime

    from handlers.aws.tables import Item
    from handlers.values import Lane, ObjectVersion


@dataclass
class CloudWorld(World):
    """One deployment on moto. ``root`` stays empty: nothing is on this machine."""

    keys: int = field(default=0, init=False)
    fed: dict[str, bytes] = field(default_factory=dict, init=False)

    def __post_init__(self) -> None:
        self.cloud = Cloud(self.clock)
        self.cloud.put_parameter("token-key", "0f" * 32)
        super().__post_init__()
        self.cloud.wire.reset()

    def adapters(self) -> dict[str, Any]:
        cloud = self.cloud
        return {
            "token_key": token_key(cloud.clients, PARAMETER_PREFIX),
            "raw": cloud.raw,
            "normalized": cloud.normalized,
            "index": cloud.index,
            "queries": cloud.queries,
            "quarantine": cloud.quarantine,
            "outbox": cloud.outbox,
            "bus": cloud.bus,
            "lanes": cloud.lanes,
            "credentials": cloud.credentials,
            "mappings": cloud.mappings,
        }

    def remove_row(self, external_event_id: str, vendor_id: str = "vendorA") -> None:
        self._delete("ingest-records", ingest_key(IdempotencyKey(vendor_id, external_event_id)))

    def remove_quarantined(self, item_id: str, vendor_id: str = "vendorA") -> None:
        self._delete("quarantine", quarantine_key(vendor_id, item_id))

    def remove_raw(self, key: str) -> None:
        self.cloud.clients.s3.delete_object(Bucket=RAW_BUCKET, Key=key)

    def remove_normalized(self, version: ObjectVersion) -> None:
        self.cloud.clients.s3.delete_object(Bucket=NORMALIZED_BUCKET, Key=version.key, VersionId=version.version_id)

    def _delete(self, table: str, key: Item) -> None:
        answer = self.cloud.clients.dynamodb.delete_item(
            TableName=table_name(table, ENVIRONMENT), Key=key, ReturnValues="ALL_OLD"
        )
        assert answer["Attributes"]

    def close(self) -> None:
        pass

    def restart(self) -> None:
        """Another process. The queues lose what they hold, which is more than AWS ever loses."""
        self.messages()
        self.cloud.connect()
        self._open()

    def issue_key(self, role: Role, vendor_id: str | None = None) -> str:
        self.keys += 1
        key = f"dvss_{self.keys:043}"
        self.cloud.put_api_key(key_digest(key), Principal(role, f"key_{self.keys}", vendor_id))
        return key

    def put_secret(self, vendor_id: str, secret: str) -> None:
        none: datetime | None = None
        self.cloud.put_secrets(vendor_id, [(secret, none)])

    def taken(self, lane: Lane) -> list[str]:
        return [message["Body"] for message in self.cloud.taken(queue_of(lane))]

    def delivered(self) -> list[bytes]:
        for message in self.cloud.arrived(CANONICAL_QUEUE):
            self.fed.setdefault(message.message_id, message.detail)
        return list(self.fed.values())

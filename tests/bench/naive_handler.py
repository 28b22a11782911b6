"""The same accept as many a team writes it first: boto3's resources, a Pydantic model, json. Ours is compared with it.

It reads, stores and emits as ``handlers.ingest`` does, and promises less: no signatures, rates, digest or marker.
"""

from __future__ import annotations

import base64
import hashlib
import json
import logging
import os
import uuid
from datetime import UTC, datetime
from typing import Any

import boto3
from botocore.exceptions import ClientError
from pydantic import BaseModel, Field

logger = logging.getLogger()
logger.setLevel(logging.INFO)
dynamodb = boto3.resource("dynamodb")
s3 = boto3.client("s3")
events = boto3.client("events")
records = dynamodb.Table(os.environ["DVSS_INGEST_RECORDS_TABLE"])
keys = dynamodb.Table(os.environ["DVSS_VENDOR_MAPPINGS_TABLE"])


class Envelope(BaseModel):
    vendor_id: str = Field(alias="vendorId", min_length=1, max_length=64)
    external_event_id: str = Field(alias="externalEventId", min_length=1, max_length=256)
    event_type: str = Field(alias="eventType", min_length=1, max_length=128)
    occurred_at: datetime = Field(alias="occurredAt")
    payload: dict[str, Any]


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    digest = hashlib.sha256(event["headers"]["x-api-key"].encode()).hexdigest()
    api_key = keys.get_item(Key={"vendorId": f"key#{digest}", "mappingVersion": "key"}).get("Item")
    raw = base64.b64decode(event["body"])
    envelope = Envelope.model_validate(json.loads(raw))
    if api_key is None or api_key["keyVendorId"] != envelope.vendor_id:
        return {"statusCode": 403, "body": json.dumps({"code": "FORBIDDEN"})}
    key = {"vendorId": envelope.vendor_id, "externalEventId": envelope.external_event_id}
    found = records.get_item(Key=key).get("Item")
    if found:
        return {"statusCode": 200, "body": json.dumps({"ingestId": found["ingestId"], "status": "DUPLICATE"})}
    ingest_id = str(uuid.uuid4())
    now = datetime.now(UTC)  # noqa: TID251 - as they would
    raw_key = f"raw/{envelope.vendor_id}/{now:%Y/%m/%d}/{ingest_id}.json"
    s3.put_object(Bucket=os.environ["DVSS_RAW_BUCKET"], Key=raw_key, Body=raw)
    try:
        records.put_item(
            Item=key
            | {"ingestId": ingest_id, "rawS3Key": raw_key, "receivedAt": now.isoformat(), "status": "RECEIVED"},
            ConditionExpression="attribute_not_exists(vendorId)",
        )
    except ClientError as error:
        if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
            raise
        return {"statusCode": 409, "body": json.dumps({"status": "DUPLICATE"})}
    detail = key | {"ingestId": ingest_id, "rawS3Key": raw_key}
    events.put_events(
        Entries=[
            {
                "Source": "naive",
                "DetailType": "ingest.accepted",
                "Detail": json.dumps(detail),
                "EventBusName": os.environ["DVSS_EVENT_BUS"],
            }
        ]
    )
    logger.info("accepted %s", ingest_id)
    return {"statusCode": 202, "body": json.dumps({"ingestId": ingest_id, "status": "ACCEPTED"})}

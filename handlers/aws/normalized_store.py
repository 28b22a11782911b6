"""Canonical events on S3, in a bucket that keeps versions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from handlers.aws.clients import error_code, translated
from handlers.aws.raw_store import sha256_base64
from handlers.values import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from handlers.aws.clients import Clients

# A text that is no version id at all is an invalid argument to S3.
_MISSING = {"NoSuchKey", "NoSuchVersion", "InvalidArgument"}


class S3NormalizedStore:
    def __init__(self, clients: Clients, bucket: str) -> None:
        self._clients = clients
        self.bucket = bucket

    def put(self, key: str, body: bytes) -> str:
        with translated():
            answer: Mapping[str, Any] = self._clients.s3.put_object(
                Bucket=self.bucket,
                Key=key,
                Body=body,
                ChecksumSHA256=sha256_base64(body),
                ContentType="application/json",
            )
        version_id: str | None = answer.get("VersionId")
        if version_id is None:
            message = f"The bucket {self.bucket} keeps no versions. Switch its versioning on."
            raise ConfigurationError(message)
        return version_id

    def get(self, key: str, version_id: str) -> bytes:
        with translated():
            try:
                answer = self._clients.s3.get_object(Bucket=self.bucket, Key=key, VersionId=version_id)
                return answer["Body"].read()
            except ClientError as error:
                if error_code(error) in _MISSING:
                    raise KeyError(key, version_id) from error
                raise

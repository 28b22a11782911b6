"""Raw objects on S3. What is stored beside the bytes lies in the object's own metadata.

S3 gives that 2 KB. A document that is longer follows behind the body, and the metadata says where the body ends, so
that the event's bytes are still the first of the object and one write stores both.
"""

from __future__ import annotations

import base64
import hashlib
import json
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from handlers.aws.backoff import ATTEMPTS
from handlers.aws.clients import error_code, translated, was_retried
from handlers.raw_metadata import RawMetadata
from handlers.values import ObjectExistsError, RawEntry, RawMissingError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from handlers.aws.clients import Clients
    from handlers.values import ClaimCheck

EVENT = "dvss-event"
"""Base64 (URL alphabet) of the event's metadata document: what a header may hold, whatever vendors put into ids."""
BODY_LENGTH = "dvss-body-length"
"""Bytes of the body, behind which the document follows."""
MOST_METADATA_BYTES = 2_000
_MISSING = {"NoSuchKey", "NoSuchBucket", "InvalidRange", "404", "416"}


class S3RawStore:
    def __init__(self, clients: Clients, bucket: str) -> None:
        self._clients = clients
        self.bucket = bucket

    def put_once(self, key: str, body: bytes, metadata: RawMetadata | None) -> None:
        beside: dict[str, str] = {}
        if metadata is not None:
            document = json.dumps(metadata.document(), separators=(",", ":")).encode()
            beside = {EVENT: base64.urlsafe_b64encode(document).decode()}
            if sum(len(name) + len(value) for name, value in beside.items()) > MOST_METADATA_BYTES:
                beside = {BODY_LENGTH: str(len(body))}
                body += document
        with translated():
            self._put_new(key, body, beside)

    def _put_new(self, key: str, body: bytes, metadata: Mapping[str, str]) -> None:
        """Put the object. Answers of an earlier sending may be lost, so a key that is taken then is taken by us.

        No two events share a key but by chance; the caller then asks for another one.
        """
        is_retry = False
        for attempt in range(ATTEMPTS):
            if attempt:
                self._clients.backoff.wait(attempt - 1)
            try:
                self._clients.s3.put_object(
                    Bucket=self.bucket,
                    Key=key,
                    Body=body,
                    Metadata=metadata,
                    IfNoneMatch="*",
                    ChecksumSHA256=sha256_base64(body),
                )
            except ClientError as error:
                is_retry = is_retry or was_retried(error)
                match error_code(error):
                    case "PreconditionFailed" if is_retry:
                        return
                    case "PreconditionFailed":
                        message = f"There is another object at {key}."
                        raise ObjectExistsError(message) from error
                    case "ConditionalRequestConflict" if attempt < ATTEMPTS - 1:
                        continue
                    case _:
                        raise
            return

    def get(self, claim_check: ClaimCheck) -> bytes:
        offset, length = claim_check.offset, claim_check.length
        if offset is None or length is None:
            body, metadata = self._get(claim_check)
            return body[: int(metadata[BODY_LENGTH])] if BODY_LENGTH in metadata else body
        if length < 1 or offset < 0:
            return self._get_nothing(claim_check, offset, length)
        cut, metadata = self._get(claim_check, f"bytes={offset}-{offset + length - 1}")
        if len(cut) < length or offset + length > int(metadata.get(BODY_LENGTH, offset + length)):
            raise _outside(claim_check)
        return cut

    def _get_nothing(self, claim_check: ClaimCheck, offset: int, length: int) -> bytes:
        """S3 has no range of no bytes."""
        size, metadata = self._head(claim_check)
        if length or not 0 <= offset <= int(metadata.get(BODY_LENGTH, size)):
            raise _outside(claim_check)
        return b""

    def metadata(self, claim_check: ClaimCheck) -> RawMetadata | None:
        _, metadata = self._head(claim_check)
        if EVENT in metadata:
            return RawMetadata.of(json.loads(base64.urlsafe_b64decode(metadata[EVENT])))
        if BODY_LENGTH in metadata:
            document, _ = self._get(claim_check, f"bytes={metadata[BODY_LENGTH]}-")
            return RawMetadata.of(json.loads(document))
        return None

    def entries(self, prefix: str, after: str = "") -> Iterator[RawEntry]:
        """See RawStore. The size is that of the object, in which long metadata follow behind the body."""
        asked: dict[str, Any] = {"Bucket": self.bucket, "Prefix": prefix, "StartAfter": after}
        while True:
            with translated():
                page = self._clients.s3.list_objects_v2(**asked)
            yield from (RawEntry(entry["Key"], entry["Size"]) for entry in page.get("Contents", ()))
            if not page["IsTruncated"]:
                return
            asked["ContinuationToken"] = page["NextContinuationToken"]

    def _get(self, claim_check: ClaimCheck, span: str | None = None) -> tuple[bytes, Mapping[str, str]]:
        self._check_bucket(claim_check)
        asked: dict[str, Any] = {"Bucket": self.bucket, "Key": claim_check.key}
        with translated():
            try:
                answer = self._clients.s3.get_object(**asked | ({} if span is None else {"Range": span}))
                return answer["Body"].read(), answer["Metadata"]
            except ClientError as error:
                if error_code(error) in _MISSING:
                    raise _missing(claim_check) from error
                raise

    def _head(self, claim_check: ClaimCheck) -> tuple[int, Mapping[str, str]]:
        """The object's size in bytes and what is stored beside it."""
        self._check_bucket(claim_check)
        with translated():
            try:
                answer = self._clients.s3.head_object(Bucket=self.bucket, Key=claim_check.key)
            except ClientError as error:
                if error_code(error) in _MISSING:
                    raise _missing(claim_check) from error
                raise
        return answer["ContentLength"], answer["Metadata"]

    def _check_bucket(self, claim_check: ClaimCheck) -> None:
        if claim_check.bucket != self.bucket:
            raise _missing(claim_check)


def sha256_base64(body: bytes) -> str:
    """The digest as S3 checks it against what arrived."""
    return base64.b64encode(hashlib.sha256(body).digest()).decode()


def _missing(claim_check: ClaimCheck) -> RawMissingError:
    return RawMissingError(f"There is no object {claim_check.bucket}/{claim_check.key}.")


def _outside(claim_check: ClaimCheck) -> RawMissingError:
    place = f"{claim_check.offset} to {(claim_check.offset or 0) + (claim_check.length or 0)}"
    return RawMissingError(f"The object {claim_check.bucket}/{claim_check.key} has no bytes from {place}.")

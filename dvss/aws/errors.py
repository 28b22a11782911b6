"""What AWS refuses, as sentences that name the way out."""

from __future__ import annotations

import re
from contextlib import contextmanager
from typing import TYPE_CHECKING

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionError,  # noqa: A004 - botocore's own
    HTTPClientError,
    NoCredentialsError,
    PartialCredentialsError,
    ProfileNotFound,
    SSOError,
    TokenRetrievalError,
)

from handlers.values import DvssError, TransientError

if TYPE_CHECKING:
    from collections.abc import Iterator

_LOG_IN = "Log in (`aws sso login`), or set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY."
_EXPIRED = {"ExpiredToken", "ExpiredTokenException", "RequestExpired"}
_UNKNOWN = {
    "AuthFailure",
    "IncompleteSignature",
    "InvalidAccessKeyId",
    "InvalidClientTokenId",
    "InvalidSignatureException",
    "SignatureDoesNotMatch",
    "UnrecognizedClientException",
}
_DENIED = {"AccessDenied", "AccessDeniedException", "AuthorizationError", "UnauthorizedOperation"}
_ABSENT = {
    "AWS.SimpleQueueService.NonExistentQueue",
    "NoSuchBucket",
    "NotFoundException",
    "ParameterNotFound",
    "QueueDoesNotExist",
    "ResourceNotFoundException",
}
_ACTION = re.compile(r"not authorized to perform: ([\w:*-]+)")


class AwsError(DvssError):
    """AWS refused what a command asked for."""


@contextmanager
def explained(environment: str, region: str) -> Iterator[None]:
    """Turn what botocore raises, also below an adapter's TransientError, into AwsError with one sentence or two."""
    try:
        yield
    except (BotoCoreError, ClientError) as error:
        raise AwsError(_sentence(error, environment, region)) from error
    except TransientError as error:
        if isinstance(error.__cause__, (BotoCoreError, ClientError)):
            raise AwsError(_sentence(error.__cause__, environment, region)) from error
        raise


def _sentence(error: BotoCoreError | ClientError, environment: str, region: str) -> str:
    if isinstance(error, ClientError):
        return _answered(error, environment, region)
    match error:
        case NoCredentialsError() | PartialCredentialsError():
            return f"There are no AWS credentials here. {_LOG_IN}"
        case ProfileNotFound():
            return f"There is no AWS profile of that name ({error}). {_LOG_IN}"
        case TokenRetrievalError() | SSOError():
            return f"The AWS login has ended ({error}). {_LOG_IN}"
        case ConnectionError() | HTTPClientError():
            return f"AWS is not reached in {region} ({error}). See to the network, and to the region in the outputs."
    return f"AWS cannot be asked: {error}"


def _answered(error: ClientError, environment: str, region: str) -> str:
    code, message = error.response["Error"]["Code"], error.response["Error"].get("Message", "")
    if code in _EXPIRED:
        return f"The AWS credentials have expired. {_LOG_IN}"
    if code in _UNKNOWN:
        return f"AWS does not know these credentials ({code}). {_LOG_IN}"
    if code in _DENIED:
        action = _ACTION.search(message)
        what = action[1] if action else error.operation_name
        return f"These AWS credentials may not do {what}. docs/spec/runbook.md lists what an operator's role needs."
    if code in _ABSENT:
        return (
            f"{error.operation_name} finds nothing in {region}: {message or code}. Environment {environment} is gone, "
            "or these credentials are of another account."
        )
    return f"AWS refused {error.operation_name} ({code}): {message}"

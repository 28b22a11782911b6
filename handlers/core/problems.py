"""What a request is answered when it is refused."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from handlers.core.validation import LONGEST_POINTER, clipped
from handlers.values import DvssError

if TYPE_CHECKING:
    from generated.runtime.exact_json import JsonError
    from handlers.values import Violation


class ProblemCode(StrEnum):
    """Stable codes of refusals besides those of JSON itself (``JsonFault``). The HTTP contract lists both."""

    PARAMETER_INVALID = "PARAMETER_INVALID"
    MALFORMED_REQUEST = "MALFORMED_REQUEST"
    UNAUTHENTICATED = "UNAUTHENTICATED"
    VENDOR_MISMATCH = "VENDOR_MISMATCH"
    FORBIDDEN = "FORBIDDEN"
    UNKNOWN_VENDOR = "UNKNOWN_VENDOR"
    NOT_FOUND = "NOT_FOUND"
    METHOD_NOT_ALLOWED = "METHOD_NOT_ALLOWED"
    REQUEST_TIMEOUT = "REQUEST_TIMEOUT"
    CONFLICT = "CONFLICT"
    PAYLOAD_TOO_LARGE = "PAYLOAD_TOO_LARGE"
    UNSUPPORTED_MEDIA_TYPE = "UNSUPPORTED_MEDIA_TYPE"
    ENVELOPE_INVALID = "ENVELOPE_INVALID"
    THROTTLED = "THROTTLED"
    HEADERS_TOO_LARGE = "HEADERS_TOO_LARGE"
    UNAVAILABLE = "UNAVAILABLE"


STATUS = {
    ProblemCode.PARAMETER_INVALID: 400,
    ProblemCode.MALFORMED_REQUEST: 400,
    ProblemCode.UNAUTHENTICATED: 401,
    ProblemCode.VENDOR_MISMATCH: 403,
    ProblemCode.FORBIDDEN: 403,
    ProblemCode.UNKNOWN_VENDOR: 404,
    ProblemCode.NOT_FOUND: 404,
    ProblemCode.METHOD_NOT_ALLOWED: 405,
    ProblemCode.REQUEST_TIMEOUT: 408,
    ProblemCode.CONFLICT: 409,
    ProblemCode.PAYLOAD_TOO_LARGE: 413,
    ProblemCode.UNSUPPORTED_MEDIA_TYPE: 415,
    ProblemCode.ENVELOPE_INVALID: 422,
    ProblemCode.THROTTLED: 429,
    ProblemCode.HEADERS_TOO_LARGE: 431,
    ProblemCode.UNAVAILABLE: 503,
}
"""HTTP status of each code; a JSON fault is always 400."""


class RequestRefusedError(DvssError):
    """The request is refused and left no trace."""

    def __init__(
        self,
        code: ProblemCode,
        detail: str,
        *,
        pointer: str | None = None,
        ingest_id: str | None = None,
        violations: tuple[Violation, ...] = (),
        retry_after_seconds: int | None = None,
        allowed_methods: tuple[str, ...] = (),
    ) -> None:
        super().__init__(detail)
        self.code: str = code
        self.status = STATUS[code]
        self.detail = detail
        self.pointer = pointer
        self.ingest_id = ingest_id
        self.violations = violations
        self.retry_after_seconds = retry_after_seconds
        self.allowed_methods = allowed_methods

    @classmethod
    def of_json(cls, error: JsonError) -> RequestRefusedError:
        """The refusal of a body that is not JSON as we accept it."""
        pointer = error.pointer
        while pointer is not None and len(pointer) > LONGEST_POINTER:
            pointer = pointer.rpartition("/")[0]
        refused = cls(ProblemCode.PARAMETER_INVALID, clipped(error.message), pointer=pointer)
        refused.code = error.code
        return refused

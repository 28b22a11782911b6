"""Entry point of the HTTP surface: decode, call, encode."""

from __future__ import annotations

import logging
import re
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from generated.runtime.exact_json import JsonFault
from handlers.core.acceptance import Outcome, Verdict, accept
from handlers.core.credentials import principal_of
from handlers.core.envelopes import (
    PRINTABLE_ID,
    Delivery,
    RejectedItem,
    check_event_size,
    check_size,
    read_batch,
    read_envelope,
)
from handlers.core.problems import ProblemCode, RequestRefusedError
from handlers.core.signatures.requests import SignatureFault, SignedRequest
from handlers.core.signatures.schemes import signature_fault
from handlers.core.webhooks import read_webhook
from handlers.values import IdempotencyKey, Role, Status, TransientError
from handlers.wire import Request, event_status, json_answer, problem_answer, problem_members, read_request, text_answer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from generated.runtime.binding import VendorProfile, WebhookBinding
    from handlers.application import Application

    type LogLine = dict[str, Any]
    type Route = Callable[[Request, Application, LogLine], dict[str, Any]]

log = logging.getLogger("dvss.ingest")
_VALIDATION = frozenset(
    {
        ProblemCode.VENDOR_MISMATCH,
        ProblemCode.PAYLOAD_TOO_LARGE,
        ProblemCode.UNSUPPORTED_MEDIA_TYPE,
        ProblemCode.ENVELOPE_INVALID,
        *JsonFault,
    }
)
"""Codes that say something of what was sent, not of who sent it, how often or where to."""
CONFLICT_DETAIL = (
    "The event id was used before with another payload; both are kept. Send a change as an event of its own."
)
_TOPIC = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")


def answer(event: Mapping[str, Any], app: Application) -> dict[str, Any]:
    """The proxy response to an API Gateway REST proxy event. One line is logged for it."""
    request = read_request(event)
    started = app.clock.now()
    line: LogLine = {"requestId": request.request_id}
    try:
        response = _route(request)(request, app, line)
    except RequestRefusedError as refused:
        _count_refusal(app, refused, line)
        line["code"] = refused.code
        response = problem_answer(refused, request.request_id)
    except TransientError as error:
        line |= {"code": ProblemCode.UNAVAILABLE, "error": str(error)}
        response = _unavailable(request, error.retry_after_seconds)
    milliseconds = (app.clock.now() - started).total_seconds() * 1000
    line = {"status": response["statusCode"], "latencyMs": round(milliseconds, 1)} | line
    level = logging.INFO if response["statusCode"] < HTTPStatus.INTERNAL_SERVER_ERROR else logging.WARNING
    log.log(level, "%s %s", request.method, request.resource, extra=line)
    return response


def _count_refusal(app: Application, refused: RequestRefusedError, line: LogLine) -> None:
    if refused.code in _VALIDATION:
        vendor = {name: line[name] for name in ("vendorId",) if name in line}
        app.metrics.count("dvss.ingest.failed_validation", reason=refused.code, **vendor)


def _unavailable(request: Request, retry_after_seconds: int) -> dict[str, Any]:
    detail = "The event could not be stored; nothing was acknowledged. Send it again."
    refused = RequestRefusedError(ProblemCode.UNAVAILABLE, detail, retry_after_seconds=retry_after_seconds)
    return problem_answer(refused, request.request_id)


def _route(request: Request) -> Route:
    methods = ROUTES.get(request.resource)
    if methods is None:
        raise RequestRefusedError(ProblemCode.NOT_FOUND, "There is no such resource.")
    route = methods.get(request.method)
    if route is None:
        allowed = tuple(sorted(methods))
        detail = f"This resource takes {', '.join(allowed)}."
        raise RequestRefusedError(ProblemCode.METHOD_NOT_ALLOWED, detail, allowed_methods=allowed)
    return route


def _vendor(request: Request, app: Application, line: LogLine) -> VendorProfile:
    """The vendor that the API key stands for."""
    principal = principal_of(app, request.header("x-api-key"))
    if principal.role is not Role.VENDOR or principal.vendor_id is None:
        raise RequestRefusedError(ProblemCode.FORBIDDEN, "An operator's key posts and reads no vendor's events.")
    line["vendorId"] = principal.vendor_id
    profile = app.registry.vendor(principal.vendor_id)
    if profile is None:
        detail = f"Vendor {principal.vendor_id} has no mapping in this deployment."
        raise RequestRefusedError(ProblemCode.UNKNOWN_VENDOR, detail)
    if request.admitted != profile.vendor_id:
        throttle(app, profile)
    return profile


def throttle(app: Application, profile: VendorProfile) -> None:
    """Take a token of the vendor's. Raises RequestRefusedError (429) where there is none; reads no store."""
    wait = app.rates.take(
        profile.vendor_id, per_second=profile.requests_per_second, burst=profile.burst, at=app.clock.now()
    )
    if wait is not None:
        detail = f"More than {profile.requests_per_second} events a second; try again in {wait} s."
        raise RequestRefusedError(ProblemCode.THROTTLED, detail, retry_after_seconds=wait)


def _check_media_type(request: Request) -> None:
    media_type, charset = request.content_type()
    if media_type != "application/json" or charset not in {None, "utf-8"}:
        raise RequestRefusedError(ProblemCode.UNSUPPORTED_MEDIA_TYPE, "Send the body as application/json in UTF-8.")
    encodings = request.headers.get("content-encoding", ())
    if any(value.strip().lower() != "identity" for value in encodings):
        raise RequestRefusedError(ProblemCode.UNSUPPORTED_MEDIA_TYPE, "Send the body without Content-Encoding.")


def _post_event(request: Request, app: Application, line: LogLine) -> dict[str, Any]:
    profile = _vendor(request, app, line)
    _check_media_type(request)
    delivery = read_envelope(app.registry, profile, request.body)
    (verdict,) = accept(app, [delivery], batch=False)
    line |= _report(app, delivery, verdict)
    if verdict.outcome is Outcome.CONFLICT:
        raise RequestRefusedError(ProblemCode.CONFLICT, CONFLICT_DETAIL, ingest_id=verdict.ingest_id)
    return _accepted(verdict)


def _accepted(verdict: Verdict) -> dict[str, Any]:
    status = HTTPStatus.ACCEPTED if verdict.outcome is Outcome.ACCEPTED else HTTPStatus.OK
    return json_answer(status, {"ingestId": verdict.ingest_id, "status": verdict.outcome})


def _report(app: Application, delivery: Delivery, verdict: Verdict) -> LogLine:
    """Count a verdict; what a log line says of it."""
    vendor_id = delivery.profile.vendor_id
    match verdict.outcome:
        case Outcome.ACCEPTED:
            app.metrics.count("dvss.ingest.accepted", vendorId=vendor_id)
        case Outcome.DUPLICATE:
            app.metrics.count("dvss.ingest.duplicate", vendorId=vendor_id)
        case Outcome.CONFLICT:
            app.metrics.count("dvss.ingest.failed_validation", reason=ProblemCode.CONFLICT, vendorId=vendor_id)
    return {
        "ingestId": verdict.ingest_id,
        "vendorId": vendor_id,
        "externalEventId": delivery.external_event_id,
        "rawS3Key": verdict.raw_key,
        "status": verdict.outcome,
    }


def _post_batch(request: Request, app: Application, line: LogLine) -> dict[str, Any]:
    profile = _vendor(request, app, line)
    _check_media_type(request)
    items = read_batch(app.registry, profile, request.body)
    app.rates.charge(profile.vendor_id, len(items) - 1)
    deliveries = [item for item in items if isinstance(item, Delivery)]
    verdicts = iter(accept(app, deliveries, batch=True))
    return json_answer(
        HTTPStatus.OK,
        {
            "results": [
                _rejected(app, item, line)
                if isinstance(item, RejectedItem)
                else _judged(app, item, next(verdicts), line)
                for item in items
            ]
        },
    )


def _rejected(app: Application, item: RejectedItem, line: LogLine) -> dict[str, Any]:
    _count_refusal(app, item.refused, line)
    name = {} if item.external_event_id is None else {"externalEventId": item.external_event_id}
    return {"status": "REJECTED", **name, **problem_members(item.refused)}


def _judged(app: Application, item: Delivery, verdict: Verdict, line: LogLine) -> dict[str, Any]:
    """One result of several. Each of its events has a log line of its own besides that of the request."""
    extra = {"requestId": line["requestId"]} | _report(app, item, verdict)
    log.info("one event of several", extra=extra)
    result = {"status": verdict.outcome, "externalEventId": item.external_event_id, "ingestId": verdict.ingest_id}
    if verdict.outcome is Outcome.CONFLICT:
        result |= {"code": ProblemCode.CONFLICT, "detail": CONFLICT_DETAIL}
    return result


def _post_webhook(request: Request, app: Application, line: LogLine) -> dict[str, Any]:
    topic = request.path_parameters["topic"]
    if not _TOPIC.fullmatch(topic):
        raise RequestRefusedError(ProblemCode.NOT_FOUND, "There is no such resource.")
    profile, webhook = _signer(request, app, line)
    check_size(request.body, profile)
    _check_media_type(request)
    throttle(app, profile)
    deliveries = read_webhook(app.registry, profile, topic, request.headers, request.body)
    if webhook.split is None:
        (verdict,) = accept(app, deliveries, batch=False)
        line |= _report(app, deliveries[0], verdict)
        # A sender of webhooks would repeat a refused conflict for days; the divergence is kept on our side.
        answer = _accepted(verdict)
    else:
        answer = _post_split(request, app, deliveries, line)
    if webhook.answer is not None:
        return text_answer(answer["statusCode"], webhook.answer)
    return answer


def _signer(request: Request, app: Application, line: LogLine) -> tuple[VendorProfile, WebhookBinding]:
    """The vendor in the path, whose signature the request carries.

    Raises RequestRefusedError (401). It is the same, after the same work, where there is no such vendor: who may not
    send as a vendor does not learn whether we have it.
    """
    # No vendor's own limit yet, which would tell of it; some schemes sign what only parsing finds.
    check_event_size(request.body)
    profile = app.registry.vendor(request.path_parameters["vendorId"])
    webhook = None if profile is None else profile.webhook
    asked = profile if webhook is not None else next(_signing_vendors(app), None)
    at = app.clock.now()
    secrets = () if asked is None else app.credentials.webhook_secrets(asked.vendor_id, at)
    signed = SignedRequest(app.public_url.rstrip("/") + request.path, request.headers, request.body)
    scheme = profile.scheme if profile is not None and webhook is not None else ""
    if profile is not None:
        line["vendorId"] = profile.vendor_id
    fault = signature_fault(scheme, signed, secrets, at)
    if fault is not None or profile is None or webhook is None:
        line["reason"] = SignatureFault.NO_VENDOR if webhook is None else fault
        raise RequestRefusedError(ProblemCode.UNAUTHENTICATED, "The signature is missing or does not hold.")
    return profile, webhook


def _signing_vendors(app: Application) -> Iterator[VendorProfile]:
    profiles = map(app.registry.vendor, app.registry.vendor_ids())
    return (profile for profile in profiles if profile is not None and profile.webhook is not None)


def _post_split(request: Request, app: Application, deliveries: Sequence[Delivery], line: LogLine) -> dict[str, Any]:
    """The answer to a webhook whose body may hold several events: 202 if any of them is new."""
    app.rates.charge(line["vendorId"], max(len(deliveries) - 1, 0))
    is_element = all(delivery.offset is not None for delivery in deliveries)
    verdicts = accept(app, deliveries, batch=is_element, whole=request.body)
    results = [_judged(app, *one, line) for one in zip(deliveries, verdicts, strict=True)]
    is_new = any(verdict.outcome is Outcome.ACCEPTED for verdict in verdicts)
    return json_answer(HTTPStatus.ACCEPTED if is_new else HTTPStatus.OK, {"results": results})


def _get_event(request: Request, app: Application, line: LogLine) -> dict[str, Any]:
    profile = _vendor(request, app, line)
    key = IdempotencyKey(profile.vendor_id, request.path_parameters["externalEventId"])
    # What can be no event's id can be no key of a store either.
    can_be = PRINTABLE_ID.fullmatch(key.external_event_id)
    record = app.index.read([key], consistent=True).get(key) if can_be else None
    if record is None:
        raise RequestRefusedError(ProblemCode.NOT_FOUND, "There is no event with this id.")
    kept = None
    if record.status is Status.FAILED_NORMALIZE:
        kept = app.quarantine.get(profile.vendor_id, record.ingest_id)
    line |= {"ingestId": record.ingest_id, "externalEventId": record.key.external_event_id}
    return json_answer(HTTPStatus.OK, event_status(record, kept))


def _get_health(_: Request, __: Application, ___: LogLine) -> dict[str, Any]:
    return json_answer(HTTPStatus.OK, {"status": "OK"})


ROUTES: dict[str, dict[str, Route]] = {
    "/v1/events": {"POST": _post_event},
    "/v1/events/batch": {"POST": _post_batch},
    "/v1/webhooks/{vendorId}/{topic}": {"POST": _post_webhook},
    "/v1/events/{externalEventId}": {"GET": _get_event},
    "/v1/health": {"GET": _get_health},
}
"""What is served, by route template and method."""

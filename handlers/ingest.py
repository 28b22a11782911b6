"""Entry point of the HTTP surface: decode, call, encode."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from handlers.core.acceptance import Outcome, Verdict, accept
from handlers.core.credentials import principal_of
from handlers.core.envelopes import Delivery, read_batch, read_envelope, read_webhook
from handlers.core.object_keys import rfc3339
from handlers.core.problems import ProblemCode, RequestRefusedError
from handlers.core.signatures import SCHEMES, SignedRequest, is_authentic
from handlers.values import DvssError, IdempotencyKey, Role, Status, TransientError
from handlers.wire import Request, json_answer, problem_answer, problem_members, read_request, violation_list

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from generated.runtime.binding import VendorProfile
    from handlers.application import Application
    from handlers.values import IngestRecord

    type Route = Callable[[Request, Application], dict[str, Any]]

log = logging.getLogger("dvss.ingest")
_METRICS = {Outcome.ACCEPTED: "dvss.ingest.accepted", Outcome.DUPLICATE: "dvss.ingest.duplicate"}


def answer(event: Mapping[str, Any], app: Application) -> dict[str, Any]:
    """The proxy response to an API Gateway REST proxy event."""
    request = read_request(event)
    started = app.clock.now()
    try:
        response = _route(request)(request, app)
    except RequestRefusedError as refused:
        if refused.status != 401:  # noqa: PLR2004 - an unknown sender is no vendor's failure
            app.metrics.count("dvss.ingest.failed_validation", reason=refused.code)
        response = problem_answer(refused, request.request_id)
    except TransientError as error:
        log.warning("a request was not served", extra={"requestId": request.request_id, "status": str(error)})
        response = _unavailable(request, error.retry_after_seconds)
    except DvssError:
        log.exception("a request was not served", extra={"requestId": request.request_id})
        response = _unavailable(request, 1)
    milliseconds = (app.clock.now() - started).total_seconds() * 1000
    extra = {"requestId": request.request_id, "status": response["statusCode"], "latencyMs": round(milliseconds, 1)}
    log.info("%s %s", request.method, request.resource, extra=extra)
    return response


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


def _vendor(request: Request, app: Application) -> VendorProfile:
    """The vendor that the API key stands for."""
    principal = principal_of(app, request.header("x-api-key"))
    if principal.role is not Role.VENDOR or principal.vendor_id is None:
        raise RequestRefusedError(ProblemCode.FORBIDDEN, "An operator's key posts and reads no vendor's events.")
    profile = app.registry.vendor(principal.vendor_id)
    if profile is None:
        detail = f"Vendor {principal.vendor_id} has no mapping in this deployment."
        raise RequestRefusedError(ProblemCode.UNKNOWN_VENDOR, detail)
    return profile


def _throttle(app: Application, profile: VendorProfile) -> None:
    wait = app.rates.take(
        profile.vendor_id, per_second=profile.requests_per_second, burst=profile.burst, at=app.clock.now()
    )
    if wait is not None:
        detail = f"More than {profile.requests_per_second} events a second; try again in {wait} s."
        raise RequestRefusedError(ProblemCode.THROTTLED, detail, retry_after_seconds=wait)


def _check_media_type(request: Request) -> None:
    content_type = (request.header("content-type") or "").partition(";")[0].strip().lower()
    encoding = request.headers.get("content-encoding", ())
    if content_type != "application/json":
        raise RequestRefusedError(ProblemCode.UNSUPPORTED_MEDIA_TYPE, "Send the body as application/json.")
    if any(value.strip().lower() != "identity" for value in encoding):
        raise RequestRefusedError(ProblemCode.UNSUPPORTED_MEDIA_TYPE, "Send the body without Content-Encoding.")


def _post_event(request: Request, app: Application) -> dict[str, Any]:
    profile = _vendor(request, app)
    _check_media_type(request)
    _throttle(app, profile)
    delivery = read_envelope(app.registry, profile, request.body)
    (verdict,) = accept(app, [delivery], batch=False)
    _report(app, delivery, verdict)
    if verdict.outcome is Outcome.CONFLICT:
        detail = "This event id was used before for another payload. Both payloads are kept; yours is quarantined."
        raise RequestRefusedError(ProblemCode.CONFLICT, detail, ingest_id=verdict.ingest_id)
    return _accepted(verdict)


def _accepted(verdict: Verdict) -> dict[str, Any]:
    status = 202 if verdict.outcome is Outcome.ACCEPTED else 200
    return json_answer(status, {"ingestId": verdict.ingest_id, "status": verdict.outcome})


def _report(app: Application, delivery: Delivery, verdict: Verdict) -> None:
    vendor_id = delivery.profile.vendor_id
    if verdict.outcome in _METRICS:
        app.metrics.count(_METRICS[verdict.outcome], vendorId=vendor_id)
    else:
        app.metrics.count("dvss.ingest.failed_validation", reason=ProblemCode.CONFLICT)
    log.info(
        "event %s",
        verdict.outcome.lower(),
        extra={
            "ingestId": verdict.ingest_id,
            "vendorId": vendor_id,
            "externalEventId": delivery.external_event_id,
            "rawS3Key": verdict.raw_key,
            "status": verdict.outcome,
        },
    )


def _post_batch(request: Request, app: Application) -> dict[str, Any]:
    profile = _vendor(request, app)
    _check_media_type(request)
    _throttle(app, profile)
    items = read_batch(app.registry, profile, request.body)
    app.rates.charge(profile.vendor_id, len(items) - 1)
    deliveries = [item for item in items if isinstance(item, Delivery)]
    verdicts = iter(accept(app, deliveries, batch=True))
    results = []
    for item in items:
        if isinstance(item, RequestRefusedError):
            app.metrics.count("dvss.ingest.failed_validation", reason=item.code)
            results.append({"status": "REJECTED", **problem_members(item)})
            continue
        verdict = next(verdicts)
        _report(app, item, verdict)
        result = {"externalEventId": item.external_event_id, "ingestId": verdict.ingest_id, "status": verdict.outcome}
        if verdict.outcome is Outcome.CONFLICT:
            result |= {"code": ProblemCode.CONFLICT, "detail": "This event id was used before for another payload."}
        results.append(result)
    return json_answer(200, {"results": results})


def _post_webhook(request: Request, app: Application) -> dict[str, Any]:
    vendor_id, topic = request.path_parameters["vendorId"], request.path_parameters["topic"]
    profile = app.registry.vendor(vendor_id)
    if profile is None or profile.webhook is None or profile.scheme not in SCHEMES:
        raise RequestRefusedError(ProblemCode.UNKNOWN_VENDOR, "There is no webhook for such a vendor.")
    at = app.clock.now()
    signed = SignedRequest(app.public_url.rstrip("/") + request.path, request.headers, request.body)
    secrets = app.credentials.webhook_secrets(vendor_id, at)
    if not is_authentic(profile.scheme, signed, secrets, at):
        raise RequestRefusedError(ProblemCode.UNAUTHENTICATED, "The signature is missing or does not hold.")
    _check_media_type(request)
    _throttle(app, profile)
    delivery = read_webhook(profile, topic, request.body)
    (verdict,) = accept(app, [delivery], batch=False)
    _report(app, delivery, verdict)
    # A sender of webhooks would repeat a refused conflict for days; the divergence is kept on our side.
    return _accepted(verdict)


def _get_event(request: Request, app: Application) -> dict[str, Any]:
    profile = _vendor(request, app)
    key = IdempotencyKey(profile.vendor_id, request.path_parameters["externalEventId"])
    record = app.index.read([key], consistent=False).get(key)
    if record is None:
        raise RequestRefusedError(ProblemCode.NOT_FOUND, "There is no event with this id.")
    return json_answer(200, _event_status(app, record))


def _event_status(app: Application, record: IngestRecord) -> dict[str, Any]:
    optional = {
        "occurredAt": record.occurred_at,
        "schemaVersion": record.schema_version,
        "mappingVersion": record.mapping_version,
    }
    document: dict[str, Any] = {
        "ingestId": record.ingest_id,
        "vendorId": record.key.vendor_id,
        "externalEventId": record.key.external_event_id,
        "eventType": record.event_type,
        "status": record.status,
        "receivedAt": rfc3339(record.received_at),
        "revision": record.revision,
        "eventCount": len(record.normalized),
    } | {name: value for name, value in optional.items() if value is not None}
    if record.status is Status.FAILED_NORMALIZE:
        kept = app.quarantine.get(record.key.vendor_id, record.ingest_id)
        if kept is not None:
            document["quarantine"] = {
                "reason": kept.reason,
                "stage": kept.stage,
                "quarantinedAt": rfc3339(kept.quarantined_at),
                "violations": violation_list(kept.violations),
            }
    return document


def _get_health(_: Request, __: Application) -> dict[str, Any]:
    return json_answer(200, {"status": "OK"})


ROUTES: dict[str, dict[str, Route]] = {
    "/v1/events": {"POST": _post_event},
    "/v1/events/batch": {"POST": _post_batch},
    "/v1/webhooks/{vendorId}/{topic}": {"POST": _post_webhook},
    "/v1/events/{externalEventId}": {"GET": _get_event},
    "/v1/health": {"GET": _get_health},
}
"""What is served, by route template and method."""

"""Credentials for schemathesis: each request carries the one that its route asks for, over the exact bytes it sends."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import re
from typing import TYPE_CHECKING, Any, TypeGuard
from urllib.parse import urlsplit

import schemathesis
from requests.auth import AuthBase

if TYPE_CHECKING:
    from requests import PreparedRequest

CREDENTIALS = json.loads(os.environ["DVSS_FUZZ_CREDENTIALS"])
OPERATOR_ROUTES = ("/v1/feed", "/v1/ready", "/metrics")


class Credential(AuthBase):
    """An API key, or a webhook's signature."""

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        assert request.url is not None
        path = urlsplit(request.url).path
        if path.startswith("/v1/webhooks/"):
            self._sign(request, path)
        else:
            name = "operator" if path in OPERATOR_ROUTES else "vendor"
            request.headers["x-api-key"] = CREDENTIALS[name]
        return request

    def _sign(self, request: PreparedRequest, path: str) -> None:
        body = request.body or b""
        assert isinstance(body, (str, bytes))
        signed = body.encode() if isinstance(body, str) else body
        if path.startswith("/v1/webhooks/square/"):
            url = (CREDENTIALS["url"] + path).encode()
            request.headers["x-square-hmacsha256-signature"] = _signature(CREDENTIALS["square"], url + signed)
        else:
            request.headers["x-shopify-hmac-sha256"] = _signature(CREDENTIALS["shopify"], signed)


schemathesis.auth.set_from_requests(Credential())  # type: ignore[attr-defined]  # the decorator carries it


EVENT_TYPE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]{0,127}")
VENDOR_ID = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,63}")


@schemathesis.hook
def map_body(_context: schemathesis.HookContext, body: Any) -> Any:
    """Random vendors would all be refused: a valid name becomes the key's own vendor, what is wrong stays wrong."""
    events = body.get("events") if isinstance(body, dict) else None
    for envelope in events if isinstance(events, list) else [body]:
        if isinstance(envelope, dict) and _is_vendor_id(envelope.get("vendorId")):
            envelope["vendorId"] = "vendorA"
            event_type = envelope.get("eventType")
            if isinstance(event_type, str) and EVENT_TYPE.fullmatch(event_type) and len(event_type) % 2:
                envelope["eventType"] = "inventory_update"
    return body


@schemathesis.hook
def map_path_parameters(_context: schemathesis.HookContext, path_parameters: Any) -> Any:
    vendor_id = path_parameters.get("vendorId") if path_parameters else None
    if _is_vendor_id(vendor_id) and len(vendor_id) % 3:
        path_parameters["vendorId"] = "shopify" if len(vendor_id) % 3 == 1 else "square"
    return path_parameters


def _is_vendor_id(value: object) -> TypeGuard[str]:
    return isinstance(value, str) and VENDOR_ID.fullmatch(value) is not None


def _signature(secret: str, signed: bytes) -> str:
    return base64.b64encode(hmac.digest(secret.encode(), signed, hashlib.sha256)).decode()

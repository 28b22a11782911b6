"""The HTTP surface over real HTTP, as vendors and operators meet it."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest

from dvss.demo.steps import EXAMPLES
from handlers.values import Status
from tests.dvss.program import envelope
from tests.dvss.wire import request

if TYPE_CHECKING:
    from tests.dvss.program import Server
    from tests.dvss.wire import Answer


AFTER = ("after=-1", "after=x", "after=", "after=1.0", "after=%D9%A1", "after=99999999999999999999")
LIMIT = ("limit=0", "limit=1001", "limit=1_0", "limit=+1")


def signed(server: Server, vendor: str, topic: str, body: bytes) -> Answer:
    path = f"/v1/webhooks/{vendor}/{topic}"
    name, secret, text = {
        "shopify": ("x-shopify-hmac-sha256", server.shopify_secret, body),
        "square": ("x-square-hmacsha256-signature", server.square_secret, (server.url + path).encode() + body),
    }[vendor]
    signature = base64.b64encode(hmac.digest(secret.encode(), text, hashlib.sha256)).decode()
    return request(server.url, "POST", path, {name: signature, "content-type": "application/json"}, body)


def test_an_event_is_accepted_once(server: Server) -> None:
    first = server.post(envelope("once"))
    again = server.post(json.dumps(envelope("once"), indent=2, sort_keys=True).encode())
    assert (first.status, first.document["status"]) == (202, "ACCEPTED")
    assert (again.status, again.document) == (200, {"ingestId": first.document["ingestId"], "status": "DUPLICATE"})


def test_another_payload_under_a_used_id_is_a_conflict(server: Server) -> None:
    first = server.post(envelope("conflict", 1)).document
    second = server.post(envelope("conflict", 2))
    assert (second.status, second.code) == (409, "CONFLICT")
    assert second.document["ingestId"] == first["ingestId"]


def test_an_event_shows_what_became_of_it(server: Server) -> None:
    ingest_id = server.post(envelope("shown")).document["ingestId"]
    server.settled("shown")
    answer = request(server.url, "GET", "/v1/events/shown", {"x-api-key": server.vendor_key})
    assert answer.status == 200
    assert answer.document["ingestId"] == ingest_id
    assert answer.document["status"] == "NORMALIZED"
    assert answer.document["eventCount"] == 1


def test_a_quarantined_event_shows_why(server: Server) -> None:
    server.post(envelope("in-words", "twelve"))
    server.settled("in-words")
    answer = request(server.url, "GET", "/v1/events/in-words", {"x-api-key": server.vendor_key})
    kept = answer.document["quarantine"]
    assert answer.document["status"] == "FAILED_NORMALIZE"
    assert (kept["reason"], kept["violations"][0]["pointer"]) == ("PAYLOAD_INVALID", "/qty")


@pytest.mark.parametrize("name", ["orders/2026/1", "50% off", "a?b=c", "plus+sign", "..", "batch"])
def test_any_id_can_be_asked_for_if_it_is_escaped(server: Server, name: str) -> None:
    ingest_id = server.post(envelope(name)).document["ingestId"]
    answer = request(server.url, "GET", f"/v1/events/{quote(name, safe='')}", {"x-api-key": server.vendor_key})
    if name == "batch":
        assert (answer.status, answer.code) == (405, "METHOD_NOT_ALLOWED")
    else:
        assert (answer.status, answer.document["ingestId"]) == (200, ingest_id)


def test_a_vendor_does_not_see_that_another_vendors_event_exists(server: Server) -> None:
    body = (EXAMPLES / "square" / "payment.updated.json").read_bytes()
    assert signed(server, "square", "payment.updated", body).status == 202
    name = json.loads(body)["event_id"]
    answer = request(server.url, "GET", f"/v1/events/{name}", {"x-api-key": server.vendor_key})
    assert (answer.status, answer.code) == (404, "NOT_FOUND")


def test_a_batch_has_one_verdict_for_each_item_in_order(server: Server) -> None:
    server.post(envelope("in-batch-before", 1))
    items = [
        envelope("in-batch-new"),
        envelope("in-batch-before", 1),
        envelope("in-batch-before", 2),
        {"vendorId": "vendorA"},
        envelope("in-batch-new"),
    ]
    headers = {"x-api-key": server.vendor_key, "content-type": "application/json"}
    answer = request(server.url, "POST", "/v1/events/batch", headers, json.dumps({"events": items}).encode())
    verdicts = [result["status"] for result in answer.document["results"]]
    assert (answer.status, verdicts) == (200, ["ACCEPTED", "DUPLICATE", "CONFLICT", "REJECTED", "DUPLICATE"])
    assert server.settled("in-batch-new").status is Status.NORMALIZED


def test_native_webhooks_are_accepted_by_their_signatures(server: Server) -> None:
    order = (EXAMPLES / "shopify" / "orders_create.json").read_bytes()
    counts = (EXAMPLES / "square" / "inventory.count.updated.json").read_bytes()
    assert signed(server, "shopify", "orders_create", order).status == 202
    assert signed(server, "shopify", "orders_create", order).document["status"] == "DUPLICATE"
    assert signed(server, "square", "inventory.count.updated", counts).status == 202
    record = server.settled(json.loads(counts)["event_id"], "square")
    assert (record.status, len(record.normalized)) == (Status.NORMALIZED, 2)


def test_one_changed_byte_breaks_the_signature(server: Server) -> None:
    order = (EXAMPLES / "shopify" / "orders_create.json").read_bytes()
    signature = base64.b64encode(hmac.digest(server.shopify_secret.encode(), order, hashlib.sha256)).decode()
    headers = {"x-shopify-hmac-sha256": signature, "content-type": "application/json"}
    answer = request(server.url, "POST", "/v1/webhooks/shopify/orders_create", headers, order + b" ")
    assert (answer.status, answer.code) == (401, "UNAUTHENTICATED")


def test_a_conflicting_webhook_is_answered_2xx(server: Server) -> None:
    counts = json.loads((EXAMPLES / "square" / "inventory.count.updated.json").read_bytes()) | {"event_id": "7"}
    topic = "inventory.count.updated"
    assert signed(server, "square", topic, json.dumps(counts).encode()).status == 202
    answer = signed(server, "square", topic, json.dumps(counts | {"merchant_id": "MLR0HARBOURTWO"}).encode())
    assert (answer.status, answer.document["status"]) == (200, "CONFLICT")


def test_the_feed_is_read_page_by_page_without_a_gap(server: Server) -> None:
    start = server.ask("/v1/feed?limit=1000").document["next"]
    names = [f"feed-{number}" for number in range(7)]
    for name in names:
        server.post(envelope(name))
    for name in names:
        server.settled(name)
    seen: list[str] = []
    after = start
    while page := server.ask(f"/v1/feed?after={after}&limit=3").document:
        if not page["entries"]:
            break
        assert len(page["entries"]) <= 3
        seen += [entry["event"]["externalEventId"] for entry in page["entries"]]
        after = page["next"]
    assert [name for name in sorted(seen) if name.startswith("feed-")] == names
    assert server.ask(f"/v1/feed?after={after}").document == {"entries": [], "next": after}


@pytest.mark.parametrize(
    "query",
    ["after=-1", "after=x", "after=", "after=1.0", "after=%D9%A1", "limit=0", "limit=1001", "limit=1_0", "limit=+1"],
)
def test_a_wrong_parameter_of_the_feed_is_named(server: Server, query: str) -> None:
    answer = server.ask(f"/v1/feed?{query}")
    assert (answer.status, answer.code) == (400, "PARAMETER_INVALID")
    assert answer.document["detail"].startswith(query.partition("=")[0])


@pytest.mark.parametrize("path", ["/v1/feed", "/v1/ready", "/metrics"])
def test_operations_need_an_operators_key(server: Server, path: str) -> None:
    nobody = request(server.url, "GET", path)
    vendor = request(server.url, "GET", path, {"x-api-key": server.vendor_key})
    assert (nobody.status, nobody.code) == (401, "UNAUTHENTICATED")
    assert (vendor.status, vendor.code) == (403, "FORBIDDEN")
    assert server.ask(path).status == 200


def test_the_metrics_count_by_vendor_and_reason(server: Server) -> None:
    server.post(envelope("counted"))
    server.post(b"{}")
    server.settled("counted")
    lines = server.ask("/metrics").body.decode().splitlines()
    values = dict(line.rsplit(" ", 1) for line in lines if not line.startswith("#"))
    assert float(values['dvss_ingest_accepted_total{vendorId="vendorA"}']) >= 1
    assert float(values['dvss_ingest_failed_validation_total{reason="ENVELOPE_INVALID"}']) >= 1
    assert float(values['dvss_normalize_success_total{eventType="InventoryUpdated"}']) >= 1
    assert values["dvss_pipeline_dead_letters"] == "0.0"
    assert values["dvss_store_parked"] == "0.0"


def test_health_asks_for_no_key(server: Server) -> None:
    answer = request(server.url, "GET", "/v1/health")
    assert (answer.status, answer.document) == (200, {"status": "OK"})


def test_the_contract_is_served(server: Server) -> None:
    document = request(server.url, "GET", "/openapi.json").document
    assert document["openapi"].startswith("3.1")
    assert "/v1/events/{externalEventId}" in document["paths"]


@pytest.mark.parametrize("path", ["/", "/v1", "/v1/events/", "/v1/events/a/b", "//v1/events", "/v1/webhooks/shopify"])
def test_an_unknown_path_is_not_found(server: Server, path: str) -> None:
    answer = request(server.url, "GET", path)
    assert (answer.status, answer.code) == (404, "NOT_FOUND")


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("GET", "/v1/events", "POST"),
        ("DELETE", "/v1/events/x", "GET"),
        ("HEAD", "/v1/events/x", "GET"),
        ("POST", "/v1/feed", "GET"),
        ("OPTIONS", "/v1/events/batch", "POST"),
        ("TRACE", "/metrics", "GET"),
    ],
)
def test_another_method_is_not_allowed(server: Server, method: str, path: str, allowed: str) -> None:
    answer = request(server.url, method, path, {"x-api-key": server.operator_key})
    assert (answer.status, answer.headers["allow"]) == (405, allowed)
    assert method == "HEAD" or answer.code == "METHOD_NOT_ALLOWED"


def test_each_answer_names_its_request(server: Server) -> None:
    one, other = (request(server.url, "GET", "/nothing") for _ in range(2))
    assert one.headers["x-request-id"] == one.document["requestId"]
    assert one.headers["x-request-id"] != other.headers["x-request-id"]


def test_the_log_holds_ids_and_neither_payload_nor_secret(server: Server) -> None:
    canary = "canary-9f1c"
    body = envelope("logged", canary)
    body["payload"]["sku"] = canary
    server.post(body)
    server.post(b'{"x": "' + canary.encode() + b'"}')
    server.settled("logged")
    signed(server, "shopify", "orders_create", json.dumps({"note": canary}).encode())
    request(server.url, "GET", f"/v1/feed?after={canary}", {"x-api-key": canary})
    # The log is written behind the answers.
    time.sleep(0.5)
    text = server.log.read_text(encoding="utf-8")
    lines = [json.loads(line) for line in text.splitlines()]
    assert any(line.get("externalEventId") == "logged" and line.get("vendorId") == "vendorA" for line in lines)
    secrets = (server.vendor_key, server.operator_key, server.shopify_secret, server.square_secret)
    assert not [word for word in (canary, *secrets) if word in text]

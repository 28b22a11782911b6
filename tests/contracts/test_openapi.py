"""What the OpenAPI document keeps to: complete, referring to ``schemas/`` and never restating them."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import pytest
from openapi_spec_validator import validate

from tests.contracts.documents import ROOT, mistakes, openapi, schemas

if TYPE_CHECKING:
    from collections.abc import Iterator

PREFIX = "../schemas/"
WEBHOOK = "POST /v1/webhooks/{vendorId}/{topic}"
SURFACE = {
    "POST /v1/events": "vendorKey",
    "POST /v1/events/batch": "vendorKey",
    "GET /v1/events/{externalEventId}": "vendorKey",
    WEBHOOK: None,
    "GET /v1/health": None,
    "GET /v1/ready": "operatorKey",
    "GET /v1/feed": "operatorKey",
    "GET /metrics": "operatorKey",
}
TEXTS = {f"{WEBHOOK} 200", f"{WEBHOOK} 202", "GET /metrics 200"}
"""The answers that are, or may be, plain text."""


def followed(node: dict[str, Any]) -> dict[str, Any]:
    """The node, or what its reference inside the document names."""
    for name in node.get("$ref", "#").removeprefix("#").split("/")[1:]:
        node = (openapi() if name == "components" else node)[name]
    return node


def operations() -> dict[str, dict[str, Any]]:
    return {
        f"{method.upper()} {path}": operation
        for path, item in openapi()["paths"].items()
        for method, operation in item.items()
    }


def responses() -> Iterator[tuple[str, str, dict[str, Any]]]:
    for label, operation in operations().items():
        for status, response in operation["responses"].items():
            yield label, status, followed(response)


def media_types() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Every body, of requests and of responses."""
    for label, operation in operations().items():
        for kind, media in operation.get("requestBody", {}).get("content", {}).items():
            yield label, kind, media
    for label, status, response in responses():
        for kind, media in response["content"].items():
            yield f"{label} {status}", kind, media


every_operation = pytest.mark.parametrize("label", sorted(SURFACE))


def test_the_document_is_valid_3_1() -> None:
    assert openapi()["openapi"].startswith("3.1.")
    validate(openapi(), base_uri=(ROOT / "openapi" / "dvss.yaml").as_uri())


def test_the_surface_is_complete() -> None:
    assert operations().keys() == SURFACE.keys()


@every_operation
def test_an_operation_is_documented_and_secured(label: str) -> None:
    operation = operations()[label]
    assert {"operationId", "summary", "description"} <= operation.keys()
    tags = {tag["name"] for tag in openapi()["tags"]}
    assert set(operation["tags"]) <= tags
    scheme = SURFACE[label]
    assert operation["security"] == ([{scheme: []}] if scheme else [])
    assert openapi()["components"]["securitySchemes"][scheme]["name"] == "x-api-key" if scheme else True


@every_operation
def test_an_operation_answers_what_it_can_come_to(label: str) -> None:
    statuses = operations()[label]["responses"].keys()
    assert {"200", "405"} <= statuses
    if SURFACE[label]:
        assert {"401", "403", "503"} <= statuses
    if label.startswith("POST"):
        assert {"400", "401", "404", "413", "415", "429", "503"} <= statuses
    if label == "POST /v1/events":
        assert {"202", "409", "422"} <= statuses


def test_operation_ids_are_unique_and_links_lead_to_them() -> None:
    ids = [operation["operationId"] for operation in operations().values()]
    assert len(set(ids)) == len(ids)
    links = [followed(link) for _, _, response in responses() for link in response.get("links", {}).values()]
    assert {link["operationId"] for link in links} == {"getEventStatus", "readFeed"}


def references(media: dict[str, Any]) -> list[str]:
    """The schemas of which a body must fit one."""
    schema = media["schema"]
    return [one["$ref"].removeprefix(PREFIX) for one in schema.get("oneOf", [schema]) if one.keys() == {"$ref"}]


def test_no_body_is_restated() -> None:
    by_reference = {(place, kind): references(media) for place, kind, media in media_types() if references(media)}
    assert all(reference in schemas() for named in by_reference.values() for reference in named)
    assert all(kind == "application/problem+json" for (_, kind), named in by_reference.items() if "problem" in named[0])
    free = {(place, kind): media["schema"] for place, kind, media in media_types() if not references(media)}
    # Any JSON and any text: there is nothing to restate.
    assert {key: free[key].keys() - {"description"} for key in free if key[1] != "text/plain"} == {
        (WEBHOOK, "application/json"): set()
    }
    texts = {place: schema["type"] for (place, kind), schema in free.items() if kind == "text/plain"}
    assert texts == dict.fromkeys(TEXTS, "string")


@pytest.mark.parametrize(("place", "media"), [pytest.param(p, m, id=p) for p, _, m in media_types()])
def test_every_body_has_examples_and_they_are_valid(place: str, media: dict[str, Any]) -> None:
    examples = {name: example["value"] for name, example in media["examples"].items()}
    assert examples
    named = references(media)
    fitting = {
        name: [reference for reference in named if mistakes(reference, value) == []] for name, value in examples.items()
    }
    assert {name: len(found) for name, found in fitting.items()} == dict.fromkeys(examples, 1 if named else 0)
    assert named or place in {*TEXTS, WEBHOOK}


def test_the_examples_of_webhooks_are_vendor_payloads() -> None:
    media = operations()[WEBHOOK]["requestBody"]["content"]["application/json"]
    examples = {name: example["value"] for name, example in media["examples"].items()}
    assert mistakes("vendors/shopify/order.v1.schema.json", examples.pop("order")) == []
    assert mistakes("vendors/square/inventory_count_updated.v1.schema.json", examples.pop("inventoryCount")) == []
    assert examples == {}


def test_a_problem_says_the_status_that_it_is_sent_with() -> None:
    codes = set()
    for _, status, response in responses():
        if int(status) < 400:
            continue
        problems = response["content"]["application/problem+json"]["examples"]
        for problem in (example["value"] for example in problems.values()):
            assert problem["status"] == int(status)
            assert problem["title"] == HTTPStatus(int(status)).phrase
            codes.add(problem["code"])
    assert len(codes) >= 15


def test_a_problem_that_passes_says_when_to_come_back() -> None:
    for _, status, response in responses():
        assert ("Retry-After" in response.get("headers", {})) == (status in ("429", "503"))
        assert ("Allow" in response.get("headers", {})) == (status == "405")


def test_every_parameter_has_a_valid_example() -> None:
    parameters = [parameter for operation in operations().values() for parameter in operation.get("parameters", [])]
    assert {parameter["name"] for parameter in parameters} == {"externalEventId", "vendorId", "topic", "after", "limit"}
    for parameter in parameters:
        assert parameter["description"]
        values = [example["value"] for example in parameter["examples"].values()]
        if parameter["in"] == "path":
            reference = parameter["schema"]["$ref"].removeprefix(PREFIX)
            assert [mistakes(reference, value) for value in values] == [[] for _ in values]
        else:
            bounds = parameter["schema"]
            assert all(bounds["minimum"] <= value <= bounds["maximum"] for value in [*values, bounds["default"]])

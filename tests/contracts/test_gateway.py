"""What API Gateway and Terraform are given of the contracts."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest
from openapi_spec_validator import OpenAPIV30SpecValidator, validate

from codegen.compiler import resolve
from codegen.diagnostics import Diagnostics
from codegen.render.gateway import INVOKE_ARN, KEY, gateway_document
from codegen.render.tfvars import tfvars
from generated.registry import REGISTRY
from handlers.core.problems import STATUS
from handlers.ingest import ROUTES
from tests.compile.test_cases import BASE
from tests.contracts.documents import ROOT, openapi

if TYPE_CHECKING:
    from collections.abc import Iterator

GATEWAY = json.loads((ROOT / "generated" / "gateway.json").read_text(encoding="utf-8"))
TAKEN = {
    "operationId", "security", "vendorKey", "parameters", "name", "in", "required", "schema", "type", "responses",
    "description", "x-amazon-apigateway-integration", "httpMethod", "uri",
}  # fmt: skip
"""The words that an operation is made of: no schema of a body, no example, nothing of 3.1."""


def words(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        for name, below in node.items():
            yield name
            yield from words(below)
    elif isinstance(node, list):
        for below in node:
            yield from words(below)


def operations() -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, item in GATEWAY["paths"].items():
        for method, operation in item.items():
            yield path, method, operation


def test_the_document_is_openapi_3_0_and_holds_nothing_that_the_import_does_not_take() -> None:
    validate(GATEWAY, cls=OpenAPIV30SpecValidator)
    assert GATEWAY["openapi"] == "3.0.3"
    assert GATEWAY["components"].keys() == {"securitySchemes"}
    for _, _, operation in operations():
        assert {word for word in words(operation) if not re.fullmatch("[1-5][0-9][0-9]", word)} <= TAKEN


def test_every_open_route_of_the_contract_is_there() -> None:
    open_to_vendors = {
        (path, method)
        for path, item in openapi()["paths"].items()
        for method, operation in item.items()
        if {"operatorKey": []} not in operation["security"]
    }
    assert {(path, method) for path, method, _ in operations()} == open_to_vendors


def test_a_parameter_is_of_the_path_or_the_type_of_a_body() -> None:
    found = {
        (path, method): [one["name"] for one in operation["parameters"]] for path, method, operation in operations()
    }
    assert found == {
        ("/v1/events", "post"): ["Content-Type"],
        ("/v1/events/batch", "post"): ["Content-Type"],
        ("/v1/events/{externalEventId}", "get"): ["externalEventId"],
        ("/v1/webhooks/{vendorId}/{topic}", "post"): ["vendorId", "topic", "Content-Type"],
        ("/v1/health", "get"): [],
    }
    assert GATEWAY["x-amazon-apigateway-request-validators"] == {
        GATEWAY["x-amazon-apigateway-request-validator"]: {
            "validateRequestParameters": True,
            "validateRequestBody": False,
        }
    }


def test_terraform_finds_one_expression_whatever_text_the_contract_holds() -> None:
    text = (ROOT / "generated" / "gateway.json").read_text(encoding="utf-8")
    assert set(re.findall(r"[$%]\{[^}]*\}", text)) == {INVOKE_ARN}
    evil = {"openapi": "3.1.0", "info": {"title": "${file('x')} %{ if true }", "version": "1"}, "paths": {}}
    assert gateway_document(evil)["info"]["title"] == "$${file('x')} %%{ if true }"


def test_every_route_that_is_served_is_there_and_no_other() -> None:
    found = {(path, method.upper()) for path, method, _ in operations()}
    assert found == {(path, method) for path, methods in ROUTES.items() for method in methods}


def test_only_the_envelope_api_asks_for_a_key() -> None:
    asked = {path: operation["security"] for path, _, operation in operations()}
    assert asked == {
        "/v1/events": [{KEY: []}],
        "/v1/events/batch": [{KEY: []}],
        "/v1/events/{externalEventId}": [{KEY: []}],
        "/v1/webhooks/{vendorId}/{topic}": [],
        "/v1/health": [],
    }
    assert GATEWAY["x-amazon-apigateway-api-key-source"] == "HEADER"


def test_every_request_goes_to_the_function_as_it_came() -> None:
    for _, _, operation in operations():
        integration = operation["x-amazon-apigateway-integration"]
        assert (integration["type"], integration["httpMethod"], integration["uri"]) == ("aws_proxy", "POST", INVOKE_ARN)
    assert GATEWAY["x-amazon-apigateway-binary-media-types"] == ["*/*"]


@pytest.mark.parametrize("kind", GATEWAY["x-amazon-apigateway-gateway-responses"])
def test_what_the_gateway_answers_by_itself_is_a_problem_document(kind: str) -> None:
    answer = GATEWAY["x-amazon-apigateway-gateway-responses"][kind]
    text = answer["responseTemplates"]["application/json"].replace("$context.requestId", "r-1")
    problem = json.loads(text)
    assert [error.message for error in REGISTRY.validator("problem").iter_errors(problem)] == []
    assert str(problem["status"]) == answer["statusCode"]
    assert STATUS.get(problem["code"], 400) == problem["status"]
    headers = answer["responseParameters"]
    assert headers["gatewayresponse.header.Content-Type"] == "'application/problem+json'"
    assert ("gatewayresponse.header.Retry-After" in headers) == (problem["status"] in (429, 503))


def mapping(vendor: str, scheme: str, limits: dict[str, int], lane: str) -> str:
    schema = {
        "type": "object",
        "required": ["id"],
        "properties": {"id": {"type": "string", "maxLength": 64, "minLength": 1}},
    }
    document: dict[str, Any] = {
        "vendor": vendor, "name": vendor, "priority": 1, "authentication": {"scheme": scheme}, "limits": limits,
        "events": {"item": {"lane": lane, "payload": schema, "emits": "ItemUpdated@1.0", "map": {"itemId": "id"}}},
    }  # fmt: skip
    if scheme != "api-key":
        parts = {"event_type": "path.topic", "external_event_id": "body.id", "occurred_at": "body.at | timestamp"}
        document["webhook"] = parts
    return json.dumps(document)


def test_vendors_of_equal_limits_share_a_usage_plan() -> None:
    slow, fast = {"requests_per_second": 10, "burst": 20}, {"requests_per_second": 500, "burst": 1000}
    sources = BASE | {
        "mappings/acme.yaml": mapping("acme", "api-key", slow, "live"),
        "mappings/bolt.yaml": mapping("bolt", "api-key", slow, "workflow"),
        "mappings/cog.yaml": mapping("cog", "shopify", fast | {"max_payload_bytes": 1000}, "live"),
        "mappings/dial.yaml": mapping("dial", "api-key", fast, "live"),
    }
    project = resolve(sources, None, Diagnostics())
    assert project
    found = tfvars(project.vendors)
    assert {name: one["usage_plan"] for name, one in found["vendors"].items()} == {
        "acme": "rate-10-burst-20",
        "bolt": "rate-10-burst-20",
        "cog": "rate-500-burst-1000",
        "dial": "rate-500-burst-1000",
    }
    assert found["usage_plans"] == {"rate-10-burst-20": slow, "rate-500-burst-1000": fast}
    assert found["lanes"] == ["live", "workflow"]
    assert found["vendors"]["cog"] == {
        "scheme": "shopify", "usage_plan": "rate-500-burst-1000", **fast, "max_payload_bytes": 1000, "lanes": ["live"],
        "webhook": True, "secrets_parameter": "vendors/cog/secrets",
    }  # fmt: skip

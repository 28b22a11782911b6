"""The OpenAPI 3.0 document that API Gateway imports, made of the 3.1 contract.

A REST API takes 3.0 without much of it (known issues of "REST APIs using OpenAPI" in the API Gateway guide), so that
only what the gateway itself decides is said: routes, keys, path parameters, where a request goes, and what is answered
when it goes nowhere. Bodies are the function's to judge.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

INVOKE_ARN = "${ingest_invoke_arn}"
"""Filled in by Terraform: the invocation ARN of the function behind every route."""
KEY = "vendorKey"
_OPERATOR = "operatorKey"
_METHODS = frozenset({"get", "post", "put", "patch", "delete"})
_VALIDATOR = "parameters"

_REFUSALS = {
    "ACCESS_DENIED": (403, "FORBIDDEN", "The request is not allowed here."),
    "API_CONFIGURATION_ERROR": (503, "UNAVAILABLE", "Nothing was stored. Send it again."),
    "AUTHORIZER_CONFIGURATION_ERROR": (503, "UNAVAILABLE", "Nothing was stored. Send it again."),
    "AUTHORIZER_FAILURE": (503, "UNAVAILABLE", "Nothing was stored. Send it again."),
    "BAD_REQUEST_BODY": (400, "NOT_JSON", "The body cannot be read."),
    "BAD_REQUEST_PARAMETERS": (400, "PARAMETER_INVALID", "A parameter is missing or cannot be read."),
    "DEFAULT_4XX": (400, "PARAMETER_INVALID", "The request cannot be taken as it is."),
    "DEFAULT_5XX": (503, "UNAVAILABLE", "Nothing was stored. Send it again."),
    "EXPIRED_TOKEN": (401, "UNAUTHENTICATED", "The request carries no valid key."),
    "INTEGRATION_FAILURE": (503, "UNAVAILABLE", "Nothing was stored. Send it again."),
    "INTEGRATION_TIMEOUT": (503, "UNAVAILABLE", "Whether it was stored is not known. Send it again; that is safe."),
    "INVALID_API_KEY": (401, "UNAUTHENTICATED", "The request carries no valid key."),
    "INVALID_SIGNATURE": (401, "UNAUTHENTICATED", "The request carries no valid key."),
    "MISSING_AUTHENTICATION_TOKEN": (404, "NOT_FOUND", "There is no such resource."),
    "QUOTA_EXCEEDED": (429, "THROTTLED", "More than the limit; try again later."),
    "REQUEST_TOO_LARGE": (413, "PAYLOAD_TOO_LARGE", "The body is larger than the gateway takes."),
    "RESOURCE_NOT_FOUND": (404, "NOT_FOUND", "There is no such resource."),
    "THROTTLED": (429, "THROTTLED", "More than the limit; try again in a second."),
    "UNAUTHORIZED": (401, "UNAUTHENTICATED", "The request carries no valid key."),
    "UNSUPPORTED_MEDIA_TYPE": (415, "UNSUPPORTED_MEDIA_TYPE", "Send the body as application/json in UTF-8."),
    "WAF_FILTERED": (403, "FORBIDDEN", "The request is not allowed here."),
}
"""Status, code and words for each answer that the gateway gives by itself (gateway response types in its guide)."""


def gateway_document(openapi: Mapping[str, Any]) -> dict[str, Any]:
    """The document for import, from the contract."""
    paths: dict[str, dict[str, Any]] = {}
    for path, method, operation in _operations(openapi):
        paths.setdefault(path, {})[method] = _operation(operation)
    return {
        "openapi": "3.0.3",
        "info": {"title": openapi["info"]["title"], "version": openapi["info"]["version"]},
        "paths": paths,
        "components": {"securitySchemes": {KEY: {"type": "apiKey", "name": "x-api-key", "in": "header"}}},
        "x-amazon-apigateway-api-key-source": "HEADER",
        # The function sees the exact bytes, over which webhooks are signed.
        "x-amazon-apigateway-binary-media-types": ["*/*"],
        "x-amazon-apigateway-request-validators": {
            _VALIDATOR: {"validateRequestParameters": True, "validateRequestBody": False}
        },
        "x-amazon-apigateway-request-validator": _VALIDATOR,
        "x-amazon-apigateway-gateway-responses": {kind: _refusal(*said) for kind, said in _REFUSALS.items()},
    }


def _operations(openapi: Mapping[str, Any]) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """What vendors use: everything that no operator's key is asked for."""
    for path, item in openapi["paths"].items():
        for method, operation in item.items():
            if method in _METHODS and {_OPERATOR: []} not in operation["security"]:
                yield path, method, operation


def _operation(operation: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {"operationId": operation["operationId"], "security": list(operation["security"])}
    names = [one["name"] for one in operation.get("parameters", ()) if one["in"] == "path"]
    if names:
        schema = {"type": "string"}
        found["parameters"] = [{"name": name, "in": "path", "required": True, "schema": schema} for name in names]
    if "requestBody" in operation:
        found["requestBody"] = {"required": True, "content": {"application/json": {"schema": {"type": "object"}}}}
    found["responses"] = {
        status: {"description": _one_line(answer.get("description", "A problem document, RFC 9457."))}
        for status, answer in operation["responses"].items()
    }
    found["x-amazon-apigateway-integration"] = {
        "type": "aws_proxy",
        "httpMethod": "POST",
        "uri": INVOKE_ARN,
        "passthroughBehavior": "when_no_match",
    }
    return found


def _refusal(status: int, code: str, detail: str) -> dict[str, Any]:
    """A problem document, RFC 9457, as the function gives them."""
    body = (
        f'{{"type": "about:blank", "title": "{HTTPStatus(status).phrase}", "status": {status}, "code": "{code}", '
        f'"detail": "{detail}", "requestId": "$context.requestId"}}'
    )
    headers = {"gatewayresponse.header.Content-Type": "'application/problem+json'"}
    if status in (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE):
        headers["gatewayresponse.header.Retry-After"] = "'1'"
    return {
        "statusCode": str(status),
        "responseParameters": headers,
        "responseTemplates": {"application/json": body},
    }


def _one_line(text: str) -> str:
    return " ".join(text.split())

"""The OpenAPI 3.0 document that API Gateway imports, made of the 3.1 contract.

A REST API takes 3.0 without much of it (known issues of "REST APIs using OpenAPI" in the API Gateway guide), so that
only what the gateway itself decides is said: routes, keys, parameters, where a request goes, and what is answered
when it goes nowhere. Bodies are the function's to judge.

The text is a Terraform template, in which ``${ingest_invoke_arn}`` is the one expression.
"""

from __future__ import annotations

import json
import re
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

INVOKE_ARN = "${ingest_invoke_arn}"
"""Filled in by Terraform: the invocation ARN of the function behind every route."""
KEY = "vendorKey"
_OPERATOR = "operatorKey"
_VALIDATOR = "parameters"
_PARAMETER = re.compile(r"\{([^}]+)\}")

_REFUSALS = {
    "ACCESS_DENIED": (403, "FORBIDDEN", "The request is not allowed here."),
    "API_CONFIGURATION_ERROR": (503, "UNAVAILABLE", "Nothing was stored. Send it again."),
    "AUTHORIZER_CONFIGURATION_ERROR": (503, "UNAVAILABLE", "Nothing was stored. Send it again."),
    "AUTHORIZER_FAILURE": (503, "UNAVAILABLE", "Nothing was stored. Send it again."),
    "BAD_REQUEST_BODY": (400, "NOT_JSON", "The body cannot be read."),
    # A request that has come to a route has the parameters of its path: what it can lack is the Content-Type.
    "BAD_REQUEST_PARAMETERS": (415, "UNSUPPORTED_MEDIA_TYPE", "Send the body as application/json in UTF-8."),
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
        paths.setdefault(path, {})[method] = _operation(path, operation)
    return {
        "openapi": "3.0.3",
        "info": {name: _literal(openapi["info"][name]) for name in ("title", "version")},
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
            if not any(_OPERATOR in schemes for schemes in operation["security"]):
                yield path, method, operation


def _operation(path: str, operation: Mapping[str, Any]) -> dict[str, Any]:
    parameters = [_parameter(name, "path") for name in _PARAMETER.findall(path)]
    if "requestBody" in operation:
        parameters.append(_parameter("Content-Type", "header"))
    return {
        "operationId": _literal(operation["operationId"]),
        "security": [{KEY: []}] if operation["security"] else [],
        "parameters": parameters,
        "responses": {status: {"description": HTTPStatus(int(status)).phrase} for status in operation["responses"]},
        "x-amazon-apigateway-integration": {"type": "aws_proxy", "httpMethod": "POST", "uri": INVOKE_ARN},
    }


def _parameter(name: str, place: str) -> dict[str, Any]:
    return {"name": name, "in": place, "required": True, "schema": {"type": "string"}}


def _refusal(status: int, code: str, detail: str) -> dict[str, Any]:
    """A problem document, RFC 9457, as the function gives them."""
    problem = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "code": code,
        "detail": detail,
        "requestId": "$context.requestId",
    }
    headers = {"gatewayresponse.header.Content-Type": "'application/problem+json'"}
    if status in (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE):
        headers["gatewayresponse.header.Retry-After"] = "'1'"
    return {
        "statusCode": str(status),
        "responseParameters": headers,
        "responseTemplates": {"application/json": json.dumps(problem)},
    }


def _literal(text: str) -> str:
    """The text as it stands in a Terraform template."""
    return text.replace("${", "$${").replace("%{", "%%{")

"""The emulator's import of a REST API, on the document that is deployed."""

import json
import ssl
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.e2e.emulator.launch import ACCOUNT, REGION, Emulator

_GATEWAY = Path(__file__).resolve().parents[2] / "generated" / "gateway.json"
_FUNCTION = (
    f"arn:aws:apigateway:{REGION}:lambda:path/2015-03-31/functions/"
    f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:dvss-ingest-dev/invocations"
)


def _deployed() -> dict[str, Any]:
    text = _GATEWAY.read_text(encoding="utf-8")
    document: dict[str, Any] = json.loads(text.replace("${ingest_invoke_arn}", _FUNCTION))
    return document


@pytest.fixture
def api(emulator: Emulator) -> Any:
    client = emulator.client("apigateway")
    api_id = client.create_rest_api(name="dvss-dev")["id"]
    yield api_id
    client.delete_rest_api(restApiId=api_id)


def _put(emulator: Emulator, api: str, document: Any, **options: Any) -> Any:
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    parameters = {"mode": "overwrite", "failOnWarnings": True, **options}
    return emulator.client("apigateway").put_rest_api(restApiId=api, body=body, **parameters)


def _resources(emulator: Emulator, api: str) -> dict[str, dict[str, Any]]:
    items = emulator.client("apigateway").get_resources(restApiId=api, limit=500)["items"]
    return {item["path"]: item for item in items}


def test_every_operation_is_built_as_the_document_has_it(emulator: Emulator, api: str) -> None:
    document = _deployed()

    described = _put(emulator, api, document)

    assert (described["name"], described["binaryMediaTypes"], described["apiKeySource"]) == ("DVSS", ["*/*"], "HEADER")
    resources = _resources(emulator, api)
    built = {(path, method) for path, resource in resources.items() for method in resource.get("resourceMethods", {})}
    assert built == {(path, method.upper()) for path, item in document["paths"].items() for method in item}
    [validator] = emulator.client("apigateway").get_request_validators(restApiId=api)["items"]
    assert (validator["validateRequestParameters"], validator["validateRequestBody"]) == (True, False)
    for path, method in built:
        operation = document["paths"][path][method.lower()]
        made = emulator.client("apigateway").get_method(
            restApiId=api, resourceId=resources[path]["id"], httpMethod=method
        )
        assert made["apiKeyRequired"] is bool(operation["security"])
        assert made["operationName"] == operation["operationId"]
        assert made["requestValidatorId"] == validator["id"]
        assert set(made["methodResponses"]) == set(operation["responses"])
        assert made["methodIntegration"]["type"] == "AWS_PROXY"
        assert made["methodIntegration"]["uri"] == _FUNCTION
        places = {"header": "header", "path": "path"}
        assert made["requestParameters"] == {
            f"method.request.{places[parameter['in']]}.{parameter['name']}": True
            for parameter in operation["parameters"]
        }


def test_gateway_responses_are_the_documents(emulator: Emulator, api: str) -> None:
    document = _deployed()

    _put(emulator, api, document)

    answers = emulator.client("apigateway").get_gateway_responses(restApiId=api)["items"]
    made = {answer["responseType"]: answer for answer in answers if not answer["defaultResponse"]}
    wanted = document["x-amazon-apigateway-gateway-responses"]
    assert made.keys() == wanted.keys()
    for kind, answer in wanted.items():
        assert made[kind]["statusCode"] == answer["statusCode"]
        assert made[kind]["responseParameters"] == answer["responseParameters"]
        assert made[kind]["responseTemplates"] == answer["responseTemplates"]


@pytest.mark.parametrize(
    ("path", "content_type", "status", "code"),
    [
        ("/v1/events", "application/json", 401, "UNAUTHENTICATED"),
        ("/v1/webhooks/square/events", "", 415, "UNSUPPORTED_MEDIA_TYPE"),
        ("/v1/webhooks/square/events", "application/json", 503, "UNAVAILABLE"),
        ("/v1/nothing", "application/json", 404, "NOT_FOUND"),
    ],
)
def test_the_data_plane_serves_what_was_imported(
    emulator: Emulator, api: str, path: str, content_type: str, *, status: int, code: str
) -> None:
    _put(emulator, api, _deployed())
    emulator.client("apigateway").create_deployment(restApiId=api, stageName="dev")
    url = f"{emulator.endpoint}/restapis/{api}/dev/_user_request_{path}"
    request = urllib.request.Request(url, data=b"{}", headers={"Content-Type": content_type})
    trust = ssl.create_default_context(cafile=emulator.environment["AWS_CA_BUNDLE"])

    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(request, timeout=10, context=trust)

    with refused.value as answer:
        assert answer.code == status
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert json.load(answer)["code"] == code


def test_a_second_import_leaves_nothing_of_the_first(emulator: Emulator, api: str) -> None:
    _put(emulator, api, _deployed())
    smaller = _deployed()
    smaller["paths"] = {"/v1/health": smaller["paths"]["/v1/health"]}
    del smaller["x-amazon-apigateway-gateway-responses"]["THROTTLED"]

    _put(emulator, api, smaller)

    assert set(_resources(emulator, api)) == {"/", "/v1", "/v1/health"}
    client = emulator.client("apigateway")
    assert len(client.get_request_validators(restApiId=api)["items"]) == 1
    assert client.get_gateway_response(restApiId=api, responseType="THROTTLED")["defaultResponse"] is True


def _at(document: dict[str, Any], *path: str | int) -> Any:
    value: Any = document
    for part in path:
        value = value[part]
    return value


_EVENTS = ("paths", "/v1/events", "post")
_PLACES: list[tuple[tuple[str | int, ...], str]] = [
    ((), "/servers"),
    ((), "/x-amazon-apigateway-policy"),
    (("info",), "/info/description"),
    (("paths", "/v1/events"), "/paths/~1v1~1events/x-amazon-apigateway-any-method"),
    (_EVENTS, "/paths/~1v1~1events/post/requestBody"),
    ((*_EVENTS, "parameters", 0), "/paths/~1v1~1events/post/parameters/0/style"),
    ((*_EVENTS, "parameters", 0, "schema"), "/paths/~1v1~1events/post/parameters/0/schema/maxLength"),
    ((*_EVENTS, "responses", "202"), "/paths/~1v1~1events/post/responses/202/headers"),
    (
        (*_EVENTS, "x-amazon-apigateway-integration"),
        "/paths/~1v1~1events/post/x-amazon-apigateway-integration/tlsConfig",
    ),
    (("components",), "/components/schemas"),
    (("components", "securitySchemes", "vendorKey"), "/components/securitySchemes/vendorKey/flows"),
    (
        ("x-amazon-apigateway-gateway-responses", "THROTTLED"),
        "/x-amazon-apigateway-gateway-responses/THROTTLED/headers",
    ),
    (
        ("x-amazon-apigateway-request-validators", "parameters"),
        "/x-amazon-apigateway-request-validators/parameters/validateHeaders",
    ),
]


@pytest.mark.parametrize(("place", "pointer"), _PLACES, ids=[pointer for _, pointer in _PLACES])
def test_an_unknown_keyword_fails_the_import_by_name(
    emulator: Emulator, api: str, place: tuple[str | int, ...], pointer: str
) -> None:
    document = _deployed()
    _at(document, *place)[pointer.rsplit("/", 1)[-1].replace("~1", "/")] = {}

    with pytest.raises(ClientError) as refused:
        _put(emulator, api, document)

    error = refused.value.response
    assert error["ResponseMetadata"]["HTTPStatusCode"] == 400
    assert error["Error"]["Code"] == "BadRequestException"
    assert f"{pointer}: the import knows no such keyword" in error["Error"]["Message"]
    assert set(_resources(emulator, api)) == {"/"}


def _openapi_3_1(document: dict[str, Any]) -> None:
    document["openapi"] = "3.1.0"


def _unresolved_template(document: dict[str, Any]) -> None:
    _at(document, *_EVENTS)["x-amazon-apigateway-integration"]["uri"] = "${ingest_invoke_arn}"


def _unknown_scheme(document: dict[str, Any]) -> None:
    _at(document, *_EVENTS)["security"] = [{"operatorKey": []}]


def _unknown_validator(document: dict[str, Any]) -> None:
    document["x-amazon-apigateway-request-validator"] = "everything"


def _no_integration(document: dict[str, Any]) -> None:
    del _at(document, *_EVENTS)["x-amazon-apigateway-integration"]


@pytest.mark.parametrize(
    "change", [_openapi_3_1, _unresolved_template, _unknown_scheme, _unknown_validator, _no_integration]
)
def test_what_cannot_be_built_fails_the_import(
    emulator: Emulator, api: str, change: Callable[[dict[str, Any]], None]
) -> None:
    document = _deployed()
    change(document)

    with pytest.raises(ClientError, match="Errors found during import"):
        _put(emulator, api, document)

    assert set(_resources(emulator, api)) == {"/"}


def test_other_ways_to_import_are_refused(emulator: Emulator, api: str) -> None:
    with pytest.raises(ClientError, match="overwrites"):
        _put(emulator, api, _deployed(), mode="merge")
    with pytest.raises(ClientError, match="endpointConfigurationTypes"):
        _put(emulator, api, _deployed(), parameters={"endpointConfigurationTypes": "REGIONAL"})
    with pytest.raises(ClientError, match="no JSON"):
        _put(emulator, api, b"openapi: 3.0.3")
    with pytest.raises(ClientError, match="NotFoundException"):
        _put(emulator, "nothing", _deployed())

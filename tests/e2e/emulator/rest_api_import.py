"""The import that the emulator lacks: PutRestApi, as Terraform's AWS provider calls it for a `body`.

The provider sends `PUT /restapis/{id}?failonwarnings=…&mode=overwrite` with the document as the body. What the document
says is built by the emulator's own operations, one call each, so the data plane serves what it serves anyhow.
"""

import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from urllib.parse import quote

from ministack.services import apigateway_v1

from tests.e2e.emulator import rest_api_document
from tests.e2e.emulator.rest_api_document import DocumentRefusedError, Operation, RestApiDocument

type Response = tuple[int, dict[str, str], bytes]
type Handler = Callable[[str, str, dict[str, str], bytes, dict[str, Any]], Awaitable[Response]]

_QUERY_PARAMETERS = {"mode", "failonwarnings"}
_PUT_REST_API_PARTS = 2


class OperationFailedError(Exception):
    """An operation of the emulator answered with an error, which the import hands on."""

    def __init__(self, response: Response) -> None:
        super().__init__(response[2].decode())
        self.response = response


def install() -> None:
    """Serve PutRestApi in this process, beside what the emulator has."""
    operations: Handler = apigateway_v1.handle_request

    async def handle_request(
        method: str, path: str, headers: dict[str, str], body: bytes, query: dict[str, Any]
    ) -> Response:
        parts = path.strip("/").split("/")
        if method != "PUT" or parts[0] != "restapis" or len(parts) != _PUT_REST_API_PARTS:
            return await operations(method, path, headers, body, query)
        try:
            return await _put_rest_api(_Api(operations, parts[1]), body, query)
        except DocumentRefusedError as refusal:
            return _bad_request(str(refusal))
        except OperationFailedError as failure:
            return failure.response

    apigateway_v1.handle_request = handle_request


class _Api:
    """The emulator's operations on one REST API."""

    def __init__(self, operations: Handler, api_id: str) -> None:
        self._operations = operations
        self._root = f"/restapis/{api_id}"

    async def call(self, method: str, path: str = "", document: Mapping[str, Any] | None = None) -> Any:
        body = b"" if document is None else json.dumps(document).encode()
        response = await self._operations(method, self._root + path, {}, body, {"limit": ["500"]})
        if response[0] >= 400:
            raise OperationFailedError(response)
        return json.loads(response[2]) if response[2] else None

    async def items(self, path: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = (await self.call("GET", path))["item"]
        return found


async def _put_rest_api(api: _Api, body: bytes, query: Mapping[str, Any]) -> Response:
    unknown = sorted(query.keys() - _QUERY_PARAMETERS)
    if unknown:
        return _bad_request(f"The import knows no parameter {', '.join(unknown)}")
    if query.get("mode", ["merge"]) != ["overwrite"]:
        return _bad_request("The import overwrites; send mode=overwrite")
    document = rest_api_document.read(body)
    await _clear(api)
    await _describe(api, document)
    validators = {
        name: (
            await api.call(
                "POST",
                "/requestvalidators",
                {
                    "name": name,
                    "validateRequestParameters": validator.parameters,
                    "validateRequestBody": validator.body,
                },
            )
        )["id"]
        for name, validator in document.validators.items()
    }
    for operation in document.operations:
        await _build_operation(api, operation, validators)
    for kind, response in document.gateway_responses.items():
        await api.call("PUT", f"/gatewayresponses/{quote(kind)}", response)
    return 200, {"Content-Type": "application/json"}, json.dumps(await api.call("GET")).encode()


async def _clear(api: _Api) -> None:
    for resource in await api.items("/resources"):
        if resource["path"] != "/":
            await api.call("DELETE", f"/resources/{resource['id']}")
            continue
        for method in list(resource["resourceMethods"]):
            await api.call("DELETE", f"/resources/{resource['id']}/methods/{method}")
    for validator in await api.items("/requestvalidators"):
        await api.call("DELETE", f"/requestvalidators/{validator['id']}")
    for response in await api.items("/gatewayresponses"):
        if not response["defaultResponse"]:
            await api.call("DELETE", f"/gatewayresponses/{response['responseType']}")


async def _describe(api: _Api, document: RestApiDocument) -> None:
    described = {
        "name": document.title,
        "version": document.version,
        "description": "",
        "apiKeySource": document.api_key_source,
        "binaryMediaTypes": list(document.binary_media_types),
    }
    operations = [{"op": "replace", "path": f"/{name}", "value": value} for name, value in described.items()]
    await api.call("PATCH", document={"patchOperations": operations})


async def _build_operation(api: _Api, operation: Operation, validators: Mapping[str, str]) -> None:
    method = f"/resources/{await _resource(api, operation.path)}/methods/{operation.method}"
    await api.call(
        "PUT",
        method,
        {
            "authorizationType": "NONE",
            "apiKeyRequired": operation.api_key_required,
            "operationName": operation.name,
            "requestParameters": operation.request_parameters,
            "requestValidatorId": validators.get(operation.validator or ""),
        },
    )
    for status in operation.statuses:
        await api.call("PUT", f"{method}/responses/{status}", {})
    await api.call("PUT", f"{method}/integration", operation.integration)


async def _resource(api: _Api, path: str) -> str:
    """The id of the resource at `path`; it and what lies above it are made where they are missing."""
    resources = {resource["path"]: str(resource["id"]) for resource in await api.items("/resources")}
    found = resources["/"]
    made = ""
    for part in path.strip("/").split("/"):
        made += f"/{part}"
        found = resources.get(made) or str((await api.call("POST", f"/resources/{found}", {"pathPart": part}))["id"])
    return found


def _bad_request(message: str) -> Response:
    headers = {"Content-Type": "application/json", "x-amzn-errortype": "BadRequestException"}
    return 400, headers, json.dumps({"message": message, "__type": "BadRequestException"}).encode()

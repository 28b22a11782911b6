"""Reads an OpenAPI document for import into a REST API, and refuses each keyword that the import would drop."""

import json
import re
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Any

_METHODS = {"get", "post", "put", "delete", "patch", "head", "options"}
_LAMBDA_INVOCATION = re.compile(
    r"arn:aws:apigateway:[a-z0-9-]+:lambda:path/2015-03-31/functions/"
    r"arn:aws:lambda:[a-z0-9-]+:\d{12}:function:[A-Za-z0-9_-]+(:[A-Za-z0-9_$-]+)?/invocations"
)
_EXTENSION = "x-amazon-apigateway-"


class DocumentRefusedError(Exception):
    """The document says something that the import does not carry out; `problems` names each place."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("Errors found during import: " + "; ".join(problems))
        self.problems = problems


@dataclass(frozen=True)
class Validator:
    parameters: bool
    body: bool


@dataclass(frozen=True)
class Operation:
    path: str
    method: str
    name: str
    api_key_required: bool
    request_parameters: Mapping[str, bool]
    validator: str | None
    statuses: tuple[str, ...]
    integration: Mapping[str, str]


@dataclass(frozen=True)
class RestApiDocument:
    title: str
    version: str
    api_key_source: str
    binary_media_types: tuple[str, ...]
    validators: Mapping[str, Validator]
    operations: tuple[Operation, ...]
    gateway_responses: Mapping[str, Mapping[str, Any]]


def read(body: bytes) -> RestApiDocument:
    """The document in `body`.

    Raises:
        DocumentRefusedError: it is no JSON, lacks what an import needs, or has a keyword that is not known here.
    """
    try:
        document = json.loads(body)
    except ValueError as error:
        raise DocumentRefusedError([f"the body is no JSON: {error}"]) from None
    reader = _Reader()
    result = reader.document(document)
    if reader.problems:
        raise DocumentRefusedError(reader.problems)
    return result


@dataclass
class _Reader:
    problems: list[str] = field(default_factory=list)
    key_schemes: set[str] = field(default_factory=set)
    validators: dict[str, Validator] = field(default_factory=dict)
    default_validator: str | None = None

    def document(self, value: Any) -> RestApiDocument:
        root = self._members(
            value,
            "",
            required={"openapi", "info", "paths"},
            optional={
                "components",
                _EXTENSION + "api-key-source",
                _EXTENSION + "binary-media-types",
                _EXTENSION + "request-validators",
                _EXTENSION + "request-validator",
                _EXTENSION + "gateway-responses",
            },
        )
        if not str(root.get("openapi", "")).startswith("3.0."):
            self.problems.append("/openapi: an import takes 3.0")
        info = self._members(root.get("info", {}), "/info", required={"title", "version"})
        self._security_schemes(root.get("components", {}))
        self._validators(root.get(_EXTENSION + "request-validators", {}))
        self.default_validator = self._validator_name(root.get(_EXTENSION + "request-validator"), "")
        return RestApiDocument(
            title=str(info.get("title", "")),
            version=str(info.get("version", "")),
            api_key_source=str(root.get(_EXTENSION + "api-key-source", "HEADER")),
            binary_media_types=tuple(root.get(_EXTENSION + "binary-media-types", ())),
            validators=self.validators,
            operations=tuple(self._operations(root.get("paths", {}))),
            gateway_responses=self._gateway_responses(root.get(_EXTENSION + "gateway-responses", {})),
        )

    def _members(
        self,
        value: Any,
        pointer: str,
        required: AbstractSet[str] = frozenset(),
        optional: AbstractSet[str] = frozenset(),
    ) -> dict[str, Any]:
        if not isinstance(value, dict):
            self.problems.append(f"{pointer or '/'}: expected an object")
            return {}
        known = required | optional
        self.problems += [
            f"{pointer}/{_escape(name)}: the import knows no such keyword" for name in value if name not in known
        ]
        self.problems += [f"{pointer or '/'}: '{name}' is missing" for name in sorted(required - value.keys())]
        return value

    def _security_schemes(self, components: Any) -> None:
        pointer = "/components/securitySchemes"
        schemes = self._members(components, "/components", optional={"securitySchemes"}).get("securitySchemes", {})
        for name, value in schemes.items():
            at = f"{pointer}/{_escape(name)}"
            scheme = self._members(value, at, required={"type", "name", "in"})
            if (scheme.get("type"), str(scheme.get("name")).lower(), scheme.get("in")) != (
                "apiKey",
                "x-api-key",
                "header",
            ):
                self.problems.append(f"{at}: the import knows the API key in the header x-api-key only")
            self.key_schemes.add(name)

    def _validators(self, validators: dict[str, Any]) -> None:
        for name, value in validators.items():
            at = f"/{_EXTENSION}request-validators/{_escape(name)}"
            validator = self._members(value, at, required={"validateRequestParameters", "validateRequestBody"})
            self.validators[name] = Validator(
                parameters=validator.get("validateRequestParameters") is True,
                body=validator.get("validateRequestBody") is True,
            )

    def _validator_name(self, name: Any, pointer: str) -> str | None:
        if name is None or name in self.validators:
            return None if name is None else str(name)
        self.problems.append(f"{pointer}/{_EXTENSION}request-validator: no validator is called '{name}'")
        return None

    def _operations(self, paths: dict[str, Any]) -> list[Operation]:
        return [
            self._operation(path, method, value, f"/paths/{_escape(path)}/{method}")
            for path, item in paths.items()
            for method, value in self._members(item, f"/paths/{_escape(path)}", optional=_METHODS).items()
            if method in _METHODS
        ]

    def _operation(self, path: str, method: str, value: Any, at: str) -> Operation:
        validator = _EXTENSION + "request-validator"
        integration = _EXTENSION + "integration"
        operation = self._members(
            value,
            at,
            required={"responses", integration},
            optional={"operationId", "security", "parameters", validator},
        )
        return Operation(
            path=path,
            method=method.upper(),
            name=str(operation.get("operationId", "")),
            api_key_required=self._api_key_required(operation.get("security", []), at),
            request_parameters=self._parameters(operation.get("parameters", []), at),
            validator=self._validator_name(operation.get(validator), at) or self.default_validator,
            statuses=self._statuses(operation.get("responses", {}), at),
            integration=self._integration(operation.get(integration, {}), f"{at}/{integration}"),
        )

    def _api_key_required(self, security: list[dict[str, Any]], at: str) -> bool:
        schemes = [name for requirement in security for name in requirement]
        self.problems += [
            f"{at}/security: no scheme is called '{name}'" for name in schemes if name not in self.key_schemes
        ]
        return bool(schemes)

    def _parameters(self, parameters: list[Any], at: str) -> dict[str, bool]:
        places = {"header": "header", "path": "path", "query": "querystring"}
        required: dict[str, bool] = {}
        for index, value in enumerate(parameters):
            pointer = f"{at}/parameters/{index}"
            parameter = self._members(value, pointer, required={"name", "in", "schema"}, optional={"required"})
            # The gateway knows a parameter's presence alone; a schema that says more would be dropped.
            self._members(parameter.get("schema", {}), f"{pointer}/schema", required={"type"})
            place = places.get(str(parameter.get("in")))
            if place is None:
                self.problems.append(f"{pointer}/in: '{parameter.get('in')}' is no place that the import knows")
                continue
            required[f"method.request.{place}.{parameter.get('name')}"] = parameter.get("required") is True
        return required

    def _statuses(self, responses: dict[str, Any], at: str) -> tuple[str, ...]:
        for status, response in responses.items():
            self._members(response, f"{at}/responses/{status}", required={"description"})
        return tuple(responses)

    def _integration(self, value: Any, at: str) -> dict[str, str]:
        integration = self._members(value, at, required={"type", "httpMethod", "uri"}, optional={"timeoutInMillis"})
        if str(integration.get("type", "")).lower() != "aws_proxy":
            self.problems.append(f"{at}/type: the import knows aws_proxy only")
        if not _LAMBDA_INVOCATION.fullmatch(str(integration.get("uri", ""))):
            self.problems.append(f"{at}/uri: Invalid ARN specified in the request: {integration.get('uri')}")
        return {**integration, "type": "AWS_PROXY"}

    def _gateway_responses(self, responses: dict[str, Any]) -> dict[str, Mapping[str, Any]]:
        return {
            kind: self._members(
                value,
                f"/{_EXTENSION}gateway-responses/{_escape(kind)}",
                optional={"statusCode", "responseParameters", "responseTemplates"},
            )
            for kind, value in responses.items()
        }


def _escape(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")

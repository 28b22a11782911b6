"""API keys as API Gateway has them: it counts each one's requests against its usage plan."""

from __future__ import annotations

from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from handlers.aws.clients import error_code, translated

if TYPE_CHECKING:
    from types_boto3_apigateway import APIGatewayClient

    from dvss.credentials import IssuedKey


class GatewayKeys:
    """Each method may be called again after it failed half way."""

    def __init__(self, gateway: APIGatewayClient) -> None:
        self._gateway = gateway

    def create(self, issued: IssuedKey, plan_id: str, description: str) -> None:
        """Have the gateway let the key in through a usage plan. It goes by its id as its name."""
        with translated():
            try:
                made = self._gateway.create_api_key(
                    name=issued.key_id, value=issued.key, description=description, enabled=True
                )
                gateway_id = made["id"]
            except ClientError as error:
                # The key is random: one that is there is this one, made by a request whose answer was lost.
                if error_code(error) != "ConflictException":
                    raise
                (gateway_id,) = self._ids(issued.key_id)
            self._attach(gateway_id, plan_id)

    def move(self, key_id: str, old_plan_id: str, plan_id: str) -> None:
        """Count a key against another usage plan. A key can be in one plan of an API alone, so it leaves first."""
        with translated():
            for gateway_id in self._ids(key_id):
                try:
                    self._gateway.delete_usage_plan_key(usagePlanId=old_plan_id, keyId=gateway_id)
                except ClientError as error:
                    if error_code(error) != "NotFoundException":
                        raise
                self._attach(gateway_id, plan_id)

    def remove(self, key_id: str) -> None:
        """Have the gateway refuse the key. One that it does not have is no error."""
        with translated():
            for gateway_id in self._ids(key_id):
                try:
                    self._gateway.delete_api_key(apiKey=gateway_id)
                except ClientError as error:
                    if error_code(error) != "NotFoundException":
                        raise

    def _attach(self, gateway_id: str, plan_id: str) -> None:
        try:
            self._gateway.create_usage_plan_key(usagePlanId=plan_id, keyId=gateway_id, keyType="API_KEY")
        except ClientError as error:
            if error_code(error) != "ConflictException":
                raise

    def _ids(self, key_id: str) -> list[str]:
        pages = self._gateway.get_paginator("get_api_keys").paginate(nameQuery=key_id, includeValues=False)
        return [key["id"] for page in pages for key in page["items"] if key["name"] == key_id]

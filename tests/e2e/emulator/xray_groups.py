"""The groups of X-Ray, a service that the emulator does not have, so that Terraform can make one."""

import json
from collections.abc import Awaitable, Callable
from typing import Any

from tests.e2e.emulator.launch import ACCOUNT, REGION

type Scope = dict[str, Any]
type Receive = Callable[[], Awaitable[dict[str, Any]]]
type Send = Callable[[dict[str, Any]], Awaitable[None]]
type App = Callable[[Scope, Receive, Send], Awaitable[None]]

_SIGNED_FOR_XRAY = b"/xray/aws4_request"


class _NoSuchGroupError(Exception):
    pass


class XRayGroups:
    """Answers what is signed for X-Ray; everything else goes to `app`."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._groups: dict[str, dict[str, Any]] = {}
        self._tags: dict[str, dict[str, str]] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = dict(scope.get("headers", ()))
        if _SIGNED_FOR_XRAY not in headers.get(b"authorization", b""):
            await self._app(scope, receive, send)
            return
        try:
            status, answer = 200, self._answer(scope["path"].strip("/"), await _document(receive))
        except _NoSuchGroupError:
            status, answer = 400, {"__type": "InvalidRequestException", "message": "Group not found"}
        body = json.dumps(answer).encode()
        start_headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": status, "headers": start_headers})
        await send({"type": "http.response.body", "body": body})

    def _answer(self, operation: str, request: dict[str, Any]) -> dict[str, Any]:
        match operation:
            case "CreateGroup":
                name = request["GroupName"]
                arn = f"arn:aws:xray:{REGION}:{ACCOUNT}:group/{name}/E2E"
                self._tags[arn] = {tag["Key"]: tag["Value"] for tag in request.get("Tags", [])}
                self._groups[arn] = {"GroupARN": arn, **_described(request)}
                return {"Group": self._groups[arn]}
            case "GetGroup":
                return {"Group": self._found(request)}
            case "UpdateGroup":
                self._found(request).update(_described(request))
                return {"Group": self._found(request)}
            case "DeleteGroup":
                del self._groups[self._found(request)["GroupARN"]]
                return {}
            case "Groups":
                return {"Groups": list(self._groups.values())}
            case "ListTagsForResource":
                tags = self._tags.get(request["ResourceARN"], {})
                return {"Tags": [{"Key": name, "Value": value} for name, value in tags.items()]}
            case _:
                return {"__type": "UnknownOperationException"}

    def _found(self, request: dict[str, Any]) -> dict[str, Any]:
        for arn, group in self._groups.items():
            if request.get("GroupARN") == arn or request.get("GroupName") == group["GroupName"]:
                return group
        raise _NoSuchGroupError


def _described(request: dict[str, Any]) -> dict[str, Any]:
    insights = request.get("InsightsConfiguration") or {"InsightsEnabled": False, "NotificationsEnabled": False}
    return {
        "GroupName": request["GroupName"],
        "FilterExpression": request.get("FilterExpression", ""),
        "InsightsConfiguration": insights,
    }


async def _document(receive: Receive) -> dict[str, Any]:
    body, more = b"", True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    document: dict[str, Any] = json.loads(body or b"{}")
    return document

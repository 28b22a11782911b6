"""Reading and writing DynamoDB tables: pages, batches, conditions, transactions, and which refusals are tried again."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import batched
from typing import TYPE_CHECKING, Any, Literal

from botocore.exceptions import ClientError

from handlers.aws.backoff import ATTEMPTS
from handlers.aws.clients import error_code, translated, was_retried
from handlers.values import TransientError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from handlers.aws.clients import Clients

type Value = dict[str, Any]
"""One attribute in DynamoDB's own form, e.g. ``{"N": "12"}``: numbers stay text, so none loses a digit."""
type Item = dict[str, Value]

_NAME = re.compile(r"#(\w+)")
_BATCH_KEYS = 100
_CONFLICTS = {"TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"}
_CONFLICT_ERRORS = {"TransactionConflictException", "TransactionInProgressException"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Write:
    """One write, to be sent alone or as a part of a transaction. Expressions name attributes as ``#attribute``."""

    table: str
    kind: Literal["Put", "Update", "Delete"]
    item: Item
    """What to put; for the others the key."""
    update: str | None = None
    condition: str | None = None
    values: Mapping[str, Value] = field(default_factory=dict)
    """By their names in the expressions, without the colon."""
    names: Mapping[str, str] = field(default_factory=dict)
    """Names in the expressions whose attribute is called otherwise."""

    def parameters(self) -> dict[str, Any]:
        expressions = {"UpdateExpression": self.update, "ConditionExpression": self.condition}
        given: dict[str, Any] = {name: text for name, text in expressions.items() if text is not None}
        given |= _placeholders(" ".join(given.values()), self.values, self.names)
        if self.condition is not None:
            given["ReturnValuesOnConditionCheckFailure"] = "ALL_OLD"
        return {"TableName": self.table, "Item" if self.kind == "Put" else "Key": self.item} | given


@dataclass(frozen=True, slots=True)
class Refused:
    """A condition did not hold."""

    item: Item | None
    """The row as it was found; None where there is none."""
    is_retry: bool
    """The same write was sent before, so that what is found may be its own effect."""


def _placeholders(expressions: str, values: Mapping[str, Value], names: Mapping[str, str]) -> dict[str, Any]:
    found = {f"#{name}": names.get(name, name) for name in _NAME.findall(expressions)}
    given = {
        "ExpressionAttributeNames": found,
        "ExpressionAttributeValues": {f":{name}": value for name, value in values.items()},
    }
    return {name: mapping for name, mapping in given.items() if mapping}


def assignments(attributes: Mapping[str, Value | None]) -> tuple[str, dict[str, Value]]:
    """An update that gives the attributes these values, and removes those without; and the values it needs."""
    values = {name: value for name, value in attributes.items() if value is not None}
    parts = {
        "SET": ", ".join(f"#{name} = :{name}" for name in values),
        "REMOVE": ", ".join(f"#{name}" for name, value in attributes.items() if value is None),
    }
    return " ".join(f"{verb} {part}" for verb, part in parts.items() if part), values


class Table:
    def __init__(self, clients: Clients, name: str) -> None:
        self._clients = clients
        self.name = name

    def get(self, key: Item, *, consistent: bool) -> Item | None:
        with translated():
            answer = self._clients.dynamodb.get_item(TableName=self.name, Key=key, ConsistentRead=consistent)
        item: Item | None = answer.get("Item")  # type: ignore[assignment] # the stubs leave out that values are dicts
        return item

    def get_many(self, keys: Iterable[Item], *, consistent: bool) -> Iterator[Item]:
        """The items that exist, in no order. Keys are distinct."""
        for chunk in batched(keys, _BATCH_KEYS, strict=False):
            left: list[Any] = list(chunk)
            for attempt in range(ATTEMPTS):
                asked = {self.name: {"Keys": left, "ConsistentRead": consistent}}
                with translated():
                    answer = self._clients.dynamodb.batch_get_item(RequestItems=asked)  # type: ignore[arg-type] # as above
                yield from answer["Responses"].get(self.name, [])  # type: ignore[misc] # as above
                unprocessed: dict[str, Any] = dict(answer.get("UnprocessedKeys", {}))
                left = unprocessed[self.name]["Keys"] if self.name in unprocessed else []
                if not left:
                    break
                self._clients.backoff.wait(attempt)
            else:
                message = f"{self.name} left {len(left)} keys unread in {ATTEMPTS} attempts."
                raise TransientError(message)

    def query(
        self,
        condition: str,
        values: Mapping[str, Value],
        *,
        index: str | None = None,
        only: str | None = None,
        page_size: int | None = None,
    ) -> Iterator[Item]:
        """What meets the key condition and the filter ``only``, in the order of its range key, page after page.

        A table is read consistently; an index cannot be.
        """
        asked: dict[str, Any] = {"TableName": self.name, "KeyConditionExpression": condition}
        asked |= _placeholders(f"{condition} {only or ''}", values, {})
        asked |= {"ConsistentRead": True} if index is None else {"IndexName": index}
        asked |= {} if only is None else {"FilterExpression": only}
        asked |= {} if page_size is None else {"Limit": page_size}
        while True:
            with translated():
                page = self._clients.dynamodb.query(**asked)
            yield from page["Items"]  # type: ignore[misc] # as above
            if not page.get("LastEvaluatedKey"):
                return
            asked["ExclusiveStartKey"] = page["LastEvaluatedKey"]

    def write(self, write: Write) -> Refused | None:
        """Send one write alone. None if it happened."""
        client = self._clients.dynamodb
        calls: dict[str, Callable[..., object]] = {
            "Put": client.put_item,
            "Update": client.update_item,
            "Delete": client.delete_item,
        }
        refused = _tried(self._clients, lambda: calls[write.kind](**write.parameters()))
        return refused[0] if refused else None


def transact(clients: Clients, writes: Sequence[Write]) -> Sequence[Refused | None] | None:
    """All of the writes or none of them. None if they happened, else for each write whether it was refused."""
    items: list[Any] = [{write.kind: write.parameters()} for write in writes]
    return _tried(clients, lambda: clients.dynamodb.transact_write_items(TransactItems=items))


def _tried(clients: Clients, send: Callable[[], object]) -> Sequence[Refused | None] | None:
    """Send, and send again where another write of the same item came between, which botocore leaves to us."""
    is_retry = False
    for attempt in range(ATTEMPTS):
        if attempt:
            clients.backoff.wait(attempt - 1)
        with translated():
            try:
                send()
            except ClientError as error:
                is_retry = is_retry or was_retried(error) or error_code(error) == "TransactionInProgressException"
                refused = _refusals(error, is_retry=is_retry)
                if refused is not None:
                    return refused
                if attempt < ATTEMPTS - 1 and _is_conflict(error):
                    continue
                raise
        return None
    raise AssertionError


def _refusals(error: ClientError, *, is_retry: bool) -> Sequence[Refused | None] | None:
    """For each write whether its condition failed; None if the error is about something else."""
    response: dict[str, Any] = dict(error.response)
    if error_code(error) == "ConditionalCheckFailedException":
        return [Refused(response.get("Item"), is_retry)]
    refused = [
        Refused(reason.get("Item"), is_retry) if reason.get("Code") == "ConditionalCheckFailed" else None
        for reason in response.get("CancellationReasons", ())
    ]
    return refused if any(refused) else None


def _is_conflict(error: ClientError) -> bool:
    response: dict[str, Any] = dict(error.response)
    reasons = {reason.get("Code") for reason in response.get("CancellationReasons", ())}
    return error_code(error) in _CONFLICT_ERRORS or bool(reasons & _CONFLICTS)

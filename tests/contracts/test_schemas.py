"""What every contract schema keeps to, so that the compiler can prove things about it and documentation is complete."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

import jsonschema_rs
import pytest

from tests.contracts.documents import mistakes, places, schemas, validator

if TYPE_CHECKING:
    from collections.abc import Callable

DIALECT = "https://json-schema.org/draft/2020-12/schema"
TYPES = {"string", "integer", "number", "boolean", "object", "array"}
ANY = ["string", "number", "boolean", "object", "array", "null"]
"""Said in full where a vendor's value may be anything, so that nobody forgets a type by leaving it out."""
FORMATS = {"date-time", "date", "uuid", "email", "uri"}
PROFILE = {
    "$schema", "type", "properties", "required", "additionalProperties", "items", "enum", "const", "minimum", "maximum",
    "exclusiveMinimum", "exclusiveMaximum", "minLength", "maxLength", "minItems", "maxItems", "pattern", "format",
    "$ref", "$defs", "title", "description", "examples", "deprecated", "x-sensitive",
}  # fmt: skip
# A character class, an escaped sign, a plain character or a group's edge, each with a quantifier.
PORTABLE = re.compile(r"\^(?:(?:\[[^\[\]]+\]|\\[./]|[A-Za-z0-9 :_-]|\(|\))(?:[?*+]|\{[0-9]+(?:,[0-9]*)?\})?)*\$")
PERSONAL_WORDS = """
email mail phone mobile tel fax address street line1 line2 address1 address2 city zip postcode postal name surname
firstname lastname company recipient customer payer payee buyer shopper cardholder holder card last4 expiry exp bin cvc
fingerprint note notes comment message messages ip birthday iban authorization metadata evidence reference user receipt
secret signature province state region country description
"""
PERSONAL = frozenset(PERSONAL_WORDS.split())
"""Words in the names of what is personal data, unless the place is one of the following."""
NOT_PERSONAL = {
    "a region says nothing of one of its people": {
        *("country", "country_code", "countryCode", "province", "province_code", "region"),
        *(f"/$defs/{address}/properties/state" for address in ("StripeAddress", "BillingAddress", "ShippingAddress")),
    },
    "how far something has come": {"/properties/state", "state", "old_state", "new_state"},
    "the number of an order or a payment, by which events are found": {
        *("merchantReference", "originalReference", "pspReference", "reference_id", "receipt_number"),
        *("authorization_id", "buyer_transaction_id"),
    },
    "a thing, not a person": {
        *("/properties/name", "ItemName", "RelatedIdentifierName", "source_name"),
        *(f"/$defs/{thing}/properties/name" for thing in ("LineItem", "NoteAttribute", "Category", "Product")),
        *("/properties/description", "/$defs/Product/properties/description"),
    },
    "whose network or carrier it is": {
        *("tracking_company", "credit_card_company", "credit_card_wallet", "card_brand", "card_type"),
    },
    "a sentence of the network's, the same for everybody": {"failure_message", "message"},
    "of no use without the secret that it was made with": {"hmacSignature"},
    "a number of things, or yes or no": {
        *("PendingCustomerOrder", "PendingCustomerOrderInTransit", "IsBuyerRequestedCancel", "gift_card"),
    },
}
"""Places, or names wherever they stand, by the reason why they are not marked."""

ALL = sorted(schemas())
CANONICAL = [name for name in ALL if name.startswith("canonical/")]
COMMON = [name for name in ALL if "properties" not in schemas()[name]]
every_schema = pytest.mark.parametrize("name", ALL)


def offenders(name: str, keeps_rule: Callable[[str, dict[str, Any]], bool]) -> list[str]:
    return [pointer for pointer, schema in places(name) if not keeps_rule(pointer, schema)]


def kind_of(schema: dict[str, Any]) -> str | None:
    """The one type besides null; None where the schema names none or several."""
    declared = schema.get("type")
    if isinstance(declared, list):
        return declared[0] if len(declared) == 2 and declared[1] == "null" else None
    return declared


@every_schema
def test_a_schema_is_valid_2020_12(name: str) -> None:
    schema = schemas()[name]
    assert schema["$schema"] == DIALECT
    jsonschema_rs.meta.validate(schema)


@every_schema
def test_every_keyword_is_inside_the_profile(name: str) -> None:
    def keeps_rule(_: str, schema: dict[str, Any]) -> bool:
        known = schema.keys() <= PROFILE and schema.get("format", "date") in FORMATS
        return known and isinstance(schema.get("additionalProperties", True), bool)

    assert offenders(name, keeps_rule) == []


@every_schema
def test_every_place_names_its_type_or_refers_to_one_that_does(name: str) -> None:
    def keeps_rule(pointer: str, schema: dict[str, Any]) -> bool:
        if name in COMMON and pointer == "":
            return not schema.keys() & {"type", "$ref"}
        return ("$ref" in schema) != (kind_of(schema) in TYPES or schema.get("type") == ANY)

    assert offenders(name, keeps_rule) == []


@every_schema
def test_every_place_is_described_and_definitions_are_titled(name: str) -> None:
    def keeps_rule(pointer: str, schema: dict[str, Any]) -> bool:
        definition = re.search(r"\$defs/([^/]+)$", pointer)
        titled = schema.get("title") == definition[1] if definition else ("title" in schema) == (pointer == "")
        return titled and ("description" in schema or (pointer.endswith("/items") and "$ref" in schema))

    assert offenders(name, keeps_rule) == []


@every_schema
def test_every_value_is_bounded(name: str) -> None:
    def keeps_rule(_: str, schema: dict[str, Any]) -> bool:
        if schema.keys() & {"enum", "const"}:
            return True
        match kind_of(schema):
            case "string":
                return bool(schema.keys() & {"maxLength", "format"})
            case "integer" | "number":
                return schema.keys() >= {"minimum", "maximum"}
            case "array":
                return schema.keys() >= {"items", "maxItems"}
            case _:
                return True

    assert offenders(name, keeps_rule) == []


@every_schema
def test_a_formatted_value_has_no_bound_that_its_model_would_drop(name: str) -> None:
    def keeps_rule(_: str, schema: dict[str, Any]) -> bool:
        return "format" not in schema or not schema.keys() & {"minLength", "maxLength", "pattern"}

    assert offenders(name, keeps_rule) == []


@every_schema
def test_every_object_says_what_it_requires_of_what_it_declares(name: str) -> None:
    def keeps_rule(_: str, schema: dict[str, Any]) -> bool:
        if "properties" not in schema:
            return "required" not in schema
        return "additionalProperties" in schema and set(schema.get("required", ())) <= schema["properties"].keys()

    assert offenders(name, keeps_rule) == []


@every_schema
def test_every_pattern_is_anchored_and_portable(name: str) -> None:
    def keeps_rule(pointer: str, schema: dict[str, Any]) -> bool:
        if "pattern" not in schema:
            return True
        is_valid = validator(f"{name}#{pointer}").is_valid
        example = next(text for text in schema["examples"] if text is not None)
        return bool(PORTABLE.fullmatch(schema["pattern"])) and is_valid(example) and not is_valid(f"{example}\n")

    assert offenders(name, keeps_rule) == []


@every_schema
def test_every_reference_is_relative_and_resolves(name: str) -> None:
    def keeps_rule(_: str, schema: dict[str, Any]) -> bool:
        if "$ref" not in schema:
            return True
        file, _, fragment = schema["$ref"].partition("#")
        target = (PurePosixPath(name).parent / file).as_posix() if file else name
        return target in schemas() and fragment in dict(places(target))

    assert offenders(name, keeps_rule) == []


@every_schema
def test_every_example_is_valid(name: str) -> None:
    found = {
        f"{pointer}/examples/{index}": mistakes(f"{name}#{pointer}", example)
        for pointer, schema in places(name)
        for index, example in enumerate(schema.get("examples", ()))
    }
    assert found
    assert {place: messages for place, messages in found.items() if messages} == {}
    assert name in COMMON or schemas()[name]["examples"]


def looks_personal(pointer: str, schema: dict[str, Any]) -> bool:
    """Whether a place is called like personal data and is no container of places that are judged by themselves."""
    parent, _, name = pointer.rpartition("/")
    words = {word.lower() for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+[0-9]*", name)}
    is_open = "properties" not in schema and "items" not in schema and "$ref" not in schema
    return parent.endswith("/properties") and is_open and not words.isdisjoint(PERSONAL)


@every_schema
def test_personal_data_is_marked_sensitive(name: str) -> None:
    if not name.startswith(("canonical/", "vendors/")):
        return
    excused = frozenset().union(*NOT_PERSONAL.values())

    def keeps_rule(pointer: str, schema: dict[str, Any]) -> bool:
        is_excused = pointer in excused or pointer.rpartition("/")[2] in excused
        return not looks_personal(pointer, schema) or is_excused or schema.get("x-sensitive") is True

    assert offenders(name, keeps_rule) == []


def test_every_excuse_is_of_a_place_that_there_is() -> None:
    contracts = [name for name in ALL if name.startswith(("canonical/", "vendors/"))]
    unmarked = {
        place
        for name in contracts
        for pointer, schema in places(name)
        if schema.get("x-sensitive") is not True and looks_personal(pointer, schema)
        for place in (pointer, pointer.rpartition("/")[2])
    }
    assert frozenset().union(*NOT_PERSONAL.values()) - unmarked == set()


@pytest.mark.parametrize("name", CANONICAL)
def test_a_canonical_event_holds_no_float_no_null_and_nothing_undeclared(name: str) -> None:
    def keeps_rule(_: str, schema: dict[str, Any]) -> bool:
        exact = schema.get("type") not in ("number", "null") and not isinstance(schema.get("type"), list)
        return exact and ("properties" not in schema or schema["additionalProperties"] is False)

    assert offenders(name, keeps_rule) == []


def test_titles_are_unique_within_a_folder_because_they_become_class_names() -> None:
    titles = Counter(
        (PurePosixPath(name).parent.as_posix(), schema["title"])
        for name in ALL
        for _, schema in places(name)
        if "title" in schema
    )
    assert [title for title, count in titles.items() if count > 1] == []
    assert [title for _, title in titles if not re.fullmatch(r"[A-Z][A-Za-z0-9]*", title)] == []

"""Steps on encoded and personal data."""

from __future__ import annotations

from typing import TYPE_CHECKING

from codegen.resolve.steps.definition import TEXT, Parameter, StepDefinition, constant
from codegen.resolve.steps.known import always, exact, failing
from codegen.resolve.steps.text import WHOLE
from codegen.resolve.types import ValueType, type_of_schema
from codegen.runtime import mapping as runtime

if TYPE_CHECKING:
    from codegen.resolve.steps.definition import Arguments

_DIGEST = ValueType(kind="string", min_length=64, max_length=64, pattern="^[0-9a-f]{64}$")


def _base64(value: ValueType, _: Arguments) -> ValueType:
    """Four characters are at most three of the text, and all of a text at least one."""
    longest = value.max_length // 4 * 3 if value.max_length is not None else None
    return ValueType(kind="string", min_length=min(value.min_length, 1), max_length=longest, schema=value.schema)


def _mask(value: ValueType, _: Arguments) -> ValueType:
    return ValueType(kind="string", min_length=value.min_length, max_length=value.max_length)


def _mask_fault(arguments: Arguments) -> str | None:
    return None if constant(arguments[0]) >= 0 else "'keep' must be at least 0"


def _content(value: ValueType, _: Arguments) -> ValueType:
    """What the schema of the text says that it holds."""
    assert value.schema is not None
    assert value.schema.content is not None
    return type_of_schema(value.schema.content)


JSON = "application/json"
FORM = "application/x-www-form-urlencoded"

STEPS = (
    StepDefinition(
        name="json",
        takes=TEXT,
        function="json_content",
        content_type=JSON,
        result=_content,
        fallible=always,
        summary="The JSON document in a text whose schema has `contentMediaType: application/json` and a "
        "`contentSchema`, which the document is checked against.",
        fails="the text is no JSON that is taken, or the document is not valid under its schema",
        example=("extra | json or quarantine", r'"{\"gift\": true}"', '{"gift": true}'),
    ),
    StepDefinition(
        name="form",
        takes=TEXT,
        function="form_content",
        content_type=FORM,
        result=_content,
        fallible=always,
        summary="The fields of a form, as an object of texts, in a text whose schema has `contentMediaType: "
        "application/x-www-form-urlencoded` and a `contentSchema`, which the object is checked against.",
        fails="the text is no form, a field stands twice, or the object is not valid under its schema",
        example=(
            "sent | form or quarantine",
            '"Body=on+its+way"',
            '{"Body": "on its way"}',
        ),
    ),
    StepDefinition(
        name="base64",
        takes=TEXT,
        result=exact(runtime.base64, _base64),
        fallible=failing(runtime.base64, always),
        summary="The text whose UTF-8 is encoded in base64 (RFC 4648: `+`, `/`, padding).",
        fails="it is no such encoding, or what is encoded is no UTF-8 or holds U+0000",
        example=("note | base64 or quarantine", '"w6QgYg=="', '"ä b"'),
    ),
    StepDefinition(
        name="sha256",
        takes=TEXT,
        result=exact(runtime.sha256, lambda _, __: _DIGEST),
        summary="The SHA-256 of the text's UTF-8 as 64 hexadecimal digits. Whoever can guess a text can check "
        "the guess: for personal data use `tokenise`.",
        example=(
            "address | sha256",
            '"14 Harbour Row"',
            '"433bb305e4f86b1e58f271480e47ba4f2684d84f574d2afb4531171b00ad2a02"',  # pragma: allowlist secret (made up)
        ),
    ),
    StepDefinition(
        name="tokenise",
        takes=TEXT,
        result=lambda _, __: _DIGEST,
        envelope=("tokenKey",),
        summary="The HMAC-SHA256 of the text's UTF-8 under the deployment's own key, as 64 hexadecimal digits: the "
        "same for the same text, and only whoever has the key can check a guess.",
        example=(
            "email | tokenise",
            '"mira@castell.example"',
            '"96bc20ffa4d0458cc9e57f9e8bc1a718f20c42486bb4eeb204132ba80848c55f"',  # pragma: allowlist secret (made up)
        ),
    ),
    StepDefinition(
        name="mask",
        takes=TEXT,
        parameters=(Parameter(name="keep", takes=WHOLE, constant=True),),
        result=exact(runtime.mask, _mask),
        fault=_mask_fault,
        summary="`*` for every character but the last `keep`.",
        example=("card | mask(4)", '"4111111111111234"', '"************1234"'),
    ),
)

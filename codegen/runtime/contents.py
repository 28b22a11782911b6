"""Documents inside of texts."""

from __future__ import annotations

from functools import cache
from typing import Any
from urllib.parse import parse_qsl

import jsonschema_rs

from .exact_json import JsonError, parse
from .values import FAILED

MAX_FIELDS = 1_000


@cache
def _validator(schema: str) -> jsonschema_rs.Draft202012Validator:
    return jsonschema_rs.Draft202012Validator(schema, validate_formats=True, offline=True)


def json_content(text: str, schema: str) -> Any:
    """The JSON document in a text; FAILED where it is none that is taken, or is not valid under the schema."""
    try:
        document = parse(text.encode())
    except JsonError:
        return FAILED
    return document if _validator(schema).is_valid(document) else FAILED


def form_content(text: str, schema: str) -> Any:
    """The fields of a form; FAILED where it is none, has a field twice, or is not valid under the schema."""
    try:
        fields = parse_qsl(
            text, keep_blank_values=True, strict_parsing=True, errors="strict", max_num_fields=MAX_FIELDS
        )
    except ValueError:
        return FAILED
    document = dict(fields)
    is_whole = len(document) == len(fields) and not any("\0" in part for field in fields for part in field)
    return document if is_whole and _validator(schema).is_valid(document) else FAILED

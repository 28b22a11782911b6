"""Strict JSON: what is within the limits is exact, what is not is refused, and neither takes long."""

from __future__ import annotations

import hashlib
import json
import time
from decimal import Context, Decimal
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generated.runtime.exact_json import JsonError, JsonFault, Limits, parse, walk
from generated.runtime.json_forms import canonical, digest, dump, number_text
from handlers.core.elements import elements
from tests.hostile.documents import SIZE, WORST

if TYPE_CHECKING:
    from collections.abc import Callable

CPU_SECONDS = 0.020
REFERENCE_SECONDS = 0.015
TRIES = 5


def outcome(document: bytes) -> JsonFault | None:
    """Why the document is refused, if it is."""
    try:
        parse(document)
    except JsonError as error:
        return error.code
    return None


def cpu_seconds(function: Callable[[], object]) -> float:
    """The CPU time that it takes."""
    start = time.thread_time()
    function()
    return time.thread_time() - start


def reference() -> None:
    """Exact work on 20,000 decimals, ``REFERENCE_SECONDS`` of it on a core of 2.5 GHz that nobody shares."""
    bounded = Context(prec=1_000).plus
    decimals = [Decimal(text) for text in ["1.0"] * 20_000]
    for value in decimals:
        bounded(value)
        if value == value.to_integral_value():
            int(value)


@pytest.mark.parametrize("name", WORST)
def test_100_kb_of_the_worst_are_parsed_or_refused_in_20_ms(name: str) -> None:
    document = WORST[name]
    assert len(document) <= SIZE + 10
    # On a core that others share the same work takes twice the CPU time, what it is compared with as well.
    shares = [
        cpu_seconds(lambda: outcome(document)) / max(cpu_seconds(reference), REFERENCE_SECONDS) for _ in range(TRIES)
    ]
    assert min(shares) < CPU_SECONDS / REFERENCE_SECONDS


LIMITS = {
    "levels": (b"[" * 32 + b"]" * 32, b"[" * 33 + b"]" * 33, JsonFault.JSON_TOO_DEEP),
    "values": (b"[" + b"0," * 19_998 + b"0]", b"[" + b"0," * 19_999 + b"0]", JsonFault.JSON_TOO_MANY_VALUES),
    "decimals": (
        b"[" + b"1.0," * 4_999 + b"1e0]", b"[" + b"1.5," * 5_000 + b"1e0]", JsonFault.JSON_TOO_MANY_VALUES,
    ),
    "digits": (b"9" * 1_000, b"9" * 1_001, JsonFault.NUMBER_TOO_LONG),
    "digits of a fraction": (b"0." + b"9" * 1_000, b"0." + b"9" * 1_001, JsonFault.NUMBER_TOO_LONG),
    "digits of a number that is whole": (b"1." + b"0" * 999, b"1." + b"0" * 1_000, JsonFault.NUMBER_TOO_LONG),
    "exponent": (b"1e999", b"1e1000", JsonFault.NUMBER_TOO_LONG),
    "exponent of a fraction": (b"1e-1000", b"1e-1001", JsonFault.NUMBER_TOO_LONG),
    "exponent of zero": (b"0e999", b"0e1000", JsonFault.NUMBER_TOO_LONG),
    "zeros that exponents add": (
        b"[" + b"1e999," * 100 + b"0]", b"[" + b"1e999," * 101 + b"0]", JsonFault.NUMBER_TOO_LONG,
    ),
    "zeros that small exponents add": (
        b"[" + b"1e-999," * 100 + b"0]", b"[" + b"1e-999," * 101 + b"0]", JsonFault.NUMBER_TOO_LONG,
    ),
    "a string": (b'"' + b"a" * 524_288 + b'"', b'"' + b"a" * 524_289 + b'"', JsonFault.STRING_TOO_LONG),
    "a member's name": (
        b'{"' + b"k" * 1_024 + b'":1}', b'{"' + b"k" * 1_025 + b'":1}', JsonFault.KEY_TOO_LONG,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", LIMITS)
def test_a_limit_is_what_is_just_taken(name: str) -> None:
    within, beyond, fault = LIMITS[name]
    assert (outcome(within), outcome(beyond)) == (None, fault)


POINTERS = {
    b'{"a": [0, 1e1000]}': "/a/1",
    b'{"a": {"b": 0.' + b"1" * 1_001 + b"}}": "/a/b",
    b'{"a/b": "' + b"x" * 524_289 + b'"}': "/a~1b",
    b'{"a": [{"' + b"k" * 1_025 + b'": 1}]}': "/a/0",
    b'{"a": [' + b"1e999," * 500 + b"0]}": "/a/0",
}


@pytest.mark.parametrize(("document", "pointer"), POINTERS.items(), ids=POINTERS.values())
def test_what_is_too_long_is_pointed_at(document: bytes, pointer: str) -> None:
    with pytest.raises(JsonError) as caught:
        parse(document)
    assert caught.value.pointer == pointer


def test_a_document_may_have_limits_of_its_own() -> None:
    narrow = Limits(depth=1, nodes=3, decimals=1, digits=2, exponent=2, zeros=0, string=2, key=1)
    assert parse(b'{"a":10,"b":"xy"}', narrow) == {"a": 10, "b": "xy"}
    for text in ('{"a":{"b":{}}}', "[1,2,3,4]", "[1.0,1.0]", "[100]", '["xyz"]', '{"ab":"12345"}'):
        with pytest.raises(JsonError):
            parse(text.encode(), narrow)


def test_a_document_may_have_as_many_zeros_more_as_it_is_long() -> None:
    """A limit of 0 leaves the bytes of the document itself."""
    assert parse(b"1e3", Limits(zeros=0)) == 1_000
    with pytest.raises(JsonError, match="0 digits longer"):
        parse(b"1e4", Limits(zeros=0))


NUMBERS = {
    "1e999": 10**999,
    "-1E+3": -1_000,
    "1.0": 1,
    "100e-2": 1,
    "-0.0": 0,
    "0e-5": 0,
    "0.10": Decimal("0.1"),
    "123456789012345678901234567890.5": Decimal("123456789012345678901234567890.5"),
    "1e-1000": Decimal("1e-1000"),
}


@pytest.mark.parametrize("text", NUMBERS)
def test_a_number_is_its_exact_value(text: str) -> None:
    value = parse(text.encode())
    assert value == NUMBERS[text]
    assert type(value) is type(NUMBERS[text])


texts = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=5)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | texts
    | st.decimals(allow_nan=False, allow_infinity=False, places=3, min_value=-10**9, max_value=10**9),
    lambda below: st.lists(below, max_size=4) | st.dictionaries(st.text("ab/~é", max_size=3), below, max_size=4),
    max_leaves=20,
)  # fmt: skip


def plainly(value: Any) -> Any:
    """The value as Python's own parser reads it, numbers by exact value."""
    read = json.loads(dump(value), parse_int=Decimal, parse_float=Decimal)
    return _numbers(read)


def _numbers(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _numbers(member) for name, member in value.items()}
    if isinstance(value, list):
        return [_numbers(item) for item in value]
    if isinstance(value, Decimal) and value == value.to_integral_value():
        return int(value)
    return value


@given(values)
def test_what_is_written_is_read_as_it_was(value: Any) -> None:
    read = parse(dump(value))
    assert read == plainly(value) == value
    assert parse(canonical(read)) == read
    assert canonical(parse(canonical(read))) == canonical(read)


@given(st.lists(values, max_size=5), st.sampled_from([b"", b" ", b"\n\t"]))
def test_the_elements_of_an_array_are_slices_of_its_bytes(items: list[Any], space: bytes) -> None:
    array = space.join([b"[", (space + b"," + space).join(map(dump, items)), b"]"])
    document = b'{"a":1,' + space + b'"events":' + space + array + b"}"
    found = elements(document, ["events"])
    assert [parse(one.raw) for one in found] == items
    assert [document[one.offset : one.offset + len(one.raw)] for one in found] == [one.raw for one in found]


NUMBER = st.from_regex(
    r"-?(0|[1-9][0-9]{0,3})(\.[0-9]{1,3})?([eE][+-]?[0-9]{1,2})?", fullmatch=True, alphabet="0123456789.eE+-"
)
TEXT = st.text(st.sampled_from(list('0123456789.eE+-,:[]{}"\\/é ')), max_size=12)
written = st.recursive(
    NUMBER | TEXT.map(json.dumps) | st.sampled_from(["true", "false", "null"]),
    lambda below: (
        st.lists(below, max_size=5).map(lambda items: f"[{' , '.join(items)}]")
        | st.dictionaries(TEXT, below, max_size=5).map(
            lambda members: "{" + ",".join(f"{json.dumps(name)}: {value}" for name, value in members.items()) + "}"
        )
    ),
    max_leaves=20,
)


@given(written)
def test_values_are_counted_as_they_are_and_whatever_is_in_strings_counts_as_nothing(text: str) -> None:
    decimals: list[str] = []
    document = json.loads(text, parse_float=decimals.append)
    nodes = sum(1 for _ in walk(document))
    data = text.encode()
    parse(data, Limits(nodes=nodes, decimals=len(decimals)))
    for limits in (
        (Limits(nodes=nodes - 1), Limits(decimals=len(decimals) - 1)) if decimals else (Limits(nodes=nodes - 1),)
    ):
        with pytest.raises(JsonError, match="The document holds more than"):
            parse(data, limits)


def test_every_value_has_its_pointer() -> None:
    document = parse(b'{"a/b": [1, {"~": null}]}')
    assert [pointer for pointer, _ in walk(document)] == ["", "/a~1b", "/a~1b/0", "/a~1b/1", "/a~1b/1/~0"]


FORMS = {
    b'{ "b" : 1.50, "a" : [1e2, -0.05, 0.0] }': (b'{"b":1.5,"a":[100,-0.05,0]}', b'{"a":[100,-5e-2,0],"b":15e-1}'),
    b'{"b":[],"a":{"\\u00e9":"\\n/"}}': ('{"b":[],"a":{"é":"\\n/"}}'.encode(), '{"a":{"é":"\\n/"},"b":[]}'.encode()),
    b"[0." + b"1" * 1_000 + b"]": (b"[0." + b"1" * 1_000 + b"]", b"[" + b"1" * 1_000 + b"e-1000]"),
    b"[true, null, -1.0e3, 1.5]": (b"[true,null,-1000,1.5]", b"[true,null,-1000,15e-1]"),
    b"[1.5e-10, -2e-7, 10.5e-9]": (b"[0.00000000015,-0.0000002,0.0000000105]", b"[15e-11,-2e-7,105e-10]"),
}  # fmt: skip


@pytest.mark.parametrize("document", FORMS)
def test_a_document_is_written_in_two_forms(document: bytes) -> None:
    """In its own order with plain numbers, and in the form of which digests are made: stored digests rely on it."""
    value = parse(document)
    assert (dump(value), canonical(value)) == FORMS[document]


@pytest.mark.parametrize(("number", "form"), [("5", b"5"), ("1E+2", b"100"), ("-0.50", b"-5e-1"), ("10", b"10")])
def test_a_decimal_has_one_form_whatever_it_was_made_from(number: str, form: bytes) -> None:
    assert canonical(Decimal(number)) == form
    assert canonical([Decimal(number), Decimal("0.1")]) == b"[" + form + b",1e-1]"


@pytest.mark.parametrize(
    ("number", "text"), [(5, "5"), (Decimal("1E+2"), "100"), (Decimal("-0.50"), "-0.5"), (Decimal("10.0"), "10")]
)
def test_a_number_is_written_plainly(number: int | Decimal, text: str) -> None:
    assert number_text(number) == text


def test_a_digest_is_of_the_canonical_form() -> None:
    assert digest({"b": Decimal("1.5"), "a": None}) == hashlib.sha256(b'{"a":null,"b":15e-1}').hexdigest()


def test_a_code_is_its_name() -> None:
    assert {fault.name: fault.value for fault in JsonFault} == {fault.name: fault.name for fault in JsonFault}


def test_what_is_no_json_value_is_not_written() -> None:
    with pytest.raises(TypeError, match=r"^set is not a JSON value$"):
        dump([{1}])
    for value in ({"a": {1}}, [Decimal(1), {2}], float("nan")):
        with pytest.raises((TypeError, ValueError)):
            dump(value)
        with pytest.raises((TypeError, ValueError)):
            canonical(value)


MESSAGES = {
    b"\xff": "Byte 0 is not UTF-8. Send the document encoded in UTF-8.",
    b"[1 2]": "The document is not JSON: expected `,` or `]` at line 1 column 4.",
    b'{"a":1,"a":2}': 'The document is refused: Detected duplicate key "a" at line 1 column 12.',
    b"[" * 300: "The document is refused: recursion limit exceeded at line 1 column 202.",
    b"[" * 33 + b"]" * 33: "The document is nested more than 32 levels deep.",
    b"[" + b"0," * 20_000 + b"0]": (
        "The document holds more than 20000 values, or 5000 numbers with a fraction or an exponent."
    ),
    b"[" + b"0.1," * 5_000 + b"1.0]": (
        "The document holds more than 20000 values, or 5000 numbers with a fraction or an exponent."
    ),
    b'["\\u0000"]': "A string holds the character U+0000.",
    b"1e1000": (
        "A number has more than 1000 digits or an exponent beyond 1000, or the document's would be more than 100000 "
        "digits longer if they had no exponents."
    ),
    b'"' + b"a" * 524_289 + b'"': "A string has more than 524288 characters.",
    b'{"' + b"k" * 1_025 + b'": 1}': "A member of the object has a name of more than 1024 characters.",
}


@pytest.mark.parametrize("document", MESSAGES, ids=range(len(MESSAGES)))
def test_a_refusal_says_what_is_wrong(document: bytes) -> None:
    with pytest.raises(JsonError) as caught:
        parse(document)
    assert caught.value.message == str(caught.value) == MESSAGES[document]

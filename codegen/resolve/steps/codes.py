"""Steps that bring what vendors write to the codes of a standard, or to a closed set."""

from __future__ import annotations

from typing import TYPE_CHECKING

from codegen.resolve.steps.definition import TEXT, Parameter, StepDefinition, constant
from codegen.resolve.steps.known import always, exact, failing
from codegen.resolve.types import ValueType
from codegen.runtime import mapping as runtime
from codegen.runtime.phones import MAX_LENGTH
from codegen.runtime.units import WORDS

if TYPE_CHECKING:
    from codegen.resolve.steps.definition import Arguments

_COUNTRY = ValueType(kind="string", min_length=2, max_length=2, pattern="^[A-Z]{2}$")
_CURRENCY = ValueType(kind="string", min_length=3, max_length=3, pattern="^[A-Z]{3}$")
_UNIT = ValueType(kind="string", enum=tuple(WORDS), min_length=min(map(len, WORDS)), max_length=max(map(len, WORDS)))
_PHONE = ValueType(kind="string", min_length=4, max_length=MAX_LENGTH, pattern="^\\+[0-9]+$")


def _region_fault(arguments: Arguments) -> str | None:
    import phonenumbers

    region = constant(arguments[0])
    if region in phonenumbers.SUPPORTED_REGIONS:
        return None
    return f"there is no region '{region}': use an ISO 3166-1 alpha-2 code in upper case"


STEPS = (
    StepDefinition(
        name="country",
        takes=TEXT,
        result=exact(runtime.country, lambda _, __: _COUNTRY),
        fallible=failing(runtime.country, always),
        summary="The ISO 3166-1 alpha-2 code of a country's alpha-2 or alpha-3 code, English name or other common "
        "name, in any case, with or without accents.",
        fails="it names no country",
        example=("country | country or quarantine", '"United States"', '"US"'),
    ),
    StepDefinition(
        name="currency",
        takes=TEXT,
        result=exact(runtime.currency, lambda _, __: _CURRENCY),
        fallible=failing(runtime.currency, always),
        summary="The ISO 4217 code of a code in any case, or of a symbol that one currency alone has: `€`, `US$`, "
        "not `$`.",
        fails="it names no currency, or several",
        example=("currency | currency or quarantine", '"usd"', '"USD"'),
    ),
    StepDefinition(
        name="unit",
        takes=TEXT,
        result=exact(runtime.unit, lambda _, __: _UNIT),
        fallible=failing(runtime.unit, always),
        summary="A unit of quantity, weight, volume or length, from its word, abbreviation or UN/ECE code in any "
        f"case: {', '.join(f'`{name}`' for name in WORDS)}.",
        fails="it names none of these units",
        example=("uom | unit or quarantine", '"pcs"', '"EACH"'),
    ),
    StepDefinition(
        name="phone",
        takes=TEXT,
        parameters=(Parameter(name="region", takes=TEXT, constant=True),),
        result=exact(runtime.phone, lambda _, __: _PHONE),
        fallible=failing(runtime.phone, always),
        fault=_region_fault,
        libraries=("phonenumberslite",),
        summary="A telephone number in E.164, read as one dials it within the region (an ISO 3166-1 alpha-2 code) "
        "unless it begins with `+`.",
        fails="it is no number that exists in the region's numbering plan, or has an extension",
        example=("phone | phone('US') or quarantine", '"(201) 555-0123"', '"+12015550123"'),
    ),
)

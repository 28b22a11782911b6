"""What a step of the language is: its signature, what it does to types, and how the reference describes it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from codegen.resolve.types import ValueType

    type Arguments = tuple[ValueType, ...]

TEXT = frozenset({"string"})
NUMERIC = frozenset({"string", "integer", "number"})
PLAIN = frozenset({"string", "integer", "number", "boolean"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """One argument of a step."""

    name: str
    takes: frozenset[str]
    """JSON types."""
    constant: bool = False
    """It must be written out: its value decides what the step does to types."""


def _never(_: ValueType, __: Arguments) -> bool:
    return False


def _sound(_: Arguments) -> str | None:
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class StepDefinition:
    """One step."""

    name: str
    takes: frozenset[str]
    """JSON types. A list goes through a step that takes none element by element."""
    items: frozenset[str] = frozenset()
    """JSON types that the elements of a list may have; empty for any, null among them."""
    function: str = ""
    """Name of the runtime's function where it is not the step's."""
    parameters: tuple[Parameter, ...] = ()
    rest: Parameter | None = None
    """What may stand behind the parameters any number of times."""
    result: Callable[[ValueType, Arguments], ValueType]
    """The type of what the step makes of a value that is neither absent nor null."""
    fallible: Callable[[ValueType, Arguments], bool] = _never
    """Whether the step can fail on a value of the type."""
    fault: Callable[[Arguments], str | None] = _sound
    """What is wrong with constant arguments, in a diagnostic's words."""
    content_type: str = ""
    """The step reads a document of this media type out of a text; the schema of the text says what it holds."""
    envelope: tuple[str, ...] = ()
    """What the runtime's function is given of the mapper's envelope, behind the arguments."""
    libraries: tuple[str, ...] = ()
    """Distributions whose version determines what the step gives; part of the mapping's version."""
    summary: str
    fails: str = ""
    """When it fails, in the reference's words; empty for a step that cannot."""
    example: tuple[str, str, str]
    """An expression, a value that its path gives, and the result, for the reference. All three are tested."""


def constant(argument: ValueType) -> Any:
    """The value of an argument that is written out."""
    assert argument.enum is not None
    return argument.enum[0]


def result_type(step: StepDefinition, value: ValueType, arguments: Arguments) -> ValueType:
    """What the step makes of a value that is neither absent nor null. Of a list's elements one may be null."""
    return replace(step.result(value, arguments), absent=False)


def takes_list(step: StepDefinition) -> bool:
    """Whether a list goes through the step as a whole."""
    return "array" in step.takes

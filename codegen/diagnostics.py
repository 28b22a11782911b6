"""Where something is wrong in the contracts, what it is, and the way out."""

from __future__ import annotations

from dataclasses import dataclass, field
from difflib import get_close_matches
from enum import Enum, StrEnum
from typing import TYPE_CHECKING

from codegen.text import printable

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A place in a contract file; ``line`` and ``column`` count from 1."""

    path: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.path}:{self.line}:{self.column}"

    def shifted(self, characters: int) -> Span:
        """The place ``characters`` further on the same line."""
        return Span(self.path, self.line, self.column + characters)


class Severity(StrEnum):
    """An error stops the build, a warning does not."""

    ERROR = "error"
    WARNING = "warning"


class Code(Enum):
    """Every diagnostic: its code, what it means, and how it is mended. The page in docs is made from this table."""

    def __init__(self, number: str, meaning: str, remedy: str, severity: Severity = Severity.ERROR) -> None:
        self.number = number
        self.meaning = meaning
        self.remedy = remedy
        self.severity = severity

    MALFORMED_FILE = ("DV101", "The file is not YAML or JSON.", "Mend the text at the place named.")
    ANCHOR = ("DV102", "The mapping uses a YAML anchor or alias.", "Write the part out where it is used.")
    DUPLICATE_KEY = ("DV103", "A key stands twice in one block.", "Keep one of the two.")
    UNKNOWN_KEY = ("DV104", "The mapping language has no such key here.", "Use one of the keys that the message lists.")
    WRONG_FORM = (
        "DV105",
        "A key is missing or its value has the wrong form.",
        "Give it the form that the message names.",
    )
    FILE_TOO_LARGE = ("DV106", "The file is larger or nested deeper than a contract may be.", "Split or simplify it.")
    SECRET = (
        "DV107",
        "The file seems to hold a secret.",
        "Remove and revoke it; secrets are added with `dvss key add`.",
    )

    UNKNOWN_PATH = (
        "DV201",
        "The vendor schema has no such field.",
        "Correct the path, or add the field to the schema.",
    )
    UNKNOWN_TARGET = ("DV202", "The canonical event has no such field.", "Correct the name.")
    MISSING_TARGET = ("DV203", "A required canonical field has no rule.", "Add a rule for it.")
    UNKNOWN_SCHEMA = ("DV204", "There is no such schema file.", "Correct the name, or add the file below schemas/.")
    UNKNOWN_EVENT = ("DV205", "There is no such canonical event or version.", "Use one that the message lists.")
    DUPLICATE_NAME = (
        "DV206",
        "Two vendors or two events have the same name, upper and lower case apart.",
        "Rename one.",
    )
    NAME_CLASH = ("DV207", "Two names become one in the generated code.", "Rename one.")
    UNKNOWN_STEP = ("DV208", "There is no such step.", "Use a step of the language reference.")
    WRONG_ARGUMENTS = (
        "DV209",
        "A step is given arguments that it does not take.",
        "See the step in the language reference.",
    )
    BAD_EXPRESSION = ("DV210", "The expression cannot be read.", "Mend it at the place named.")

    UNKNOWN_SHARED = (
        "DV211",
        "There is no such fragment, lookup table or file below mappings/.",
        "Correct the name, or write it.",
    )
    FRAGMENT_CYCLE = ("DV212", "Fragments use each other in a circle.", "Cut the circle.")

    TYPE_MISMATCH = (
        "DV301",
        "A value has a type that its target or the next step does not take.",
        "Convert it with a step.",
    )
    NULL_NOT_TAKEN = (
        "DV302",
        "The value may be null where null is not taken.",
        "Say what then: `or omit on null`, ...",
    )
    ABSENT_NOT_TAKEN = (
        "DV303",
        "The value may be absent where one is required.",
        "Say what then: `or quarantine`, ...",
    )
    UNPROVEN = ("DV304", "A bound, length, pattern or format of the target is not proven.", "Prove or check it.")
    NOT_EXHAUSTIVE = ("DV305", "A match does not cover every value.", "Add the cases, or `else: quarantine`.")
    UNREACHABLE = ("DV306", "A case can never be taken.", "Remove it, or correct the vendor schema.")
    FALLIBLE = ("DV307", "A step can fail and no outcome is declared.", "Add `or quarantine`, `or omit` or a value.")
    DEFAULT_NOT_ALLOWED = ("DV308", "A required amount or quantity has a default.", "Use `or quarantine` instead.")
    NEEDLESS_OUTCOME = ("DV309", "The outcome can never happen.", "Remove it.", Severity.WARNING)
    LITERAL_MISMATCH = ("DV310", "A constant does not fit its target.", "Use a value that the target allows.")
    EXPLODE_UNBOUNDED = ("DV311", "An explode is not proven to give at most 1,000 events.", "Bound it with maxItems.")
    UNSIGNED = (
        "DV312",
        "An event's identity is read from something that the vendor does not sign.",
        "Use body or path.",
    )

    KEYWORD = (
        "DV401",
        "The schema uses a keyword or form outside of the supported profile.",
        "Use what the message names.",
    )
    REFERENCE = (
        "DV402",
        "A $ref is remote, circular or leads nowhere.",
        "Refer to a file below schemas/ or to #/$defs.",
    )
    PATTERN = (
        "DV403",
        "A pattern is outside of the portable subset.",
        "Use anchors, classes, groups and quantifiers only.",
    )
    OPENAPI = ("DV501", "The OpenAPI document is not as the run time needs it.", "Mend it at the place named.")


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One finding, printed as ``file:line:column: error[DV203]: what; the way out``."""

    span: Span
    code: Code = field(compare=False)
    message: str
    hint: str = ""

    def __str__(self) -> str:
        hint = f"; {self.hint}" if self.hint else ""
        # Text of a contract stays on its line and cannot steer a terminal.
        return printable(f"{self.span}: {self.code.severity}[{self.code.number}]: {self.message}{hint}")


class Diagnostics:
    """Collects findings; each is kept once."""

    def __init__(self) -> None:
        self._found: dict[tuple[Span, str, str], Diagnostic] = {}

    def add(self, code: Code, span: Span, message: str, hint: str = "") -> None:
        """Keep a finding."""
        self._found.setdefault((span, code.number, message), Diagnostic(span, code, message, hint))

    def sorted(self) -> list[Diagnostic]:
        """All findings in the order of the files."""
        return [self._found[key] for key in sorted(self._found)]

    def has_errors(self) -> bool:
        """Whether anything stops the build."""
        return any(found.code.severity is Severity.ERROR for found in self._found.values())


def shown(value: object) -> str:
    """A constant in a message: as the mapping language writes it, one printable line."""
    if isinstance(value, str):
        return ascii(value)
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    return str(value)


def suggestion(name: str, known: Iterable[str]) -> str:
    """A hint that names the closest known word, or lists a few; empty if there is nothing to say."""
    words = sorted(known)
    close = get_close_matches(name, words, n=1, cutoff=0.6)
    if close:
        return f"did you mean '{close[0]}'?"
    shown = 8
    if not words:
        return ""
    return f"known: {', '.join(words[:shown])}{', ...' if len(words) > shown else ''}"

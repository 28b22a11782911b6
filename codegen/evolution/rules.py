"""Every kind of change: what it is called, whom it breaks, and the way out."""

from __future__ import annotations

from enum import Enum, StrEnum


class Verdict(StrEnum):
    """What a change does to those who depend on the contract, worst first."""

    BREAKING = "breaking"
    UNPROVEN = "unproven"
    """Nobody can say from the contracts alone: it counts as breaking."""
    OUTPUT = "output"
    """Every event stays valid, but for the same payload its content is another."""
    COMPATIBLE = "compatible"


_B, _U, _O, _C = Verdict.BREAKING, Verdict.UNPROVEN, Verdict.OUTPUT, Verdict.COMPATIBLE

_VERSION = "Add a new version beside the old one and leave that as it was."
_VENDOR = "Agree it with the vendor and move its events to a new version, or allow it with a date."
_LOOK = "Look whether it can hurt, then allow it with a date."
_CALLERS = "Keep the old form beside the new one, or add a path of a new version."
_NONE = "-"


class Rule(Enum):
    """The table in docs/spec/evolution.md lists these; a test holds the two together."""

    def __init__(self, code: str, verdict: Verdict, meaning: str, remedy: str = _NONE) -> None:
        self.code = code
        self.verdict = verdict
        self.meaning = meaning
        self.remedy = remedy

    READ_REMOVED = ("EV101", _B, "Readers: a field is gone.", _VERSION)
    READ_OPTIONAL = ("EV102", _B, "Readers: a field that was always there may be missing.", _VERSION)
    READ_WIDENED = ("EV103", _B, "Readers: a field may hold what it never held.", _VERSION)
    READ_REPLACED = ("EV104", _B, "Readers: a field holds something else.", _VERSION)
    READ_VERSION_REMOVED = ("EV105", _B, "Readers: a version of a canonical event is gone.", "Keep it for its readers.")
    READ_UNPROVEN = ("EV106", _U, "Readers: two forms cannot be compared.", _LOOK)
    READ_ADDED = ("EV111", _C, "Readers: there is a new field.")
    READ_REQUIRED = ("EV112", _C, "Readers: a field is always there from now on.")
    READ_NARROWED = ("EV113", _C, "Readers: a field holds less than it might have.")
    READ_VERSION_ADDED = ("EV114", _C, "Readers: there is a new canonical event, or a new version of one.")
    READ_REWORDED = ("EV115", _C, "Readers: descriptions, examples or marks changed.")

    SEND_REQUIRED = ("EV201", _B, "Senders: a field is needed that was not.", _VENDOR)
    SEND_NARROWED = ("EV202", _B, "Senders: what was accepted is refused.", _VENDOR)
    SEND_REPLACED = ("EV203", _B, "Senders: a field must hold something else.", _VENDOR)
    SEND_REMOVED = ("EV204", _B, "Senders: a field that was accepted is refused.", _VENDOR)
    SEND_DESCRIBED = ("EV205", _U, "Senders: a field that could hold anything is described now.", _LOOK)
    SEND_UNPROVEN = ("EV206", _U, "Senders: two forms cannot be compared.", _LOOK)
    SEND_OPTIONAL = ("EV211", _C, "Senders: a field may be left out.")
    SEND_WIDENED = ("EV212", _C, "Senders: more is accepted.")
    SEND_ADDED = ("EV213", _C, "Senders: there is a new field, which may be left out.")
    SEND_FREED = ("EV214", _C, "Senders: a field is described no longer and may hold anything.")
    SEND_REWORDED = ("EV215", _C, "Senders: descriptions, examples or marks changed.")

    VENDOR_REMOVED = ("EV301", _B, "A vendor is gone: its credential sends into nothing.", _VENDOR)
    EVENT_REMOVED = ("EV302", _B, "An event of a vendor is mapped no longer.", _VENDOR)
    EVENT_VERSION_REMOVED = ("EV303", _B, "A version of a vendor's event is gone.", _VENDOR)
    SCHEME_CHANGED = ("EV304", _B, "A vendor must prove otherwise who it is.", _VENDOR)
    LIMIT_LOWERED = ("EV305", _B, "A vendor may send less.", _VENDOR)
    IDENTITY_CHANGED = ("EV306", _B, "A webhook's event gets another identity: a retry is no duplicate.", _VENDOR)
    DIGEST_CHANGED = ("EV307", _B, "A field counts again in the digest: a retry becomes a conflict.", _VENDOR)
    IGNORED_NO_LONGER = ("EV308", _B, "An event that was ignored is quarantined.", "Map it, or go on ignoring it.")
    ANSWER_CHANGED = ("EV309", _B, "A webhook is answered with another body.", _VENDOR)
    VENDOR_ADDED = ("EV311", _C, "There is a new vendor.")
    EVENT_ADDED = ("EV312", _C, "There is a new event of a vendor.")
    EVENT_VERSION_ADDED = ("EV313", _C, "There is a new version of a vendor's event.")
    LIMIT_RAISED = ("EV314", _C, "A vendor may send more.")
    DIGEST_RELAXED = ("EV315", _C, "A field counts no longer in the digest.")
    IGNORED = ("EV316", _C, "An event that had no mapping is ignored.")
    SETTING_CHANGED = ("EV317", _C, "A name, a contact or a lane changed.")

    EMITS_CHANGED = ("EV401", _B, "A vendor's event becomes another canonical event.", _VERSION)
    FIELD_NO_LONGER_GIVEN = ("EV402", _B, "A field that a vendor's events always had is gone.", "Keep its rule.")
    FIELD_MAY_BE_MISSING = ("EV403", _B, "A field that a vendor's events always had may be missing.", "Keep its rule.")
    OUTPUT_UNPROVEN = ("EV404", _U, "The base's mapping does not compile: its rules cannot be compared.", _LOOK)
    RULE_CHANGED = ("EV411", _O, "A field of a vendor's events is made otherwise.")
    RULE_ADDED = ("EV412", _O, "A vendor's events have a field more.")
    RULE_REMOVED = ("EV413", _O, "A field is gone that a vendor's events did not always have.")
    SELECTION_CHANGED = ("EV414", _O, "Which payloads become events, and how many, changed.")
    ORDER_CHANGED = ("EV415", _O, "The time or the priority by which events are ordered changed.")
    LOOKUP_CHANGED = ("EV416", _O, "A lookup table of a vendor changed.")

    PATH_REMOVED = ("EV501", _B, "Callers: a path or method is gone.", _CALLERS)
    PARAMETER_REMOVED = ("EV502", _B, "Callers: a parameter is gone.", _CALLERS)
    REQUEST_REQUIRED = ("EV503", _B, "Callers: a parameter or body is needed that was not.", _CALLERS)
    MEDIA_TYPE_REMOVED = ("EV504", _B, "Callers: a form of a body is gone.", _CALLERS)
    ANSWER_REMOVED = ("EV505", _B, "Callers: an answer of success is gone.", _CALLERS)
    ANSWER_NEW_CLASS = ("EV506", _B, "Callers: there is an answer of a class that there was none of.", _CALLERS)
    ANSWER_HEADER_REMOVED = ("EV507", _B, "Callers: an answer's header is gone or may be missing.", _CALLERS)
    SECURITY_CHANGED = ("EV508", _B, "Callers: another credential is asked for.", _CALLERS)
    API_UNPROVEN = ("EV509", _U, "Callers: something else of an operation changed.", _LOOK)
    PATH_ADDED = ("EV511", _C, "Callers: there is a new path or method.")
    PARAMETER_ADDED = ("EV512", _C, "Callers: there is a new parameter, which may be left out.")
    REQUEST_OPTIONAL = ("EV513", _C, "Callers: a parameter or body may be left out.")
    MEDIA_TYPE_ADDED = ("EV514", _C, "Callers: there is a further form of a body.")
    ANSWER_ADDED = ("EV515", _C, "Callers: there is a further answer of a class that there was.")
    ERROR_REMOVED = ("EV516", _C, "Callers: an answer of failure is gone.")
    ANSWER_HEADER_ADDED = ("EV517", _C, "Callers: an answer has a further header, or has it always.")
    API_REWORDED = ("EV518", _C, "Callers: descriptions, examples or links changed.")

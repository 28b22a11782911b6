"""Which element of the payload each element of a canonical event was made of.

Lineage knows arrays, not their elements. What `each`, `where` and `explode` did with this payload is found by mapping
it again with elements left out from the end: where the canonical array gets shorter, the one that left was its source.
"""

from __future__ import annotations

from copy import deepcopy
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING

from dvss.pointers import expanded, value_at
from handlers.core.mapping import Mapped, normalize_payload

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from dvss.lineage import Run
    from generated.runtime.binding import RuleLineage

MOST_ELEMENTS = 200
"""Of an array that is looked into where it is filtered; each costs a run of the mapper."""
MOST_CANDIDATES = 4


class Elements:
    """The sources of the array elements in one run's canonical events."""

    def __init__(self, rules: Sequence[RuleLineage], run: Run) -> None:
        self._rules = rules
        self._run = run
        self._origins = cache(self._find_origins)

    def located(self, source: str, number: int, target: str) -> str:
        """The source with real indexes, as far as they are known, for the place ``target`` of an event."""
        for pattern, place in reversed(list(self._around(number, target))):
            if (aligned := _aligned(source, pattern, place)) != source:
                return aligned
        return source

    def _around(self, number: int, target: str) -> Iterator[tuple[str, str]]:
        """For the event and each array element that a target lies in: the pattern and the place of its source."""
        found = self._origins("", 0)
        if number < len(found):
            yield found[number]
        tokens = target.split("/")
        for at, token in enumerate(tokens):
            if token.isdecimal():
                array = "/".join(tokens[:at])
                found = self._origins(array, number)
                if int(token) < len(found):
                    yield found[int(token)]

    def _find_origins(self, array: str, number: int) -> list[tuple[str, str]]:
        """Pattern and place of the source of each element of a canonical array; ``""`` is the list of events."""
        count = self._count(self._run.mapped, array, number)
        if not count:
            return []
        for candidate in self._candidates(array):
            pattern = self.located(candidate, number, array) if array else candidate
            found = self._survivors(pattern, count, array, number)
            if len(found) == count:
                return [(candidate, place) for place in found]
        return []

    def _candidates(self, array: str) -> list[str]:
        """Patterns of the arrays that the elements may be made of, those that reach further down first."""
        above = ["*" if token.isdecimal() else token for token in array.split("/")]
        whole = "/".join(above)
        if any(rule.target == whole and rule.expression.startswith("group ") for rule in self._rules):
            return []
        inside = f"{whole}/*" if array else ""
        sources = {source for rule in self._rules if rule.target.startswith(inside) for source in rule.sources}
        starts = {start for source in sources if source.startswith("/") for start in _starts(source)}
        return sorted(starts, key=lambda start: -start.count("/"))[:MOST_CANDIDATES]

    def _survivors(self, pattern: str, count: int, array: str, number: int) -> list[str]:
        """The elements of which something was made; empty where that is not certain."""
        places = expanded(self._run.payload, pattern)
        if len(places) == count and (count == 1 or self._count_of(places[:-1], places, array, number) == count - 1):
            # One for each, or the only one there is.
            return places
        is_within = count < len(places) <= MOST_ELEMENTS
        if not is_within or self._count_of([], places, array, number) == count:
            return []
        between = [self._count_of(places[:kept], places, array, number) for kept in range(1, len(places))]
        steps = pairwise([0, *between, count])
        return (
            []
            if -1 in between
            else [place for place, (before, after) in zip(places, steps, strict=True) if after > before]
        )

    def _count_of(self, kept: list[str], places: list[str], array: str, number: int) -> int:
        """How many elements the array has where only some of the payload's are kept; -1 where that maps no more."""
        payload = deepcopy(self._run.payload)
        for place in reversed(places[len(kept) :]):
            above, _, index = place.rpartition("/")
            del value_at(payload, above)[int(index)]
        run = self._run
        profile = run.registry.vendor(run.vendor_id)
        assert profile is not None
        mapped = normalize_payload(run.registry, profile, run.envelope["eventType"], payload, run.envelope)
        return self._count(mapped, array, number) if isinstance(mapped, Mapped) else -1

    @staticmethod
    def _count(mapped: Mapped, array: str, number: int) -> int:
        if not array:
            return len(mapped.data)
        found = value_at(mapped.data[number], array) if number < len(mapped.data) else None
        return len(found) if isinstance(found, list) else 0


def _starts(source: str) -> Iterator[str]:
    """``/a/*`` and ``/a/*/b/*`` of ``/a/*/b/*/c``."""
    tokens = source.split("/")
    yield from ("/".join(tokens[: at + 1]) for at, name in enumerate(tokens) if name == "*")


def _aligned(source: str, pattern: str, place: str) -> str:
    """The source with the place's indexes, as far as source and pattern go the same way."""
    tokens, found = source.split("/"), place.split("/")
    for at, (token, name) in enumerate(zip(tokens, pattern.split("/"), strict=False)):
        if token != name:
            break
        tokens[at] = found[at]
    return "/".join(tokens)

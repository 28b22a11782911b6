"""What the names of members say: their words, how near two names are, and which of them name personal data."""

from __future__ import annotations

import re
from difflib import SequenceMatcher
from functools import cache

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")

# Each row is one thing under the names that vendors give it; the first word stands for the row.
_ROWS = (
    "quantity qty count stock onhand units pieces pcs level inventory inv available free",
    "warehouse wh location site store facility depot branch shop",
    "sku article material partnumber",
    "id identifier no number num nr ref reference code key uid uuid",
    "order purchase po sale",
    "time at date timestamp datetime when ts",
    "updated changed modified update change",
    "placed created create ordered opened",
    "lines line item items pos position positions row rows entry entries products contents content",
    "amount value sum price gross money cents",
    "total totals grand",
    "subtotal net",
    "tax vat gst",
    "discount rebate",
    "status state phase",
    "title name label text",
    "phone tel telephone mobile",
    "email mail",
    "postal postcode zip postalcode zipcode",
    "city town",
    "line1 street address1",
    "line2 address2",
    "country nation countrycode countryiso countryiso2",
    "currency ccy currencycode",
    "customer buyer client",
    "shipping ship deliver delivery recipient destination",
    "billing bill invoice payer",
    "fulfilment fulfillment shipment",
    "counted taken asof measured checked",
    "refund return",
    "payment transaction charge",
    "packages package parcel parcels boxes box colli",
)
_FIRST = {word: row.split()[0] for row in _ROWS for word in row.split()}

_PERSONAL_WORDS = (
    "email mail phone mobile tel telephone fax address street zip postcode postal city surname firstname lastname "
    "fullname birthday birthdate dob iban passport ssn recipient note line1 line2 last4"
)
_PERSONAL = frozenset(_PERSONAL_WORDS.split())
_PERSONAL_PART = re.compile("mail|phone|^postal")
# A name of a thing is no personal data.
_THING_WORDS = (
    "product item file sku store shop warehouse method carrier event type brand category article channel "
    "app service site status variant field tag unit currency country"
)
_THINGS = frozenset(_THING_WORDS.split())


_GENERIC = frozenset({"id", "title", "time", "amount"})
_GENERIC_WEIGHT = 0.5
_SPELLING_LENGTH = 2
_SPELLING_RATIO = 0.8
_SPELLED = 0.7
_EMPTY = frozenset({"to", "of", "the", "by", "for", "is"})


@cache
def words(name: str) -> tuple[str, ...]:
    """The words of a member's name in lower case: ``shipToZIP_2`` is ship, to, zip, 2."""
    return tuple(word.lower() for word in _WORD.findall(name))


@cache
def meanings(name: str) -> frozenset[str]:
    """The words of a name, each as the one that stands for its kin."""
    joined = "".join(words(name))
    if joined in _FIRST:
        return frozenset({_FIRST[joined]})
    told = [word for word in words(name) if word not in _EMPTY]
    return frozenset(_FIRST.get(word) or _FIRST.get(word.removesuffix("s"), word) for word in told)


@cache
def nearness(name: str, other: str) -> float:
    """How near two names are: 0 for nothing in common, 1 for the same meaning."""
    left, right = meanings(name), meanings(other)
    if not left or not right:
        return 0.0
    shared = _weight(left & right) / _weight(left | right)
    one, two = "".join(words(name)), "".join(words(other))
    # Another spelling of one word, not a longer name that begins with it.
    is_alike = (
        abs(len(one) - len(two)) <= _SPELLING_LENGTH and SequenceMatcher(None, one, two).ratio() > _SPELLING_RATIO
    )
    return max(shared, _SPELLED if is_alike else 0.0)


def _weight(told: frozenset[str]) -> float:
    """How much words say: half as much those that go with any other."""
    return sum(_GENERIC_WEIGHT if word in _GENERIC else 1.0 for word in told)


def is_personal(name: str, above: str) -> bool:
    """Whether a member of that name, below one of the name ``above``, is likely to hold personal data."""
    own = set(words(name))
    joined = "".join(words(name))
    if own & _PERSONAL or joined in _PERSONAL or joined == "name" or _PERSONAL_PART.search(joined):
        return True
    return "name" in own and not (own | set(words(above))) & _THINGS


def sentence(name: str) -> str:
    """A name as the beginning of a description: ``unitPrice`` is Unit price."""
    return " ".join(words(name)).capitalize() or "A value"

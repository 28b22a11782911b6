"""Every scheme against every kind of request: what we say of it, and what the vendor's own verifier says."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from codegen.frontend import mapping
from handlers.core.signatures.requests import SignedRequest
from handlers.core.signatures.schemes import SCHEMES, signature_fault
from tests.signatures.certificates import AT
from tests.signatures.signers import SIGNERS, URL, Signed, Signer, TheirDatetime, TheirTime, adyen_body

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    type Case = Callable[[str, Signer], tuple[Signed, Sequence[str]]]

# yes, no: we and the vendor's own verifier agree. no*: we refuse what it would take, for the reason in STRICTER.
# no?: it cannot be asked. n/a: there is no such request, since the scheme signs no time, or one signature alone.
TABLE = """
what is sent      | standard-webhooks stripe square shopify woocommerce hmac adyen paypal
good              | yes               yes    yes    yes     yes         yes  yes   yes
tampered          | no                no     no     no      no          no   no    no
re-serialised     | no                no     no     no      no          no   yes   no
oldest            | yes               yes    n/a    n/a     n/a         n/a  n/a   yes
a second older    | no                no     n/a    n/a     n/a         n/a  n/a   no*
furthest ahead    | yes               yes    n/a    n/a     n/a         n/a  n/a   yes
a second further  | no                no*    n/a    n/a     n/a         n/a  n/a   no*
wrong secret      | no                no     no     no      no          no   no    no
old, in its grace | yes               yes    yes    yes     yes         yes  yes   yes
old, after it     | no                no     no     no      no          no   no    no
third secret      | no*               no*    no*    no*     no*         no*  no*   no*
no secret         | no                no     no     no      no          no   no    no
header missing    | no                no     no     no      no          no   no    no
header twice      | no?               no?    no?    no?     no?         no?  no?   no?
five signatures   | yes               yes    n/a    n/a     n/a         n/a  n/a   n/a
six signatures    | no*               no*    n/a    n/a     n/a         n/a  n/a   n/a
"""

STRICTER = {
    "a second older": "PayPal's SDK looks at no time",
    "a second further": "Stripe's SDK looks at no time that is ahead, PayPal's at none",
    "third secret": "a vendor has two secrets at the most; an SDK is asked for each secret by itself",
    "six signatures": "an SDK compares as many as there are",
}

# What each vendor's SDK takes, where it says so: `tolerance` of Stripe's, `webhook_tolerance` of Standard Webhooks'.
WINDOWS = {
    "standard-webhooks": (timedelta(seconds=300), timedelta(seconds=300)),
    "stripe": (timedelta(seconds=300), timedelta(seconds=60)),
    "paypal": (timedelta(days=3), timedelta(seconds=300)),
}
SECOND = timedelta(seconds=1)


def sent(signer: Signer, later: timedelta = timedelta(0), secret: str | None = None) -> Signed:
    return signer.sign(signer.body, secret or signer.secret, AT + later, URL)


def tampered(scheme: str, signer: Signer) -> tuple[Signed, Sequence[str]]:
    good = sent(signer)
    body = good.body.replace(b"10100", b"10101", 1) if scheme == "adyen" else good.body + b" "
    return replace(good, body=body), [signer.secret]


def without_header(scheme: str, signer: Signer) -> tuple[Signed, Sequence[str]]:
    """Any one of them; each alone is in ``test_each_header_is_needed_and_needed_once``."""
    good = sent(signer)
    if scheme == "adyen":
        items = [one["NotificationRequestItem"] for one in json.loads(good.body)["notificationItems"]]
        return replace(good, body=adyen_body(items[0], items[1] | {"additionalData": {}})), [signer.secret]
    left = {name: values for name, values in good.headers.items() if name != signer.headers[-1]}
    return replace(good, headers=left), [signer.secret]


def header_twice(scheme: str, signer: Signer) -> tuple[Signed, Sequence[str]]:
    good = sent(signer)
    if scheme == "adyen":
        twice = good.body.replace(b'"hmacSignature"', b'"hmacSignature": "AAAA", "hmacSignature"', 1)
        return replace(good, body=twice), [signer.secret]
    name = signer.headers[-1]
    return replace(good, headers=good.headers | {name: good.headers[name] * 2}), [signer.secret]


def further(signer: Signer, count: int) -> tuple[Signed, Sequence[str]]:
    assert signer.with_further is not None
    return signer.with_further(sent(signer), count), [signer.secret]


CASES: dict[str, Case] = {
    "good": lambda _, signer: (sent(signer), [signer.secret]),
    "tampered": tampered,
    "re-serialised": lambda _, signer: (
        replace(sent(signer), body=json.dumps(json.loads(sent(signer).body), separators=(",", ":")).encode()),
        [signer.secret],
    ),
    "oldest": lambda scheme, signer: (sent(signer, -WINDOWS[scheme][0]), [signer.secret]),
    "a second older": lambda scheme, signer: (sent(signer, -WINDOWS[scheme][0] - SECOND), [signer.secret]),
    "furthest ahead": lambda scheme, signer: (sent(signer, WINDOWS[scheme][1]), [signer.secret]),
    "a second further": lambda scheme, signer: (sent(signer, WINDOWS[scheme][1] + SECOND), [signer.secret]),
    "wrong secret": lambda _, signer: (sent(signer, secret=signer.other), [signer.secret]),
    "old, in its grace": lambda _, signer: (sent(signer, secret=signer.before), [signer.secret, signer.before]),
    "old, after it": lambda _, signer: (sent(signer, secret=signer.before), [signer.secret]),
    "third secret": lambda _, signer: (
        sent(signer, secret=signer.before),
        [signer.secret, signer.other, signer.before],
    ),
    "no secret": lambda _, signer: (sent(signer), []),
    "header missing": without_header,
    "header twice": header_twice,
    "five signatures": lambda _, signer: further(signer, 4),
    "six signatures": lambda _, signer: further(signer, 5),
}


def cells() -> list[tuple[str, str, str]]:
    """Scheme, what is sent, and what the table says of it."""
    head, *rows = (line.split("|") for line in TABLE.strip().splitlines())
    schemes = head[1].split()
    return [
        (scheme, name.strip(), verdict)
        for name, verdicts in rows
        for scheme, verdict in zip(schemes, verdicts.split(), strict=True)
    ]


@pytest.fixture(autouse=True)
def _their_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("stripe._webhook.time", TheirTime)
    monkeypatch.setattr("standardwebhooks.webhooks.datetime", TheirDatetime)


def ours(scheme: str, signed: Signed, secrets: Sequence[str]) -> bool:
    return signature_fault(scheme, SignedRequest(signed.url, signed.headers, signed.body), secrets, AT) is None


def test_the_matrix_has_every_scheme_that_a_mapping_may_name_and_every_case() -> None:
    schemes, names, _ = map(set[str], zip(*cells(), strict=True))
    assert {*mapping.SCHEMES} == {"api-key", *SCHEMES}
    assert schemes == {*SCHEMES} == {*SIGNERS}
    assert names == {*CASES}


@pytest.mark.parametrize(("scheme", "name", "verdict"), cells())
def test_the_verdict_is_that_of_the_table(scheme: str, name: str, verdict: str) -> None:
    signer = SIGNERS[scheme]
    if verdict == "n/a":
        signs_no_time = scheme not in WINDOWS
        assert signer.with_further is None if name.endswith("signatures") else signs_no_time
        return
    signed, secrets = CASES[name](scheme, signer)
    assert ours(scheme, signed, secrets) is (verdict == "yes")
    if verdict != "no?":
        theirs = any(signer.verify(signed, secret) for secret in secrets)
        assert theirs is (verdict in {"yes", "no*"}), signer.source
        assert ("*" not in verdict) or name in STRICTER


@pytest.mark.parametrize("scheme", [name for name, signer in SIGNERS.items() if signer.headers])
def test_each_header_is_needed_and_needed_once(scheme: str) -> None:
    signer = SIGNERS[scheme]
    good = sent(signer)
    assert set(good.headers) == set(signer.headers)
    for name in signer.headers:
        for values in ([], good.headers[name] * 2, [good.headers[name][0], "other"], [""]):
            changed: dict[str, Any] = good.headers | {name: values}
            assert not ours(scheme, replace(good, headers=changed), [signer.secret]), (name, values)


def test_square_signs_the_address_too() -> None:
    signer = SIGNERS["square"]
    elsewhere = replace(sent(signer), url=URL + "/")
    assert not ours("square", elsewhere, [signer.secret])
    assert not signer.verify(elsewhere, signer.secret)


def test_where_a_time_is_signed_what_is_ahead_is_never_taken_longer_than_what_is_past() -> None:
    assert {name for name, (past, ahead) in WINDOWS.items() if ahead < past} == {"stripe", "paypal"}
    assert all(ahead <= past for past, ahead in WINDOWS.values())

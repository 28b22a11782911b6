"""What a header, a time and a secret may look like, and what no request can make of them."""

from __future__ import annotations

import base64
import hmac
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handlers.core.signatures import hmacs
from handlers.core.signatures.requests import MOST_HEADER_CHARACTERS, SignedRequest
from handlers.core.signatures.schemes import SCHEMES, signature_fault
from handlers.core.signatures.windows import Window
from tests.signatures.certificates import AT
from tests.signatures.signers import BODY, SIGNERS, URL, Signed

if TYPE_CHECKING:
    from collections.abc import Sequence

IN_A_HEADER = ("hmac", "shopify", "square", "standard-webhooks", "stripe", "woocommerce")
NOW = int(AT.timestamp())

texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1)
keys = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\n"), min_size=1)


def accepts(scheme: str, signed: Signed, *secrets: str) -> bool:
    request = SignedRequest(signed.url, signed.headers, signed.body)
    return signature_fault(scheme, request, secrets or (SIGNERS[scheme].secret,), AT) is None


def sent(scheme: str, body: bytes = BODY, secret: str = "", url: str = URL) -> Signed:
    return SIGNERS[scheme].sign(body, secret or SIGNERS[scheme].secret, AT, url)


def with_header(signed: Signed, name: str, *values: str) -> Signed:
    return replace(signed, headers=signed.headers | {name: list(values)})


@pytest.mark.parametrize("scheme", [*IN_A_HEADER, "paypal"])
@settings(max_examples=40, deadline=None)
@given(texts, texts)
def test_any_body_is_signed_as_the_vendor_signs_it(scheme: str, text: str, other: str) -> None:
    signed = sent(scheme, text.encode())
    assert accepts(scheme, signed)
    assert accepts(scheme, replace(signed, body=other.encode())) == (text == other)


@given(texts, keys, st.text("abc/:.", min_size=1), st.booleans())
def test_square_agrees_with_its_library(body: str, key: str, url: str, tamper: bool) -> None:
    signed = sent("square", body.encode(), key, url)
    signed = replace(signed, body=signed.body + b"x") if tamper else signed
    assert accepts("square", signed, key) == SIGNERS["square"].verify(signed, key) == (not tamper)


@pytest.mark.parametrize("scheme", IN_A_HEADER)
@pytest.mark.parametrize(
    "text",
    ["", " ", "é", "!", "AAAA", "v1,", "v1,AAAA", "v1=", "t=1", "t=,v1=", "t=1,v1=zz", "sha256=", "sha256=zz", ","],
)
def test_what_is_no_signature_is_refused(scheme: str, text: str) -> None:
    assert not accepts(scheme, with_header(sent(scheme), SIGNERS[scheme].headers[-1], text))


@pytest.mark.parametrize("scheme", ["standard-webhooks", "stripe"])
def test_a_header_that_is_longer_than_any_signature_is_not_read(scheme: str) -> None:
    name = SIGNERS[scheme].headers[-1]
    good = sent(scheme).headers[name][0]
    between = " " if scheme == "standard-webhooks" else ","
    room = MOST_HEADER_CHARACTERS - len(good) - 1
    for more, expected in ((room, True), (room + 1, False)):
        text = good + between + "x" * more
        assert accepts(scheme, with_header(sent(scheme), name, text)) is expected


@pytest.mark.parametrize("text", ["", "-1", "1e9", " 1", "1 ", "0x1", "\u0661", f"{NOW}.5", f"+{NOW}", f"{NOW:013}"])
def test_a_time_that_is_no_integer_of_up_to_twelve_digits_is_refused(text: str) -> None:
    key = base64.b64decode(SIGNERS["standard-webhooks"].secret.removeprefix("whsec_"))
    made = base64.b64encode(hmac.digest(key, f"msg_1.{text}.".encode() + BODY, "sha256")).decode()
    headers = {"webhook-id": ["msg_1"], "webhook-timestamp": [text], "webhook-signature": [f"v1,{made}"]}
    assert not accepts("standard-webhooks", Signed(headers, BODY))
    made = hmac.digest(SIGNERS["stripe"].secret.encode(), f"{text}.".encode() + BODY, "sha256").hex()
    assert not accepts("stripe", Signed({"stripe-signature": [f"t={text},v1={made}"]}, BODY))


def test_a_time_of_twelve_digits_is_read_and_taken_only_in_its_window() -> None:
    key = base64.b64decode(SIGNERS["standard-webhooks"].secret.removeprefix("whsec_"))
    for text, expected in ((f"{NOW:012}", True), ("999999999999", False)):
        made = base64.b64encode(hmac.digest(key, f"msg_1.{text}.".encode() + BODY, "sha256")).decode()
        headers = {"webhook-id": ["msg_1"], "webhook-timestamp": [text], "webhook-signature": [f"v1,{made}"]}
        assert accepts("standard-webhooks", Signed(headers, BODY)) is expected


def test_two_times_in_a_header_are_none() -> None:
    good = sent("stripe").headers["stripe-signature"][0]
    for text in (f"t={NOW},{good}", f"{good},t={NOW}", f"{good},t=1", good.partition(",")[2]):
        assert not accepts("stripe", with_header(sent("stripe"), "stripe-signature", text)), text


def test_signatures_of_another_version_are_passed_over() -> None:
    good = sent("standard-webhooks").headers["webhook-signature"][0]
    for text, expected in ((f"v1a,AAAA {good}", True), (f"{good} v2,AAAA", True), (good.replace("v1,", "v2,"), False)):
        assert (
            accepts("standard-webhooks", with_header(sent("standard-webhooks"), "webhook-signature", text)) is expected
        )
    good = sent("stripe").headers["stripe-signature"][0]
    for text, expected in ((f"{good},v0=00", True), (good.replace("v1=", "v0="), False)):
        assert accepts("stripe", with_header(sent("stripe"), "stripe-signature", text)) is expected


@pytest.mark.parametrize("scheme", ["shopify", "square", "standard-webhooks", "woocommerce"])
@pytest.mark.parametrize("more", ["-", "_", "\n", "é"])
def test_base64_is_read_strictly(scheme: str, more: str) -> None:
    name = SIGNERS[scheme].headers[-1]
    good = sent(scheme).headers[name][0]
    half = len(good) // 2
    assert accepts(scheme, with_header(sent(scheme), name, good))
    assert not accepts(scheme, with_header(sent(scheme), name, good[:half] + more + good[half:]))


def test_what_the_operator_is_told_of_each_scheme_s_secret() -> None:
    assert {name: (one.form, one.is_ours_to_make) for name, one in SCHEMES.items()} == {
        "adyen": ("hexadecimal, as the Customer Area shows it", False),
        "hmac": ("one line", True),
        "paypal": (
            "the webhook's id in the first line, the certificate in PEM (RSA, 2048 bits or more) below it",
            False,
        ),
        "shopify": ("one line", False),
        "square": ("one line", False),
        "standard-webhooks": ("base64, with or without whsec_", True),
        "stripe": ("one line", False),
        "woocommerce": ("one line", True),
    }


@pytest.mark.parametrize("scheme", ["shopify", "hmac", "square"])
@pytest.mark.parametrize("secret", ["", "two\nlines", "two\rlines"])
def test_a_secret_of_no_or_several_lines_is_none(scheme: str, secret: str) -> None:
    assert not SCHEMES[scheme].is_secret(secret)
    assert not accepts(scheme, SIGNERS[scheme].sign(BODY, secret, AT, URL), secret)


def test_a_secret_of_standard_webhooks_may_lack_its_padding_and_must_be_one() -> None:
    secret = SIGNERS["standard-webhooks"].secret
    for given_secret in (secret.rstrip("="), secret.removeprefix("whsec_")):
        assert SCHEMES["standard-webhooks"].is_secret(given_secret)
        assert accepts("standard-webhooks", sent("standard-webhooks"), given_secret)
    for broken in ("", "whsec_", "whsec_!", "é"):
        assert not SCHEMES["standard-webhooks"].is_secret(broken)
        assert not accepts("standard-webhooks", sent("standard-webhooks"), broken)


@pytest.mark.parametrize("scheme", SIGNERS)
def test_no_secret_of_another_scheme_s_form_verifies_an_empty_key(scheme: str) -> None:
    """A secret that cannot be read must not stand for a key that everybody knows."""
    for known in (b"", b"\0"):
        for made in (base64.b64encode(hmac.digest(known, BODY, "sha256")).decode(),):
            headers: dict[str, list[str]] = {name: [made] for name in SIGNERS[scheme].headers}
            headers |= {"x-hub-signature-256": ["sha256=" + hmac.digest(known, BODY, "sha256").hex()]}
            for secrets in ((), ("",), ("\n",), ("\n", "\n")):
                assert signature_fault(scheme, SignedRequest("", headers, BODY), secrets, AT) is not None


@pytest.mark.parametrize("scheme", SIGNERS)
def test_a_good_request_to_a_vendor_without_a_secret_is_told_apart(scheme: str) -> None:
    signed = SIGNERS[scheme].sign(SIGNERS[scheme].body, SIGNERS[scheme].secret, AT, URL)
    request = SignedRequest(signed.url, signed.headers, signed.body)
    for one in (request, SignedRequest(URL, {}, b"{}")):
        assert signature_fault(scheme, one, (), AT) == "NO_CREDENTIAL"
    assert signature_fault(scheme, request, (SIGNERS[scheme].secret,), AT) is None


class CountedDigests:
    """``hmac`` with the bytes that were hashed, and every comparison, counted."""

    def __init__(self) -> None:
        self.hashed: list[int] = []
        self.compared = 0

    def digest(self, key: bytes, message: bytes, name: Any) -> bytes:
        self.hashed.append(len(message))
        return hmac.digest(key, message, name)

    def compare_digest(self, one: bytes, other: bytes) -> bool:
        assert isinstance(one, bytes)
        assert isinstance(other, bytes)
        self.compared += 1
        return hmac.compare_digest(one, other)


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> CountedDigests:
    digests = CountedDigests()
    monkeypatch.setattr(hmacs, "hmac", digests)
    return digests


def work(counted: CountedDigests, scheme: str, signed: Signed, secrets: Sequence[str]) -> int:
    """How many digests of the whole body a request costs."""
    counted.hashed.clear()
    signature_fault(scheme, SignedRequest(signed.url, signed.headers, signed.body), secrets, AT)
    return sum(size >= len(signed.body) for size in counted.hashed)


@pytest.mark.parametrize("scheme", [*IN_A_HEADER, "api-key", "no scheme"])
def test_the_work_is_the_same_whatever_is_wrong(counted: CountedDigests, scheme: str) -> None:
    signer = SIGNERS.get(scheme, SIGNERS["stripe"])
    good = signer.sign(BODY, signer.secret, AT, URL)
    old = signer.sign(BODY, signer.secret, AT - timedelta(days=9), URL)
    for signed in (good, old, replace(good, headers={}), with_header(good, signer.headers[-1], "x")):
        for secrets in ((), (signer.secret,), (signer.other,), (signer.secret, signer.before), ("", "\n")):
            assert work(counted, scheme, signed, secrets) == 2


def test_every_pair_is_compared_whichever_matched(counted: CountedDigests) -> None:
    signer = SIGNERS["standard-webhooks"]
    further = signer.with_further
    assert further is not None
    wrong_first = further(sent("standard-webhooks"), 4)
    text = wrong_first.headers["webhook-signature"][0]
    good_first = with_header(wrong_first, "webhook-signature", " ".join(reversed(text.split(" "))))
    for signed in (wrong_first, good_first):
        for secrets in ((signer.secret, signer.before), (signer.before, signer.secret)):
            counted.compared = 0
            assert accepts("standard-webhooks", signed, *secrets)
            assert counted.compared == 10


def test_a_window_has_both_edges_inside() -> None:
    window = Window(past=timedelta(seconds=5), ahead=timedelta(seconds=2))
    ages = (-2.001, -2, 0, 5, 5.001)
    assert [window.holds(age) for age in ages] == [False, True, True, True, False]


@pytest.mark.parametrize("scheme", SIGNERS)
def test_nothing_of_a_request_is_shown_with_it(scheme: str) -> None:
    signed = sent(scheme, SIGNERS[scheme].body)
    request = SignedRequest(signed.url, signed.headers, signed.body)
    assert repr(request) == f"SignedRequest(url={URL!r})"


def test_nothing_of_what_was_signed_is_shown_with_a_claim() -> None:
    assert repr(hmacs.Claim(b"what was signed", (b"its signature",), "1")) == "Claim(timestamp='1')"

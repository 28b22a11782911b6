"""Webhook signatures over the exact bytes of a request."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from handlers.core.signatures import hmacs, windows
from handlers.core.signatures.adyen import adyen
from handlers.core.signatures.hmacs import HmacScheme, body_in_header
from handlers.core.signatures.paypal import PayPalScheme

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from handlers.core.signatures.requests import SignatureFault, SignedRequest


class Scheme(Protocol):
    """One way to sign."""

    @property
    def form(self) -> str:
        """What a secret looks like, in words."""

    @property
    def is_ours_to_make(self) -> bool:
        """Whether any text that we make will do as a secret; False where the vendor alone can give one."""

    def is_secret(self, secret: str) -> bool:
        """Whether the text has the form of a secret."""

    def fault(self, request: SignedRequest, secrets: Sequence[str], at: datetime) -> SignatureFault | None:
        """None where all that is signed is, with one of the secrets, inside the replay window where there is one."""


SCHEMES: Mapping[str, Scheme] = {
    # https://docs.adyen.com/development-resources/webhooks/secure-webhooks/verify-hmac-signatures
    "adyen": HmacScheme(adyen, hmacs.hex_key, "hexadecimal, as the Customer Area shows it", is_ours_to_make=False),
    # https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries
    "hmac": HmacScheme(hmacs.hub),
    # https://developer.paypal.com/api/rest/webhooks/rest/
    "paypal": PayPalScheme(),
    # https://shopify.dev/docs/apps/build/webhooks/subscribe/https
    "shopify": HmacScheme(body_in_header("x-shopify-hmac-sha256"), is_ours_to_make=False),
    # https://developer.squareup.com/docs/webhooks/step3validate
    "square": HmacScheme(hmacs.square, is_ours_to_make=False),
    # https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
    "standard-webhooks": HmacScheme(
        hmacs.standard_webhooks,
        hmacs.standard_key,
        "base64, with or without whsec_",
        window=windows.STANDARD_WEBHOOKS,
    ),
    # https://docs.stripe.com/webhooks#verify-manually
    "stripe": HmacScheme(hmacs.stripe, window=windows.STRIPE, is_ours_to_make=False),
    # https://woocommerce.github.io/woocommerce-rest-api-docs/#webhooks
    "woocommerce": HmacScheme(body_in_header("x-wc-webhook-signature")),
}
"""Signature schemes by the name that a mapping gives them."""

_NOBODY = HmacScheme(lambda _: ())


def signature_fault(scheme: str, request: SignedRequest, secrets: Sequence[str], at: datetime) -> SignatureFault | None:
    """Why the request is not the vendor's; None where it is. The caller has bounded the size of its body.

    A scheme that there is not holds for nothing, after the work that the others do: who asks for a vendor that does not
    exist learns nothing from the time that the answer takes.
    """
    return SCHEMES.get(scheme, _NOBODY).fault(request, secrets, at)

"""A vendor's page says what is so: how to sign, and what the example becomes."""

from __future__ import annotations

import base64
import json
import re
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from codegen.compiler import compile_project
from codegen.frontend.mapping import SCHEMES
from codegen.render.project import _environment
from handlers.core.signatures.requests import SignedRequest
from handlers.core.signatures.schemes import is_authentic
from tests.compile.test_cases import BASE
from tests.contracts.documents import ROOT

URL = "https://dvss.example/v1/webhooks/acme/orders"
NOW = 1_769_804_112
SECRETS = {"standard-webhooks": base64.b64encode(b"k" * 24).decode(), "adyen": "0f" * 32}
OTHERS = {"standard-webhooks": base64.b64encode(b"o" * 24).decode(), "adyen": "f0" * 32}


def snippet(scheme: str) -> str | None:
    """The Python that the page shows for a scheme."""
    vendor = SimpleNamespace(vendor="acme", events=[SimpleNamespace(event_type="stock")])
    text = _environment().get_template(f"vendor/sending/{scheme}.md.jinja").render(vendor=vendor)
    found = re.findall(r"^```python\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    return found[0] if found else None


@pytest.mark.parametrize("scheme", [scheme for scheme in SCHEMES if scheme not in ("api-key", "paypal")])
def test_what_is_signed_as_the_page_says_is_authentic(scheme: str) -> None:
    code = snippet(scheme)
    assert code
    secret = SECRETS.get(scheme, "a secret of the test")
    given: dict[str, Any] = {"body": b'{"id": 1}', "secret": secret, "url": URL, "now": NOW}
    exec(code, given)
    request = SignedRequest(URL, {name.lower(): [text] for name, text in given["headers"].items()}, given["body"])
    at = datetime.fromtimestamp(NOW, UTC)
    assert is_authentic(scheme, request, [secret], at)
    assert not is_authentic(scheme, request, [OTHERS.get(scheme, "another secret")], at)


def test_every_scheme_has_a_text_and_only_the_one_that_we_cannot_sign_has_no_code() -> None:
    assert [scheme for scheme in SCHEMES if snippet(scheme) is None] == ["api-key", "paypal"]


def page(examples: list[Any]) -> str:
    """The page of a vendor whose payload has these examples."""
    payload = {
        "type": "object",
        "required": ["id"],
        "properties": {"id": {"type": "string"}, "ratio": {"type": "number"}},
        "examples": examples,
    }
    document = {
        "vendor": "acme", "name": "Acme", "priority": 1, "authentication": {"scheme": "api-key"},
        "limits": {"requests_per_second": 1, "burst": 1},
        "events": {
            "item": {
                "payload": payload,
                "emits": "ItemUpdated@1.0",
                "filter": "id != 'none'",
                "map": {"itemId": "id | trim or quarantine"},
            }
        },
    }  # fmt: skip
    result = compile_project(BASE | {"mappings/acme.yaml": json.dumps(document)})
    assert not result.failed, result.diagnostics
    return result.files["docs/contract/vendors/acme.md"]


def test_an_example_is_shown_with_what_the_mapper_makes_of_it() -> None:
    assert 'It becomes:\n\n```json\n{\n  "itemId": "7"\n}\n```' in page([{"id": " 7"}])
    assert "It is quarantined: WRONG_LENGTH at /id, expected a length from 1 to 64, found string." in page(
        [{"id": " "}]
    )
    assert "It becomes no canonical event." in page([{"id": "none"}])


def test_an_example_that_is_not_valid_is_not_shown() -> None:
    assert "A payload:" not in page([])
    shown = page([{"id": 7}, {"id": "8"}])
    assert shown.count("A payload:") == 1
    assert '"itemId": "8"' in shown


def test_every_event_of_the_catalogue_shows_an_example() -> None:
    pages = sorted((ROOT / "docs" / "contract" / "vendors").glob("*.md"))
    assert len(pages) >= 9
    for path in pages:
        shown = path.read_text(encoding="utf-8")
        assert shown.count("A payload:") == shown.count("Fields of the payload:")
        assert "It becomes" in shown

"""What a vendor's page says how to send, sent to a running server."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from handlers.values import Status
from tests.docs.markdown import ROOT

if TYPE_CHECKING:
    from pathlib import Path

    from tests.dvss.program import Server


def fences(vendor: str, language: str) -> list[str]:
    text = (ROOT / "docs" / "contract" / "vendors" / f"{vendor}.md").read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def said(command: list[str], folder: Path, **variables: str) -> str:
    done = subprocess.run(
        command, cwd=folder, env=os.environ | variables, check=True, capture_output=True, text=True, timeout=60
    )
    return done.stdout


def test_a_vendor_with_a_key_sends_as_its_page_says(server: Server, tmp_path: Path) -> None:
    (command,) = fences("vendorA", "sh")
    answer = said(["sh", "-c", command], tmp_path, DVSS_URL=server.url, DVSS_API_KEY=server.vendor_key)
    assert json.loads(answer)["status"] == "ACCEPTED"
    assert server.settled("example-1").status is Status.NORMALIZED


@pytest.mark.parametrize("vendor", ["shopify", "square"])
def test_a_webhook_is_sent_as_its_page_says(server: Server, tmp_path: Path, vendor: str) -> None:
    (code,) = fences(vendor, "python")
    (tmp_path / "payload.json").write_text(fences(vendor, "json")[0])
    secret = {"shopify": server.shopify_secret, "square": server.square_secret}[vendor]
    command = [sys.executable, "-c", code]
    answers = [said(command, tmp_path, DVSS_URL=server.url, DVSS_SECRET=secret) for _ in range(2)]
    found = [answer.split(" ", 1) for answer in answers]
    assert [(status, json.loads(body)["status"]) for status, body in found] == [
        ("202", "ACCEPTED"),
        ("200", "DUPLICATE"),
    ]

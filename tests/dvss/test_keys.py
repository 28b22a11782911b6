"""`dvss key`: credentials are shown once, rotated with a grace, revoked at once."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from dvss.bootstrap import opened
from generated.registry import REGISTRY
from tests.dvss.program import dvss, envelope
from tests.dvss.wire import request
from tests.handlers.deployments import profile_of
from tests.handlers.world import OtherRegistry
from tests.signatures.certificates import secret as paypal_secret

if TYPE_CHECKING:
    from pathlib import Path

    from tests.dvss.program import Server


def test_only_the_key_goes_to_standard_output(tmp_path: Path) -> None:
    ran = dvss("key", "add", "vendorA", "--data-dir", tmp_path)
    assert ran.code == 0
    assert ran.out.startswith("dvss_")
    assert ran.out.count("\n") == 1
    assert "It is shown this once" in ran.err
    assert ran.out.strip() not in ran.err


def test_the_key_itself_is_nowhere_on_the_disk(tmp_path: Path) -> None:
    key = dvss("key", "add", "vendorA", "--data-dir", tmp_path).out.strip()
    assert not [path for path in tmp_path.rglob("*") if path.is_file() and key.encode() in path.read_bytes()]


@pytest.fixture
def _room(server: Server) -> None:
    """vendorA has no key in force."""
    for one in dvss("key", "list", "--data-dir", server.data_dir, "--json").lines:
        if one["owner"] == "vendorA" and one["state"] != "ended":
            dvss("key", "revoke", one["id"], "--data-dir", server.data_dir)


@pytest.mark.usefixtures("_room")
def test_a_new_key_opens_the_door_and_a_revoked_one_does_not(server: Server) -> None:
    added = dvss("key", "add", "vendorA", "--data-dir", server.data_dir, "--json").document
    assert server.post(envelope("by-new-key"), x_api_key=added["key"]).status == 202
    assert dvss("key", "revoke", added["keyId"], "--data-dir", server.data_dir).code == 0
    assert server.post(envelope("by-new-key"), x_api_key=added["key"]).status == 401


@pytest.mark.usefixtures("_room")
def test_a_rotation_leaves_the_old_key_its_grace(server: Server) -> None:
    old = dvss("key", "add", "vendorA", "--data-dir", server.data_dir, "--json").document
    new = dvss("key", "rotate", old["keyId"], "--data-dir", server.data_dir, "--json").document
    assert server.post(envelope("rotated"), x_api_key=old["key"]).status == 202
    assert server.post(envelope("rotated"), x_api_key=new["key"]).status == 200
    states = {one["id"]: one["state"] for one in dvss("key", "list", "--data-dir", server.data_dir, "--json").lines}
    assert (states[old["keyId"]], states[new["keyId"]]) == ("ending", "in force")


@pytest.mark.usefixtures("_room")
def test_a_rotation_without_grace_ends_the_old_key(server: Server) -> None:
    old = dvss("key", "add", "vendorA", "--data-dir", server.data_dir, "--json").document
    dvss("key", "rotate", old["keyId"], "--grace-hours", 0, "--data-dir", server.data_dir)
    assert server.post(envelope("ended"), x_api_key=old["key"]).status == 401


def test_an_operators_key_reads_the_feed(server: Server) -> None:
    key = dvss("key", "add", "--operator", "--data-dir", server.data_dir).out.strip()
    assert request(server.url, "GET", "/v1/feed", {"x-api-key": key}).status == 200


def test_a_vendor_that_signs_gets_a_secret(tmp_path: Path) -> None:
    added = dvss("key", "add", "woocommerce", "--data-dir", tmp_path, "--json").document
    assert set(added) == {"secretId", "secret"}
    (listed,) = dvss("key", "list", "--data-dir", tmp_path, "--json").lines
    assert (listed["kind"], listed["owner"], listed["state"]) == ("webhook secret", "woocommerce", "in force")


def kept(data: Path) -> list[str]:
    """The secrets in force, newest first."""
    with opened(data) as deployment:
        now = deployment.application.clock.now()
        vendors = ("shopify", "square")
        return [one for name in vendors for one in deployment.application.credentials.webhook_secrets(name, now)]


def test_the_vendors_own_secret_is_read_from_standard_input_and_not_said_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("shpss_own\n"))
    added = dvss("key", "add", "shopify", "--secret-stdin", "--data-dir", tmp_path, "--json").document
    assert (set(added), kept(tmp_path)) == ({"secretId"}, ["shpss_own"])
    monkeypatch.setattr("sys.stdin", io.StringIO("shpss_next\n"))
    rotated = dvss("key", "rotate", added["secretId"], "--secret-stdin", "--data-dir", tmp_path)
    assert (rotated.out, "shpss_next" in rotated.err) == ("", False)
    assert set(kept(tmp_path)) == {"shpss_own", "shpss_next"}
    assert dvss("key", "revoke", added["secretId"], "--data-dir", tmp_path).code == 0
    assert kept(tmp_path) == ["shpss_next"]


def test_a_secret_is_read_from_a_file_that_nobody_else_may_read(tmp_path: Path) -> None:
    data, file = tmp_path / "data", tmp_path / "secret"
    file.write_text("shpss_own\n")
    file.chmod(0o640)
    ran = dvss("key", "add", "shopify", "--secret-file", file, "--data-dir", data)
    assert (ran.code, ran.out) == (1, "")
    assert f"(mode 640). Take it back with chmod 600 {file}." in ran.err
    assert "shpss_own" not in ran.err
    file.chmod(0o600)
    assert dvss("key", "add", "shopify", "--secret-file", file, "--data-dir", data).code == 0
    assert kept(data) == ["shpss_own"]
    ran = dvss("key", "add", "shopify", "--secret-file", tmp_path / "none", "--data-dir", data)
    assert (ran.code, "cannot be read: No such file or directory." in ran.err) == (1, True)
    ran = dvss("key", "add", "shopify", "--secret-file", file, "--secret-stdin", "--data-dir", data)
    assert (ran.code, "not both" in ran.err) == (2, True)


def signing(scheme: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Deploy contracts in which square signs by another scheme."""
    monkeypatch.setattr("generated.registry.REGISTRY", OtherRegistry(replace(profile_of("square"), scheme=scheme)))


@pytest.mark.parametrize("vendor", ["adyen", "paypal", "shopify", "square", "stripe"])
def test_a_secret_that_the_vendor_makes_is_not_made_here(tmp_path: Path, vendor: str) -> None:
    ran = dvss("key", "add", vendor, "--data-dir", tmp_path)
    assert (ran.code, f"{vendor} makes its secret itself: give it with --secret-stdin" in ran.err) == (1, True)


def test_a_secret_that_the_vendor_makes_must_be_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    signing("adyen", monkeypatch)
    ran = dvss("key", "add", "square", "--data-dir", tmp_path)
    assert (ran.code, ran.out) == (1, "")
    assert "square makes its secret itself: give it with --secret-stdin (hexadecimal," in ran.err
    monkeypatch.setattr("sys.stdin", io.StringIO("0f" * 32 + "\n"))
    assert dvss("key", "add", "square", "--secret-stdin", "--data-dir", tmp_path).code == 0
    assert kept(tmp_path) == ["0f" * 32]


def test_a_secret_may_be_an_id_and_a_certificate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    signing("paypal", monkeypatch)
    monkeypatch.setattr("sys.stdin", io.StringIO(paypal_secret()))
    assert dvss("key", "add", "square", "--secret-stdin", "--data-dir", tmp_path).code == 0
    assert kept(tmp_path) == [paypal_secret().rstrip("\n")]


@pytest.mark.parametrize(
    ("scheme", "secret"),
    [
        ("adyen", "no hex"),
        ("paypal", "8XU40\n"),
        ("standard-webhooks", "whsec_!"),
        ("stripe", "two\nlines"),
        ("stripe", ""),
    ],
)
def test_a_secret_of_another_form_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, scheme: str, secret: str
) -> None:
    signing(scheme, monkeypatch)
    monkeypatch.setattr("sys.stdin", io.StringIO(secret))
    ran = dvss("key", "add", "square", "--secret-stdin", "--data-dir", tmp_path)
    assert (ran.code, ran.out) == (1, "")
    assert f"What was given is no secret of scheme {scheme}: " in ran.err
    assert dvss("key", "list", "--data-dir", tmp_path, "--json").lines == []


def test_a_vendor_that_signs_no_more_gets_no_new_secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("a secret\n"))
    added = dvss("key", "add", "square", "--secret-stdin", "--data-dir", tmp_path, "--json").document
    signing("api-key", monkeypatch)
    ran = dvss("key", "rotate", added["secretId"], "--data-dir", tmp_path)
    assert (ran.code, ran.out) == (1, "")
    assert "square signs no webhooks any more: revoke its secret." in ran.err


def test_a_vendor_that_signs_may_have_a_key_to_ask_with(tmp_path: Path) -> None:
    assert dvss("key", "add", "square", "--api-key", "--data-dir", tmp_path).out.startswith("dvss_")


MISTAKES = {
    (): (2, "Name a vendor, or give --operator, and not both."),
    ("vendorA", "--operator"): (2, "Name a vendor, or give --operator, and not both."),
    ("nobody",): (1, f"There is no mapping for vendor nobody. Vendors with one: {', '.join(REGISTRY.vendor_ids())}."),
    ("vendorA", "--secret-stdin"): (1, "An API key for vendorA is made here, not given: leave --secret-stdin out."),
    ("square", "--api-key", "--secret-stdin"): (1, "An API key for square is made here"),
}


@pytest.mark.parametrize("arguments", MISTAKES, ids=" ".join)
def test_a_mistake_is_one_sentence(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    ran = dvss("key", "add", *arguments, "--data-dir", tmp_path)
    code, text = MISTAKES[arguments]
    assert (ran.code, ran.out) == (code, "")
    assert text in ran.err

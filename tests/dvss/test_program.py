"""The program as a whole: its help, its exit codes, its demo."""

from __future__ import annotations

import subprocess
import sys
import time

import pytest

from tests.dvss.program import dvss

LONGEST_DEMO_SECONDS = 30.0
COMMANDS = ("serve", "demo", "send", "try", "events", "quarantine", "replay", "key", "audit")


def program(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "dvss", *arguments], check=False, capture_output=True, text=True, encoding="utf-8"
    )


def test_help_names_every_command_and_the_exit_codes() -> None:
    ran = dvss("--help")
    assert ran.code == 0
    assert [name for name in COMMANDS if f" {name} " not in ran.out] == []
    assert "Exit codes: 0 done; 1 something was refused or found wrong; 2 wrong usage; 3" in ran.out


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(command: str) -> None:
    ran = dvss(command, "--help")
    assert ran.code == 0
    assert f"Usage: dvss {command}" in ran.out


def test_help_imports_neither_server_nor_stores() -> None:
    code = (
        "import sys; sys.argv = ['dvss', '--help']\n"
        "from dvss.cli.app import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "heavy = {'starlette', 'uvicorn', 'aiohttp', 'sqlite3', 'jsonschema_rs', 'generated', 'pydantic'}\n"
        "print(sorted(heavy & set(sys.modules)), file=sys.stderr)"
    )
    ran = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert ran.stderr == "[]\n"


@pytest.mark.parametrize("arguments", [("fly",), ("events",), ("send",), ("serve", "--port", "x")])
def test_wrong_usage_is_2(arguments: tuple[str, ...]) -> None:
    ran = dvss(*arguments)
    assert ran.code == 2
    assert "Traceback" not in ran.err


def test_a_reader_that_has_seen_enough_is_no_error() -> None:
    ran = subprocess.run(
        f"{sys.executable} -m dvss --help | head -1", check=True, capture_output=True, text=True, shell=True
    )
    assert ran.stderr == ""


def test_the_demo_shows_three_vendors_and_keeps_its_promises() -> None:
    started = time.monotonic()
    ran = program("demo")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert time.monotonic() - started < LONGEST_DEMO_SECONDS
    for text in ("InventoryUpdated", "OrderStatusChanged", "OrderPlaced", "PaymentUpdated"):
        assert f"normalized  {text} 1.0" in ran.stdout
    for text in ("DUPLICATE", "CONFLICT", "PAYLOAD_INVALID", "/qty  TYPE", "All as promised: 9 requests"):
        assert text in ran.stdout
    assert "NOT AS PROMISED" not in ran.stdout
    assert ran.stderr == ""

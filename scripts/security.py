"""Looks for what must not be in our sources, offline and silent unless something is found.

Secrets, dangerous calls, breaches of our own rules (scripts/semgrep), packages without a hash, bills of materials that
do not fit the locks. Its tools are in an environment of their own: ``scripts/tools.sh security`` brings it.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

ROOT = Path(__file__).resolve().parent.parent
TOOLS = ROOT / ".tools" / "security" / "bin"
SOURCES = ("codegen", "dvss", "generated", "handlers", "scripts")

NOT_READ = re.compile(
    r"(generated|docs/contract|tests/fuzz/corpus)/|tests/compile/\w+/out/|requirements/\w+\.txt|LICENSE"
)
"""Compiled from what is read; or made to be slow to read; or hashes: a lock can hold nothing else."""
MADE_UP = re.compile(r"(.*/)?(tests|examples)/|schemas/")
"""Made-up secrets, digests and ids stand there by the dozen: only keys of a known form are looked for."""
ULID = r"^[0-9A-HJKMNP-TV-Z]{26}(-[0-9]+)?$"
"""An ingest id is no secret and looks like one."""
GUESSES = ("HexHighEntropyString", "Base64HighEntropyString", "KeywordDetector")
SHORT = r"^\s*.{0,19}$"
"""No key of a known form fits into so little, and half of the lines are no longer."""
IDLE = (
    *("Artifactory", "Cloudant", "DiscordBotToken", "IbmCloudIam", "IbmCosHmac", "IPPublic", "Mailchimp", "Npm"),
    *("Softlayer", "TelegramBotToken"),
)
"""Detectors of services that nothing here has to do with: each costs every line."""


def secrets() -> str:
    files = (name for name in _files() if not MADE_UP.match(name))
    return _secrets(files, "--exclude-secrets", ULID)


def samples() -> str:
    files = (name for name in _files() if MADE_UP.match(name))
    return _secrets(files, "--exclude-lines", SHORT, *(f"--disable-plugin={name}" for name in GUESSES))


def _files() -> list[str]:
    """What git has, or would take."""
    names = _run("git", "ls-files", "--cached", "--others", "--exclude-standard").stdout.splitlines()
    return [name for name in names if not NOT_READ.match(name) and (ROOT / name).is_file()]


def _secrets(files: Iterable[str], *options: str) -> str:
    idle = (f"--disable-plugin={name}Detector" for name in IDLE)
    return _found(_run(TOOLS / "detect-secrets-hook", "--no-verify", *idle, *options, "--", *files))


def bandit() -> str:
    """Its settings are in pyproject.toml."""
    sources = (name for name in SOURCES if name != "generated")  # copies of codegen/runtime, and straight-line mappers
    return _found(_run(TOOLS / "bandit", "--quiet", "--configfile", "pyproject.toml", "--recursive", *sources))


def rules() -> str:
    silent = ("--metrics=off", "--disable-version-check", "--quiet", "--error")
    return _found(_run(TOOLS / "semgrep", "scan", *silent, "--config", "scripts/semgrep", *SOURCES))


def locks() -> str:
    return _found(_run(sys.executable, "scripts/locks.py"))


def bills() -> str:
    with TemporaryDirectory() as folder:
        for lock in ("lambda", "dev"):
            made = _run(sys.executable, "scripts/sbom.py", lock, "--output", f"{folder}/{lock}.json")
            if made.returncode:
                return _found(made)
        pairs = (f"{folder}/{lock}.json=requirements/{lock}.txt" for lock in ("lambda", "dev"))
        return _found(_run(TOOLS / "python", "scripts/check_sbom.py", *pairs))


def _run(*command: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def _found(run: subprocess.CompletedProcess[str]) -> str:
    """What a tool says, if it is not content; empty if it is."""
    return f"{run.stdout}{run.stderr}".strip() or f"exit code {run.returncode}" if run.returncode else ""


CHECKS: dict[str, Callable[[], str]] = {
    check.__name__: check for check in (samples, rules, secrets, bills, bandit, locks)
}
"""The longest first: two at a time then need hardly longer than half of all."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("checks", nargs="*", help=f"some of {', '.join(sorted(CHECKS))}; all if none is named")
    names = parser.parse_args().checks or list(CHECKS)
    with ThreadPoolExecutor(max_workers=2) as pool:
        reports = dict(zip(names, pool.map(lambda name: CHECKS[name](), names), strict=True))
    for name, report in reports.items():
        if report:
            print(f"{report}\nsecurity: `{name}` found the above (python scripts/security.py {name})", file=sys.stderr)
    return 1 if any(reports.values()) else 0


if __name__ == "__main__":
    sys.exit(main())

"""The functions' package, made for the machine that the tests run on."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
import zipfile
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).parents[2]
LOCAL_PLATFORM = f"{platform.machine()}-manylinux_2_28"


def build(output: Path) -> Path:
    """The zip as ``build.sh`` makes it, which looks besides whether ``generated`` is up to date."""
    with TemporaryDirectory() as packages:
        install(ROOT / "requirements" / "lambda.txt", Path(packages))
        package(ROOT, Path(packages), output)
    return output


def package(root: Path, packages: Path, output: Path) -> None:
    """Put the sources below ``root`` and installed packages into a zip."""
    command: list[str | Path] = [
        sys.executable,
        root / "scripts" / "package.py",
        "--packages",
        packages,
        "--output",
        output,
    ]
    environment = os.environ | {"PYTHONHASHSEED": "0"}
    subprocess.run(command, check=True, env=environment, stdout=subprocess.PIPE)


def install(requirements: Path, folder: Path, *options: str) -> None:
    """Install locked packages into a folder for this machine's Lambda."""
    uv = subprocess.run(
        [ROOT / "scripts" / "setup.sh", "uv"], check=True, stdout=subprocess.PIPE, text=True
    ).stdout.strip()
    command: list[str | Path] = [
        uv,
        "pip",
        "install",
        "--quiet",
        "--target",
        folder,
        "--python-platform",
        LOCAL_PLATFORM,
    ]
    command += [
        "--python-version",
        "3.13",
        "--only-binary",
        ":all:",
        "--require-hashes",
        "--no-deps",
        "-r",
        requirements,
    ]
    environment = {name: value for name, value in os.environ.items() if name != "VIRTUAL_ENV"}
    subprocess.run([*command, *options], check=True, cwd=ROOT, env=environment)


def unpack(archive: Path, folder: Path) -> Path:
    """The folder as Lambda mounts it: nothing in it can be written."""
    with zipfile.ZipFile(archive) as opened:
        opened.extractall(folder)
    for path in folder.rglob("*"):
        path.chmod(0o555 if path.is_dir() else 0o444)
    return folder

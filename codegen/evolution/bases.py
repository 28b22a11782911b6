"""Where the older contracts come from: a commit, or a folder."""

from __future__ import annotations

import shutil
import subprocess
import tarfile
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from codegen.source import read_sources

if TYPE_CHECKING:
    from collections.abc import Mapping

FOLDERS = ("mappings", "openapi", "schemas")


class BaseError(Exception):
    """There is nothing to compare with; the message says the way out."""


def sources_of_commit(root: Path, reference: str) -> Mapping[str, str]:
    """The contract files as the commit has them. Raises BaseError where git or the commit is missing."""
    if shutil.which("git") is None:
        message = "git is not installed, so no commit can be compared with. Install it, or give --base-folder."
        raise BaseError(message)
    commit = _git(root, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{reference}^{{commit}}")
    if commit is None:
        message = f"There is no commit '{reference}' in {root.resolve()}. Fetch it, or name another one with --base."
        raise BaseError(message)
    name = commit.decode().strip()
    listed = _git(root, "ls-tree", "--name-only", name, "--", *FOLDERS)
    folders = (listed or b"").decode().split()
    if not folders:
        message = f"Commit '{reference}' has no contracts in {root.resolve()}: none of {', '.join(FOLDERS)}."
        raise BaseError(message)
    packed = _git(root, "archive", "--format=tar", name, "--", *folders)
    assert packed is not None, "the commit and its folders were found"
    with TemporaryDirectory() as folder, tarfile.open(fileobj=BytesIO(packed)) as archive:
        archive.extractall(folder, filter="data")
        return read_sources(Path(folder))


def _git(root: Path, *arguments: str) -> bytes | None:
    """What the command says; None if it fails."""
    command = ["git", "-C", str(root), *arguments]
    done = subprocess.run(command, capture_output=True, check=False)  # noqa: S603 - no shell, the commit is checked
    return done.stdout if done.returncode == 0 else None


def sources_of_folder(folder: Path) -> Mapping[str, str]:
    """The contract files below a folder. Raises BaseError where there are none."""
    sources = read_sources(folder)
    if not sources:
        message = f"There are no contracts in {folder.resolve()}. Name a folder that holds mappings/ and schemas/."
        raise BaseError(message)
    return sources

"""The scripts in a copy where `terraform` notes what it is called with instead of doing it."""

from __future__ import annotations

import shutil
import stat
from typing import TYPE_CHECKING

import pytest

from tests.infra.terraform import DEPLOYED, TerraformError, Tree, clean_environment

if TYPE_CHECKING:
    from pathlib import Path

COMMANDS = [f"infra/components/{component}/tf.sh" for component in DEPLOYED]

# It also gives the outputs that the scripts ask for; INIT_SAYS refuses the bucket of the states.
TERRAFORM = """\
#!/bin/sh
component="$(basename "$PWD")"
echo "$component $*" >>"$CALLS"
case "$1 $*" in
  output*) cat "$OUTPUTS/$component.json" 2>/dev/null || echo '{}' ;;
  init*-migrate-state*) ;;
  init*) [ -z "${INIT_SAYS:-}" ] || [ -f state_on_disk_override.tf ] || { echo "$INIT_SAYS"; exit 1; } ;;
esac
"""


def noting_tree(original: Path, folder: Path) -> Tree:
    """A copy of the tree in which `terraform` notes its calls, and `dvss` too."""
    tree = folder / "tree"
    shutil.copytree(original, tree, symlinks=True)
    programs = folder / "programs"
    programs.mkdir()
    (programs / "terraform").write_text(TERRAFORM, encoding="utf-8")
    (programs / "terraform").chmod(stat.S_IRWXU)
    (folder / "outputs").mkdir()
    (tree / "dvss").mkdir()
    (tree / "dvss" / "__init__.py").touch()
    (tree / "dvss" / "__main__.py").write_text(
        "import os, sys; open(os.environ['CALLS'], 'a').write('dvss ' + ' '.join(sys.argv[1:]) + '\\n')",
        encoding="utf-8",
    )
    environment = clean_environment(
        TERRAFORM_STATE_BUCKET="states", CALLS=str(folder / "calls"), OUTPUTS=str(folder / "outputs")
    )
    environment["PATH"] = f"{programs}:{environment['PATH']}"
    environment.pop("ENVIRONMENT_SUFFIX", None)
    return Tree(tree, environment)


def lines(tree: Tree) -> list[str]:
    """Every call, by component."""
    path = tree.folder.parent / "calls"
    return path.read_text(encoding="utf-8").splitlines() if path.exists() else []


def calls(tree: Tree) -> list[str]:
    """What ran, by component and first word, without the initializations."""
    return [" ".join(line.split()[:2]) for line in lines(tree) if " init " not in line]


def forget(tree: Tree) -> None:
    (tree.folder.parent / "calls").unlink()


def refusal(tree: Tree, *command: str, **environment: str) -> str:
    """Why the command was refused; nothing of Terraform ran."""
    with pytest.raises(TerraformError) as refused:
        tree.run(*command, **environment)
    assert lines(tree) == []
    return str(refused.value)

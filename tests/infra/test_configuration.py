"""Terraform's own checks, and what the text of the components must hold to."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.infra.terraform import COMPONENTS, DEPLOYED, MODULES, ROOT

if TYPE_CHECKING:
    from pathlib import Path

    from tests.infra.terraform import Tree

# Making plans, and starting the provider, takes its time where much else runs.
pytestmark = pytest.mark.timeout(900)

INFRA = ROOT / "infra"
FOLDERS = [f"components/{name}" for name in COMPONENTS] + [f"modules/{name}" for name in MODULES]
TESTED = [folder for folder in FOLDERS if (INFRA / folder / "tests").is_dir()]
SOURCES = sorted(
    path for pattern in ("*.tf", "*.tfvars") for path in INFRA.rglob(pattern) if ".terraform" not in path.parts
)
BLOCK = r'^{kind} "(\w+)" \{{\n(.*?)^\}}'

SECRET = re.compile(
    r"AKIA[0-9A-Z]{16}|-----BEGIN|\b(?:password|secret|token|api_?key)\w*\s*=\s*\"[^\"$]+\"", re.IGNORECASE
)
FOR_EMULATORS = re.compile(
    r"localstack|ministack|moto\b|emulator|\bendpoints\s*\{|use_path_style|\bskip_\w+\s*=", re.IGNORECASE
)


def blocks(path: Path, kind: str) -> dict[str, str]:
    return dict(re.findall(BLOCK.format(kind=kind), path.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL))


def test_the_text_is_formatted(initialized: Tree) -> None:
    initialized.run("terraform", "fmt", "-check", "-diff", "-recursive", str(INFRA))


@pytest.mark.parametrize("component", COMPONENTS)
def test_a_component_is_valid_with_the_modules_in_it(initialized: Tree, component: str) -> None:
    initialized.run("terraform", "validate", "-no-color", folder=f"infra/components/{component}")


@pytest.mark.parametrize("folder", TESTED)
def test_it_does_what_its_own_tests_say(initialized: Tree, folder: str) -> None:
    said = initialized.run("terraform", "test", "-no-color", folder=f"infra/{folder}")
    assert re.search(r"Success! [1-9]\d* passed, 0 failed\.", said)


def test_everything_that_is_deployed_has_tests() -> None:
    assert set(FOLDERS) - set(TESTED) == {"components/00-bootstrap"}, "the module bucket is all that it has"


@pytest.mark.parametrize("component", COMPONENTS)
def test_a_component_has_the_files_that_one_looks_for(component: str) -> None:
    names = {path.name for path in (INFRA / "components" / component).iterdir()}
    assert names >= {"backend.tf", "outputs.tf", "provider.tf", "variables.tf", "versions.tf"}
    assert ("tf.sh" in names) == (component in DEPLOYED)


@pytest.mark.parametrize("component", COMPONENTS)
def test_a_component_reads_what_lies_below_it_and_says_so_in_one_file(component: str) -> None:
    for path in (INFRA / "components" / component).glob("*.tf"):
        keys = re.findall(r'key += "dvss/\$\{var\.environment\}/(.+)\.tfstate"', path.read_text(encoding="utf-8"))
        assert path.name == "remote.tf" or "terraform_remote_state" not in path.read_text(encoding="utf-8")
        assert all(key in DEPLOYED and key < component for key in keys)


@pytest.mark.parametrize("folder", FOLDERS)
def test_versions_are_exact(folder: str) -> None:
    text = (INFRA / folder / "versions.tf").read_text(encoding="utf-8")
    assert re.findall(r'version += "(.*)"', text) == ["~> 1.11", "5.100.0"]


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_variable_and_output_says_what_it_is(folder: str) -> None:
    variables = blocks(INFRA / folder / "variables.tf", "variable")
    silent = [name for name, body in variables.items() if "description" not in body or "type " not in body]
    silent += [
        name for name, body in blocks(INFRA / folder / "outputs.tf", "output").items() if "description" not in body
    ]
    assert silent == []


@pytest.mark.parametrize("component", COMPONENTS)
def test_every_number_of_a_component_has_its_bounds(component: str) -> None:
    variables = blocks(INFRA / "components" / component / "variables.tf", "variable")
    unbounded = [
        name for name, body in variables.items() if re.search(r"type += number", body) and "validation" not in body
    ]
    assert unbounded == []


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(INFRA)))
def test_no_arn_no_account_no_secret_and_nothing_for_an_emulator(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert re.findall(r"arn:aws[\w-]*:\S*", text) == []
    assert re.findall(r"\b\d{12}\b", text) == []
    assert SECRET.findall(text) == []
    assert FOR_EMULATORS.findall(text) == []


def test_what_must_not_be_found_would_be_found() -> None:
    assert SECRET.search('api_key = "abc"')
    assert SECRET.search('password_wo = "abc"')
    assert FOR_EMULATORS.search("  endpoints {")
    assert FOR_EMULATORS.search("skip_credentials_validation = true")

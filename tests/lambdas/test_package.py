"""The zip: what is in it, that it is the same each time, that it starts from itself alone, and how build.sh refuses."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.lambdas.aws_server import VARIABLES
from tests.lambdas.package import ROOT, install, package

if TYPE_CHECKING:
    from collections.abc import Mapping

FUNCTIONS = ("ingest", "normalize", "replay", "steward")
SHEBANG_PYTHON = f"{sys.base_prefix}/bin/python3"
# Each costs a cold start what no function needs at once.
NOT_IMPORTED = (
    *("asyncio", "boto3", "cryptography", "dvss", "generated.models", "importlib.metadata", "jsonschema"),
    *("multiprocessing", "phonenumbers", "pydantic", "re2", "requests", "sqlite3", "ulid", "unittest", "zoneinfo"),
)
# Generous: a careless import brings dozens.
MOST_MODULES = 450
AARCH64 = 183
"""The machine's number in an ELF file's head."""


def python(task_root: Path, code: str, environment: Mapping[str, str] | None = None) -> str:
    """What a program prints that has the zip and the standard library, and nothing else."""
    program = f"import sys; sys.path.insert(0, {str(task_root)!r})\n{code}"
    run = subprocess.run(
        [SHEBANG_PYTHON, "-I", "-S", "-c", program],
        stdout=subprocess.PIPE,
        env=environment or {},
        check=True,
        text=True,
    )
    return run.stdout


@pytest.fixture(scope="session")
def names(archive: Path) -> set[str]:
    with zipfile.ZipFile(archive) as opened:
        return set(opened.namelist())


def test_it_holds_what_is_listed_and_no_more(names: set[str]) -> None:
    tops = {name.partition("/")[0] for name in names}
    packages = {top for top in tops if not top.endswith(".dist-info")}
    assert {top for top in packages if "." not in top and top != "__pycache__"} == {
        *("generated", "handlers", "aws_lambda_powertools", "botocore", "cryptography", "dateutil", "jiter"),
        *("jmespath", "jsonschema_rs", "phonenumbers", "re2", "tzdata", "urllib3"),
    }
    assert {name.rpartition("/")[2] for name in names if ".dist-info/" in name} == {"METADATA"}
    assert not [name for name in names if "test" in name.split("/") or name.endswith((".pyi", ".yaml", ".c", ".h"))]
    assert not [name for name in names if name.startswith(("generated/models", "generated/contracts"))]


def test_each_module_has_bytecode_that_is_never_checked(archive: Path, names: set[str]) -> None:
    modules = {name for name in names if name.endswith(".py")}
    assert len(modules) > 500
    assert {importlib.util.cache_from_source(name) for name in modules} == {n for n in names if n.endswith(".pyc")}
    with zipfile.ZipFile(archive) as opened:
        head = opened.read("handlers/__pycache__/ingest.cpython-313.pyc")[:16]
        assert head == importlib.util.MAGIC_NUMBER + b"\1\0\0\0" + importlib.util.source_hash(
            opened.read("handlers/ingest.py")
        )


def test_each_module_of_ours_can_be_imported_from_it(task_root: Path, names: set[str]) -> None:
    ours = {name for name in names if name.startswith(("generated/", "handlers/")) and name.endswith(".py")}
    modules = sorted(name.removesuffix(".py").replace("/", ".").removesuffix(".__init__") for name in ours)
    lazy = ["cryptography.x509", "phonenumbers", "re2", "zoneinfo"]  # what single steps and schemes load when needed
    chosen = [name for name in modules if not name.startswith("handlers.functions.")] + lazy
    code = f"import importlib\nfor name in {chosen!r}: importlib.import_module(name)\n"
    code += "import zoneinfo; zoneinfo.reset_tzpath([]); print(zoneinfo.ZoneInfo('Europe/Berlin'))"
    assert python(task_root, code) == "Europe/Berlin\n"


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_start_imports_little(task_root: Path, function: str) -> None:
    # All that would be read from AWS while starting is the token key.
    code = (
        "import handlers.aws.credentials as credentials; credentials.token_key = lambda *_: b'k'\n"
        f"import handlers.functions.{function}, json; print(json.dumps(sorted(sys.modules)))"
    )
    environment = VARIABLES | {"AWS_REGION": "eu-west-1", "AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x"}
    imported = set(json.loads(python(task_root, code, environment | {"AWS_DEFAULT_REGION": "eu-west-1"})))
    assert not imported & set(NOT_IMPORTED)
    assert len(imported) < MOST_MODULES


def test_the_models_of_aws_hold_what_is_called(task_root: Path) -> None:
    model = json.loads((task_root / "botocore/data/dynamodb/2012-08-10/service-2.json").read_text())
    assert "TransactWriteItems" in model["operations"]
    assert "CreateTable" not in model["operations"]
    assert "documentation" not in json.dumps(model["operations"])
    services = {path.name for path in (task_root / "botocore/data").iterdir() if path.is_dir()}
    assert services == {"cloudwatch", "dynamodb", "events", "s3", "ssm"}


def test_two_builds_give_the_same_bytes(archive: Path, tmp_path: Path) -> None:
    """Another folder, other times, packages installed anew."""
    copy = tmp_path / "elsewhere"
    for folder in ("generated", "handlers", "scripts"):
        shutil.copytree(ROOT / folder, copy / folder, ignore=shutil.ignore_patterns("__pycache__"))
    for path in copy.rglob("*"):
        os.utime(path, (1, 1))
    install(ROOT / "requirements" / "lambda.txt", tmp_path / "packages")
    output = tmp_path / "lambda.zip"
    package(copy, tmp_path / "packages", output)
    assert output.read_bytes() == archive.read_bytes()


def test_what_goes_to_lambda_is_for_arm64(tmp_path: Path) -> None:
    run = subprocess.run(
        [ROOT / "build.sh", "--output", tmp_path / "lambda.zip"], check=True, stdout=subprocess.PIPE, text=True
    )
    assert "MB  unpacked" in run.stdout
    with zipfile.ZipFile(tmp_path / "lambda.zip") as opened:
        libraries = [name for name in opened.namelist() if name.endswith(".so")]
        assert len(libraries) >= 5
        assert {int.from_bytes(opened.read(name)[18:20], "little") for name in libraries} == {AARCH64}
        inside = {name.partition(".dist-info/")[0] for name in opened.namelist() if ".dist-info/" in name}
    bill = json.loads((tmp_path / "lambda.sbom.json").read_text(encoding="utf-8"))
    assert {f"{one['name'].replace('-', '_')}-{one['version']}" for one in bill["components"]} == inside


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of what build.sh needs, on this checkout's environment."""
    copy = tmp_path / "project"
    copy.mkdir()
    for name in ("codegen", "generated", "mappings", "openapi", "schemas", "scripts", "requirements", "docs"):
        shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("build.sh", ".python-version", "pyproject.toml"):
        shutil.copy(ROOT / name, copy)
    (copy / ".venv").symlink_to(ROOT / ".venv")
    return copy


def test_stale_generated_files_are_not_packaged(project: Path) -> None:
    registry = project / "generated" / "registry.py"
    registry.write_text(registry.read_text() + "# by hand\n")
    run = subprocess.run([project / "build.sh"], capture_output=True, text=True, check=False)
    assert run.returncode == 1
    assert "run `make codegen`" in run.stderr
    assert not (project / "dist").exists()


def test_without_uv_and_a_way_to_get_it_nothing_is_built(project: Path) -> None:
    nowhere = {"PATH": f"{Path(SHEBANG_PYTHON).parent}:/usr/bin:/bin", "HOME": str(project)}
    no_network = nowhere | {"PIP_NO_INDEX": "1", "PIP_CONFIG_FILE": os.devnull}
    run = subprocess.run([project / "build.sh"], capture_output=True, text=True, check=False, env=no_network)
    assert run.returncode == 1
    assert "uv could not be installed. Install it" in run.stderr
    assert not (project / "dist").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--plattform", "x"], "there is no option '--plattform'"),
        (["--platform"], "--platform takes a platform"),
        (["--output"], "--output takes the path of a zip"),
    ],
)
def test_a_wrong_option_is_named(arguments: list[str], message: str) -> None:
    run = subprocess.run([ROOT / "build.sh", *arguments], capture_output=True, text=True, check=False)
    assert run.returncode != 0
    assert message in run.stderr


def test_an_unknown_platform_is_refused(tmp_path: Path) -> None:
    command: list[str | Path] = [ROOT / "build.sh", "--platform", "pdp11", "--output", tmp_path / "lambda.zip"]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert run.returncode != 0
    assert "could not be had for pdp11" in run.stderr
    assert not (tmp_path / "lambda.zip").exists()


def test_a_package_that_is_not_there_is_named(tmp_path: Path) -> None:
    command: list[str | Path] = [sys.executable, ROOT / "scripts" / "package.py", "--packages", tmp_path]
    command += ["--output", tmp_path / "lambda.zip"]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert run.returncode == 1
    assert run.stderr.startswith(f"package: no file in {tmp_path} is like _cffi_backend")
    assert "Traceback" not in run.stderr

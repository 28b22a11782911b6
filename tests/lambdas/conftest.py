from __future__ import annotations

import fcntl
from typing import TYPE_CHECKING

import pytest

from tests.lambdas.aws_server import aws_server
from tests.lambdas.package import build, unpack
from tests.lambdas.runtime import make_runtime_root, running

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

    from tests.lambdas.aws_server import AwsServer
    from tests.lambdas.runtime import Function


@pytest.fixture(scope="session")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The zip for this machine, built once for all workers of the run."""
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if base.name.startswith("popen-") else base
    path = shared / "lambda.zip"
    with (shared / "lambda.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not path.exists():
            build(path)
    return path


@pytest.fixture(scope="session")
def task_root(archive: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The zip as Lambda unpacks it."""
    return unpack(archive, tmp_path_factory.mktemp("task"))


@pytest.fixture(scope="session")
def runtime_root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_runtime_root(tmp_path_factory.mktemp("var") / "runtime")


@pytest.fixture
def aws() -> Iterator[AwsServer]:
    with aws_server() as server:
        yield server


@pytest.fixture
def start(task_root: Path, runtime_root: Path, aws: AwsServer) -> Callable[..., AbstractContextManager[Function]]:
    """Start a function by its name; keywords are variables of its environment, None takes one away."""

    def started(name: str, **variables: str | None) -> AbstractContextManager[Function]:
        environment = {key: value for key, value in (aws.environment | variables).items() if value is not None}
        return running(task_root, runtime_root, f"handlers.functions.{name}.handler", environment)

    return started

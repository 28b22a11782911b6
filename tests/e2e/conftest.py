from collections.abc import Iterator

import pytest

from tests.e2e.emulator import launch
from tests.e2e.emulator.launch import Emulator


@pytest.fixture(scope="module")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    with launch.running(tmp_path_factory.mktemp("emulator")) as started:
        yield started

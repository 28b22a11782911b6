"""A real ``dvss serve`` in a process of its own, on a free port and a temporary data folder."""

from __future__ import annotations

import re
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

from handlers.values import DvssError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

STOP_SECONDS = 15


class ServerError(DvssError):
    """The server did not start; the message says what it wrote."""


@contextmanager
def served(data_dir: Path, log: Path) -> Iterator[str]:
    """The address of a server that runs until the block ends; its log lines go to ``log``."""
    command = [sys.executable, "-m", "dvss", "serve", "--port", "0", "--data-dir", str(data_dir)]
    with (
        log.open("wb") as errors,
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, text=True) as process,  # noqa: S603 - ourselves
    ):
        try:
            assert process.stdout is not None
            greeting = process.stdout.readline()
            url = re.search(r"http://\S+", greeting)
            if url is None:
                process.wait(STOP_SECONDS)
                message = f"The server did not start: {log.read_text(encoding='utf-8')[-2000:].strip()}"
                raise ServerError(message)
            yield url[0]
        finally:
            process.terminate()
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()

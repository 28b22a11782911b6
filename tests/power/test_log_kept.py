"""A database file whose sync failed may lack any page: the log, which has them all, is not let go before they are."""

from __future__ import annotations

import errno
import sqlite3
import subprocess
import sys
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from tests.kill.harness import ROOT
from tests.power.disk_states import RecordedDisk, nothing_more
from tests.power.recording import Calls, Operation, Recording
from tests.power.writer import COMMITS

if TYPE_CHECKING:
    import random
    from pathlib import Path

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the recorder of system calls knows Linux")


def test_pages_that_were_copied_before_a_sync_failed_are_copied_again(
    recorder: Path, tmp_path: Path, rng: random.Random
) -> None:
    root = tmp_path / "disk"
    root.mkdir()
    disk = RecordedDisk(root)
    recording = Recording(recorder, root, tmp_path / "recording")
    command = [sys.executable, "-m", "tests.power.writer", str(root / "dvss.sqlite")]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT, env=recording.environment
    ) as writer:
        told, answered = writer.stdin, writer.stdout
        assert told is not None
        assert answered is not None

        def let(step: str) -> None:
            told.write(f"{step}\n")
            told.flush()
            assert answered.readline() == "done\n", step

        # A reader keeps the copy from its end, so that it is not synced.
        for step in ("read", "write", "read no more"):
            let(step)
        recording.fail(Calls.SYNCS, errno.EIO, suffix="dvss.sqlite")
        let("write")
        assert recording.failures
        recording.heal()
        for step in ("write", "write", "close"):
            let(step)
        told.close()
    assert writer.returncode == 0
    for entry in recording.entries():
        disk.play(entry)
    failed = [entry for entry in recording.entries() if entry.operation is Operation.SYNC_FAILED]
    recording.close()
    assert failed
    after = tmp_path / "after"
    nothing_more(disk, after, rng)
    with closing(sqlite3.connect(after / "dvss.sqlite")) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert connection.execute("SELECT count(*) FROM row_of_test").fetchone() == (4 * COMMITS + 1,)

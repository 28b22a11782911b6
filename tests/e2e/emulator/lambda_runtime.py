"""Functions run as on AWS in two respects that the emulator leaves out.

Their interpreter has nothing but its standard library: the emulator's own, on which it starts them, has packages that
would stand in for what the zip lacks. And an instance is not starved by the others: on AWS each has a processor of its
own, here all share this machine's, so that forty that start at once would all be late.
"""

import os
import shlex
import sys
import threading
from pathlib import Path
from typing import Any

from ministack.core import lambda_runtime
from ministack.services import lambda_svc

_AT_ONCE = 4
"""Instances of a function that run at the same time; further invocations wait."""


def install() -> None:
    _start_on_a_bare_interpreter()
    _run_a_few_at_once()


def _run_a_few_at_once() -> None:
    dispatch = lambda_svc._execute_function_dispatch
    gates: dict[str, threading.BoundedSemaphore] = {}
    lock = threading.Lock()

    def dispatch_in_turn(function: dict[str, Any], config: dict[str, Any], *invocation: Any) -> Any:
        with lock:
            gate = gates.setdefault(config["FunctionName"], threading.BoundedSemaphore(_AT_ONCE))
        with gate:
            return dispatch(function, config, *invocation)

    lambda_svc._execute_function_dispatch = dispatch_in_turn


def _start_on_a_bare_interpreter() -> None:
    detect = lambda_runtime._detect_runtime_binary
    interpreter = _bare_interpreter(Path(os.environ["TMPDIR"]))

    def detect_bare(runtime: str) -> tuple[str, str]:
        binary, script = detect(runtime)
        return (str(interpreter) if binary == sys.executable else binary), script

    lambda_runtime._detect_runtime_binary = detect_bare


def _bare_interpreter(folder: Path) -> Path:
    script = folder / "python"
    # -I and -S: no site packages, no PYTHON… variables, no user's folder.
    script.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -I -S "$@"\n', encoding="utf-8")
    script.chmod(0o700)
    return script

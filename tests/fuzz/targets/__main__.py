"""Fuzz one target: ``python -m tests.fuzz.targets parser CORPUS -max_total_time=600``; options are libFuzzer's.

Needs atheris, which there is for Linux alone.
"""

from __future__ import annotations

import importlib
import sys

import atheris


def main() -> None:
    name = sys.argv[1]
    with atheris.instrument_imports(include=["generated", "handlers", "codegen"]):
        target = importlib.import_module(f"tests.fuzz.targets.{name}")
    atheris.Setup([sys.argv[0], *sys.argv[2:]], target.one)
    atheris.Fuzz()


if __name__ == "__main__":
    main()

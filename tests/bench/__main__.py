"""Every measurement, or those that are named: ``python -m tests.bench [lambda embedded ...]``."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def main() -> int:
    known = [path.stem.removeprefix("bench_") for path in sorted(Path(__file__).parent.glob("bench_*.py"))]
    chosen = sys.argv[1:] or known
    for name in chosen:
        if name not in known:
            print(f"There is no measurement '{name}'; there are {', '.join(known)}.", file=sys.stderr)
            return 2
    for name in chosen:
        print(f"\n== {name}", flush=True)
        subprocess.run([sys.executable, "-m", f"tests.bench.bench_{name}"], check=True, cwd=ROOT)
    return 0


if __name__ == "__main__":
    sys.exit(main())

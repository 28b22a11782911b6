"""``python -m dvss``."""

from __future__ import annotations

from dvss.cli.app import main

if __name__ == "__main__":
    main()

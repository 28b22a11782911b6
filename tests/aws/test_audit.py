from __future__ import annotations

from tests.handlers.test_auditing import *  # noqa: F403 - the same tests, in another world

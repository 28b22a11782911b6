from tests.handlers.test_quarantine import *  # noqa: F403 - the same tests, in another world

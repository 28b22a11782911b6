from tests.handlers.test_normalize import *  # noqa: F403 - the same tests, in another world

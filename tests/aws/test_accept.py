from tests.handlers.test_accept import *  # noqa: F403 - the same tests, in another world

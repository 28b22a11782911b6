from tests.handlers.test_replay import *  # noqa: F403 - the same tests, in another world

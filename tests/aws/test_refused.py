from tests.handlers.test_refused import *  # noqa: F403 - the same tests, in another world

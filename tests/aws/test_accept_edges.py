from tests.handlers.test_accept_edges import *  # noqa: F403 - the same tests, in another world

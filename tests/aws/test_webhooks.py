from tests.handlers.test_webhooks import *  # noqa: F403 - the same tests, in another world

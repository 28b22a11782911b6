import logging

from handlers.values import TransientError

log = logging.getLogger(__name__)


def tell(work):
    try:
        work()
    except TransientError as error:
        # ok: no-exception-text
        log.warning("not now", extra={"error": str(error)})
    except ValueError as error:
        # ruleid: no-exception-text
        log.warning("it failed", extra={"error": str(error)})
        # ruleid: no-exception-text
        log.warning("it failed: %s", error)
        # ruleid: no-exception-text
        log.warning("it failed: %s", str(error))
        # ok: no-exception-text
        log.exception("it failed")
        # ok: no-exception-text
        log.warning("it failed", extra={"error": type(error).__name__})

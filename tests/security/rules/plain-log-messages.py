import logging

log = logging.getLogger(__name__)


def tell(payload, count):
    # ruleid: plain-log-messages
    log.info(f"it is {payload}")
    # ruleid: plain-log-messages
    log.warning("it is %s" % payload)
    # ruleid: plain-log-messages
    log.error("it is {}".format(payload), extra={"count": count})
    # ruleid: plain-log-messages
    logging.info("it is " + payload)
    # ruleid: plain-log-messages
    log.debug(str(payload))
    # ok: plain-log-messages
    log.info("there are %d", count)
    # ok: plain-log-messages
    log.info("there are some", extra={"count": count})

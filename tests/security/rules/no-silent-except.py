import logging

log = logging.getLogger(__name__)


def work(steps, failures):
    for step in steps:
        # ruleid: no-silent-except
        try:
            step()
        except Exception:
            pass
        # ruleid: no-silent-except
        try:
            step()
        except Exception:
            continue
        # ruleid: no-silent-except
        try:
            step()
        except BaseException as error:
            failures.count += 1
        # ok: no-silent-except
        try:
            step()
        except ValueError:
            continue
        # ok: no-silent-except
        try:
            step()
        except Exception:
            log.exception("a step failed")
            continue
        # ok: no-silent-except
        try:
            step()
        except BaseException:
            failures.count += 1
            raise
        # ok: no-silent-except
        try:
            step()
        except Exception as error:
            failures.append(error)

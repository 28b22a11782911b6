import datetime as dates
import time
from datetime import UTC, datetime


def when(clock):
    # ruleid: one-clock
    datetime.now(UTC)
    # ruleid: one-clock
    dates.datetime.utcnow()
    # ruleid: one-clock
    dates.date.today()
    # ruleid: one-clock
    time.time()
    # ok: one-clock
    clock.now()
    # ok: one-clock
    time.monotonic()

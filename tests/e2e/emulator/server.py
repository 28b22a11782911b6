"""The emulator's process: MiniStack with what it lacks installed, on one loopback port, until its starter is gone."""

import asyncio
import os
import signal
import sys
import threading
from pathlib import Path
from typing import Any


def main() -> None:
    threading.Thread(target=_end_with_the_starter, daemon=True).start()
    from hypercorn.asyncio import serve
    from hypercorn.config import Config
    from ministack.app import app

    from tests.e2e.emulator import alarms, authorization, lambda_runtime, message_moves, platform_roles, usage_plans
    from tests.e2e.emulator import rest_api_import as imports
    from tests.e2e.emulator.calls import CallLog
    from tests.e2e.emulator.xray_groups import XRayGroups

    log = CallLog(Path(os.environ["DVSS_E2E_CALLS"]))
    for gap in (alarms, imports, lambda_runtime, message_moves, usage_plans):
        gap.install()
    authorization.install(log)
    platform_roles.install(log)
    config = Config()
    config.bind = [f"{os.environ['BIND_HOST']}:{os.environ['GATEWAY_PORT']}"]
    config.keep_alive_timeout = 75
    config.certfile = os.environ["MINISTACK_SSL_CERT"]
    config.keyfile = os.environ["MINISTACK_SSL_KEY"]
    application: Any = XRayGroups(app)
    asyncio.run(serve(application, config))


def _end_with_the_starter() -> None:
    # The starter holds the other end of standard input; when it dies, however it dies, nothing of it stays behind.
    sys.stdin.buffer.read()
    os.killpg(0, signal.SIGKILL)


if __name__ == "__main__":
    main()

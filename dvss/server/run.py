"""One process from its first request to a clean stop."""

from __future__ import annotations

import contextlib
import socket
import sys
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import uvicorn

from dvss.server.app import make_app
from dvss.server.connections import DEFAULT_LIMITS, Connection, ConnectionLimits, most_connections
from handlers.values import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Generator

    from dvss.server.node import Node

# Longer than the pools of common HTTP clients keep a connection, so that it is the client who drops it.
KEEP_ALIVE_SECONDS = 75
# Together with the pipeline's own stop it stays below the ten seconds that process managers wait before they kill.
FINISH_REQUESTS_SECONDS = 4
BACKLOG = 1_024
# A request changes threads several times, and at each change may wait so long for one that is busy with another's.
SWITCH_SECONDS = 0.0005


def listen(host: str, port: int) -> socket.socket:
    """A listening socket; port 0 takes a free one. Raises ConfigurationError where the address cannot be had."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        # From here on a connection waits for its answer, instead of being refused while the process starts.
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        message = f"Cannot listen on {host} port {port} ({error.strerror}). Give another --host or --port."
        raise ConfigurationError(message) from error
    return listener


def address(listener: socket.socket) -> str:
    """The URL that a socket answers at."""
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


class _QuietlyStopping(uvicorn.Server):
    """Ends with exit code 0 after SIGTERM or SIGINT: a stop that was asked for is no failure."""

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None]:
        with super().capture_signals():
            yield
            self._captured_signals.clear()


def run(node: Node, listener: socket.socket, limits: ConnectionLimits = DEFAULT_LIMITS) -> None:
    """Answer requests until SIGTERM or SIGINT; then finish what is in flight, and stop the pipeline."""
    limits = replace(limits, connections=most_connections(limits.connections))
    config = uvicorn.Config(
        make_app(node),
        loop="uvloop",
        http=partial(Connection, limits),  # type: ignore[arg-type]  # it is called as the class would be
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        backlog=BACKLOG,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=FINISH_REQUESTS_SECONDS,
    )
    sys.setswitchinterval(SWITCH_SECONDS)
    _QuietlyStopping(config).run(sockets=[listener])

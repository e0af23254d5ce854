"""`python -m integrations.sandbox --port 4300 --db PATH`: serves until SIGTERM or Ctrl-C."""

from __future__ import annotations

import argparse
import os
import signal
import socket
import sys
from pathlib import Path
from types import FrameType

import uvicorn
from pydantic import SecretStr

from integrations.sandbox.server import application
from integrations.sandbox.store import Store

_LOOPBACK = {"127.0.0.1": socket.AF_INET, "localhost": socket.AF_INET, "::1": socket.AF_INET6}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m integrations.sandbox", description=__doc__)
    parser.add_argument("--port", type=int, default=4300, help="0 takes a free one")
    parser.add_argument("--db", type=Path, required=True, help="SQLite file, made if absent")
    parser.add_argument("--host", default="127.0.0.1", choices=sorted(_LOOPBACK))
    given = parser.parse_args()
    token = os.environ.get("REMIT_SANDBOX_TOKEN", "")
    if len(token) < 8:
        sys.stderr.write("Set REMIT_SANDBOX_TOKEN: the brand's token, 8 characters or more.\n")
        return 2
    listener = socket.socket(_LOOPBACK[given.host])
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((given.host, given.port))
    except OSError as error:
        sys.stderr.write(
            f"Port {given.port} on {given.host} cannot be used ({error.strerror}): take another.\n"
        )
        return 2
    listener.listen(128)
    store = Store(given.db)
    server = uvicorn.Server(
        uvicorn.Config(
            application(store, SecretStr(token)),
            access_log=False,
            log_level="critical",  # a dropped connection is a fault that was asked for
            lifespan="off",
            server_header=False,
            timeout_graceful_shutdown=1,
        )
    )

    def stop(_: int, __: FrameType | None) -> None:
        # Before uvicorn listens for signals, and after: it raises them again when it has stopped.
        server.should_exit = True

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    host = f"[{given.host}]" if ":" in given.host else given.host
    sys.stdout.write(f"Sandbox on http://{host}:{listener.getsockname()[1]} (nothing is public)\n")
    sys.stdout.flush()
    server.run(sockets=[listener])
    store.close()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

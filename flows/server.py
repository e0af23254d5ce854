"""`python -m flows.server ...`: Prefect's server, with Python's garbage collected aside.

Prefect's SQLite connections live in threads of their own. When the collector, running in the event
loop's thread, meets a forgotten cursor, it resets it and must wait for the connection's mutex, which
a thread holds that waits up to 60 s for the database's lock, whose holder waits for the event loop.
All of the server stands still for that minute. So the loop's thread collects nothing: a thread does
it, whose waiting hurts nobody.
"""

from __future__ import annotations

import gc
import runpy
import sys
import threading
import time

YOUNG_EVERY = 1.0
"""Seconds between collections of what is young."""
WHOLE_EVERY = 30
"""Every so many of those, everything is looked at."""


def collect_aside() -> None:
    """Take the collection of cycles out of the threads that work."""
    gc.disable()
    threading.Thread(target=_collect, name="gc", daemon=True).start()


def _collect() -> None:
    rounds = 0
    while True:
        time.sleep(YOUNG_EVERY)
        rounds += 1
        gc.collect(2 if rounds % WHOLE_EVERY == 0 else 1)


def main() -> None:
    """Run `prefect server start` with the arguments given."""
    collect_aside()
    sys.argv = ["prefect", "server", "start", *sys.argv[1:]]
    runpy.run_module("prefect", run_name="__main__")


if __name__ == "__main__":
    main()

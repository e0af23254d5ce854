"""The threads of open cases, kept up to date where the platform shows them."""

from __future__ import annotations

import logging
from datetime import timedelta

from flows.clocks import clocks_of
from flows.desk import Desk
from remit.ledger import reading
from remit.model import Playbook, RemitError

_log = logging.getLogger("remit.conversations")
READ_EVERY = timedelta(minutes=5)
"""An answer is checked against a fresh reading before it is sent; this is for whoever looks on."""
AT_ONCE = 10
"""Threads read in one round of listening: platforms count calls, and other work waits."""


async def refresh(desk: Desk, playbook: Playbook) -> int:
    """Read the threads whose turn it is; how many were read. One that fails stops no other."""
    turn = await reading.due(desk.ledger, playbook.brand, desk.now() - READ_EVERY, AT_ONCE)
    if not turn:
        return 0
    clocks, read = await clocks_of(desk, playbook), 0
    for case in turn:
        if case.channel is None or case.channel not in playbook.channels:
            await reading.missed(desk.ledger, case.id, desk.now())
            continue
        try:
            platform = await desk.platform(playbook, case.channel)
            thread = await platform.thread(case.subject)
        except RemitError as failed:
            _log.info("the thread of case %s could not be read: %s", case.id, failed)
            await reading.missed(desk.ledger, case.id, desk.now())
            continue
        await reading.refreshed(desk.ledger, case.id, thread, clocks, desk.now())
        read += 1
    return read

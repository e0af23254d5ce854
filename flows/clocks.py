"""What due times are reckoned with, gathered: versions that cases were promised under, and windows."""

from __future__ import annotations

import logging

from flows.desk import Desk
from flows.windows import reply_windows
from remit.ledger import waits
from remit.ledger.clocks import Clocks
from remit.model import Playbook, RemitError

_log = logging.getLogger("remit.clocks")


async def clocks_of(desk: Desk, playbook: Playbook) -> Clocks:
    """For the cases of a brand; `playbook` is the deployed one."""
    promised = {playbook.hash: playbook}
    for hash_ in await waits.promised_under(desk.ledger, playbook.brand):
        if hash_ in promised:
            continue
        try:
            promised[hash_] = await desk.playbook(hash_)
        except RemitError as unreadable:  # its cases are reckoned by the deployed one
            _log.warning("%s: version %s cannot be read: %s", playbook.brand, hash_, unreadable)
    return Clocks(playbook, desk.holidays, promised, reply_windows(playbook))

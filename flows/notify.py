"""Telling people, through Apprise. The addresses are secrets and never leave this module.

Beside the steps of an escalation, people are reminded of what waits for them. A message is sent
before it is written down that it was, so a crash between the two repeats it and never loses it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence

import apprise

from flows import messages
from flows.desk import Desk
from integrations.secrets import read_secret
from remit.ledger import reminders
from remit.ledger.reminders import ReminderRow
from remit.model import Case, CredentialsError, Playbook, RemitError

_log = logging.getLogger("remit.notify")

DELIVERED, NO_ADDRESS, FAILED = "delivered", "no_address", "failed"
PATIENCE = 10.0
"""Seconds that a service may take to accept a message."""


async def tell(playbook: Playbook, person: str, title: str, body: str) -> str:
    """Notify one person; the coded result. Title and body hold no text or handle of a stranger."""
    said = playbook.notify.get(person)
    if said is None:
        return NO_ADDRESS
    try:
        address = read_secret(said.to)
    except CredentialsError:
        return NO_ADDRESS
    channel = apprise.Apprise()
    try:
        if not channel.add(address.get_secret_value()):
            return FAILED
        async with asyncio.timeout(PATIENCE):
            delivered = await channel.async_notify(title=title, body=body)
    except TimeoutError:  # it may have arrived; it is told again rather than not at all
        return FAILED
    except Exception as broke:  # noqa: BLE001 a hundred services, each with mistakes of its own
        # The message of the error may quote the address.
        _log.warning("telling %s broke with %s; it is tried again", person, type(broke).__name__)
        return FAILED
    return DELIVERED if delivered else FAILED


async def remind(desk: Desk, playbook: Playbook) -> int:
    """Gather what people are to be told, and tell each of them all that is due in one message.

    Returns how many messages were delivered. Raises nothing: a notification never stops a tick.
    """
    try:
        await reminders.gather(desk.ledger, playbook, desk.now(), desk.holidays)
        due = await reminders.due(desk.ledger, playbook.brand, desk.now())
        codes = await asyncio.gather(
            *(_remind(desk, playbook, person, entries) for person, entries in due.items())
        )
    except RemitError as failed:
        _log.warning("reminders of %s wait for the next tick: %s", playbook.brand, failed)
    except Exception:  # noqa: BLE001 whatever goes wrong here, the tick has other work
        _log.exception("reminders of %s were not told; the next tick tries again", playbook.brand)
    else:
        return codes.count(DELIVERED)
    return 0


async def _remind(
    desk: Desk, playbook: Playbook, person: str, due: Sequence[tuple[ReminderRow, Case]]
) -> str:
    message = messages.of(due, playbook, desk.now())
    code = await tell(playbook, person, message.title, message.body)
    await reminders.told(desk.ledger, [one.id for one, _ in due], code, desk.now())
    if code == FAILED:
        _log.warning("%s could not be told (%s); it is tried again", person, message.title)
    return code

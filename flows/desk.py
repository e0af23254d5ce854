"""What a flow has at hand: the ledger, the deployed playbooks, the channels. One a process."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from pydantic import SecretStr

from flows.calendars import PublicHolidays
from integrations.registry import connect
from integrations.secrets import read_secret
from remit.decide import Router
from remit.ledger import bundles, cases
from remit.ledger.store import Ledger
from remit.model import Bundle, CredentialsError, InputError, Missing, Platform, Playbook
from remit.playbook import load_playbook

if TYPE_CHECKING:
    from remit.model import Case, Tried


def _seconds(name: str, default: float) -> timedelta:
    """A length of time from the environment, for drills and tests; every worker needs the same."""
    given = os.environ.get(name, "")
    try:
        seconds = float(given or default)
    except ValueError:
        seconds = 0.0
    if not 1 <= seconds <= 3600:  # nan is not
        raise InputError(f"{name} is {given!r}; write a number of seconds from 1 to 3600")
    return timedelta(seconds=seconds)


_log = logging.getLogger("remit.desk")
ENROL_KEY = "REMIT_ENROL_KEY"
"""The variable with that key; with `_FILE` at its end, of a file that holds it."""
LEASE = _seconds("REMIT_LEASE_SECONDS", 45)
"""How long a run may be silent before it is taken for dead."""
SEND_WINDOW = _seconds("REMIT_SEND_WINDOW_SECONDS", 20)
"""From the `sending` commit to the instant after which no byte may leave."""


class Desk:
    """Opened once a process and event loop; everything in it is safe to share between runs."""

    def __init__(self, ledger: Ledger, clock: Callable[[], datetime] | None = None) -> None:
        self.ledger = ledger
        self._clock = clock
        self.holidays = PublicHolidays()
        self._playbooks: dict[str, Playbook] = {}
        self._routers: dict[str, Router] = {}
        self._platforms: dict[tuple[str, str, str], Platform] = {}

    def now(self) -> datetime:
        """The time of day, or what the clock given says."""
        return datetime.now(UTC) if self._clock is None else self._clock()

    async def bundle(self, hash_: str) -> Bundle:
        return await bundles.get(self.ledger, hash_)

    async def playbook(self, hash_: str) -> Playbook:
        """The playbook that was kept under this hash."""
        if hash_ not in self._playbooks:
            kept = await self.bundle(hash_)
            self._playbooks[hash_] = await asyncio.to_thread(load_playbook, kept)
        return self._playbooks[hash_]

    async def deployed(self, brand: str) -> Playbook:
        """The version in force. Raises Missing where nothing was deployed."""
        hash_ = await bundles.deployed(self.ledger, brand)
        if hash_ is None:
            raise Missing(f"no playbook of {brand} is deployed; run `remit deploy PATH`")
        return await self.playbook(hash_)

    async def router(self, playbook: Playbook) -> Router:
        if playbook.hash not in self._routers:
            self._routers[playbook.hash] = Router(playbook, self.holidays)
        return self._routers[playbook.hash]

    async def trace(self, case: Case) -> tuple[Tried, ...]:
        """How the playbook that the case was promised under decided; empty where its event was erased."""
        try:
            event = await cases.subject(self.ledger, case.id)
            promised = await self.playbook(case.playbook)
        except Missing:
            return ()
        _, tried = (await self.router(promised)).explain(event)
        return tuple(tried)

    async def platform(self, playbook: Playbook, channel: str) -> Platform:
        """The connection to a channel, made at its first use and kept."""
        declared = playbook.channels.get(channel)
        if declared is None:
            raise Missing(f"{playbook.brand} has no channel {channel}; declare it in the playbook")
        key = (playbook.brand, channel, declared.model_dump_json())
        if key not in self._platforms:
            self._platforms[key] = connect(declared, playbook.brand)
        return self._platforms[key]

    async def destination(self, case: Case) -> str:
        """Where an approved answer to this case goes: a channel and the message answered."""
        return f"{case.channel} {case.subject}"

    def enrol_key(self) -> SecretStr | None:
        """What the secrets of one-time codes are encrypted with; None where nothing gives one."""
        file = os.environ.get(f"{ENROL_KEY}_FILE")
        if not os.environ.get(ENROL_KEY) and not file:
            return None
        try:
            return read_secret(f"env:{ENROL_KEY}" if os.environ.get(ENROL_KEY) else f"file:{file}")
        except CredentialsError as unread:  # whoever gives a code is told; the others can decide
            _log.warning("no one-time code can be checked: %s", unread)
            return None

    async def close(self) -> None:
        for platform in self._platforms.values():
            await platform.close()
        self._platforms.clear()
        await self.ledger.close()


_desks: dict[int, Desk] = {}
_opening = asyncio.Lock()


async def open_desk() -> Desk:
    """This process's desk; a second call on the same event loop returns the same one."""
    loop = id(asyncio.get_running_loop())
    async with _opening:
        if loop not in _desks:
            _desks[loop] = Desk(await Ledger.open())
        return _desks[loop]


async def close_desk() -> None:
    desk = _desks.pop(id(asyncio.get_running_loop()), None)
    if desk is not None:
        await desk.close()

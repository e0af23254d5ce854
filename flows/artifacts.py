"""The pages that an operator reads in Prefect: one a case, and a day's page a role.

Level-triggered: at every round the ledger says what ought to be shown, and what Prefect has is
compared with it. A page that was lost, doubled or left behind by a dead worker heals here. When a
case closes, its page loses every word of it.
"""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from weakref import WeakKeyDictionary

from prefect.client.orchestration import PrefectClient

from flows import casepage, names, today
from flows.desk import Desk
from flows.pages import (
    Page,
    Words,
    case_key,
    digest,
    find,
    overwrite,
    read,
    slug,
    today_key,
    ui,
    write,
)
from remit.decide.owed import due_order
from remit.ledger import absences, cases, drafts, holds, storms
from remit.ledger.dossier import dossier
from remit.ledger.marks import Mark, marks
from remit.ledger.standing import standing
from remit.model import Case, Playbook
from remit.model import State as CaseState

FORM = "1"
"""Part of every mark; with another, all pages are written again."""
AT_ONCE = 20
"""Pages of cases that one round writes, due first; the rest has its turn in the next."""
TURN = 1.0
"""Seconds after which a round begins no further page: the server is busy."""
TODAY_EVERY = timedelta(minutes=1)
SCAN_EVERY = timedelta(hours=1)
KEPT = timedelta(days=30)
"""How long the line of a closed case stays."""
CLOSED = "closed"
"""The mark of that line."""


@dataclass
class Board:
    """What this process knows of the pages of one brand."""

    cases: dict[int, Page] = field(default_factory=dict)
    roles: dict[str, Page] = field(default_factory=dict)
    written: dict[str, datetime] = field(default_factory=dict)
    """When the page of a role was last written, so that a busy day writes it once a minute."""
    scanned: datetime | None = None
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)


_boards: WeakKeyDictionary[Desk, dict[str, Board]] = WeakKeyDictionary()


async def refresh(desk: Desk, client: PrefectClient, playbook: Playbook) -> None:
    """Bring the pages of one brand up to date, as far as one round goes. Run twice, nothing changes."""
    board = _boards.setdefault(desk, {}).setdefault(playbook.brand, Board())
    if board.turn.locked():  # the sweep, in the worker that ticks
        return
    async with board.turn:
        unfinished = await cases.find(desk.ledger, playbook.brand, unfinished=True)
        unfinished.sort(key=due_order)
        away = sorted(await absences.away(desk.ledger, playbook, desk.now()))
        going = _Round(desk, client, playbook, board, unfinished, away=away)
        if board.scanned is None or going.now - board.scanned >= SCAN_EVERY:
            await going.scan()
        await going.forget()
        await going.show(await marks(desk.ledger, playbook.brand))
        await going.today()


class _Round:
    """One pass over the pages of a brand."""

    def __init__(
        self,
        desk: Desk,
        client: PrefectClient,
        playbook: Playbook,
        board: Board,
        unfinished: list[Case],
        *,
        away: list[str],
    ) -> None:
        self.now = desk.now()
        self._desk = desk
        self._client = client
        self._playbook = playbook
        self._brand = playbook.brand
        self._board = board
        self._unfinished = unfinished
        self._away = away
        self._until = self._time() + TURN

    async def scan(self) -> None:
        """Learn what Prefect has. Of two pages with one key the older loses its words, and goes."""
        name = re.compile(rf"case-{re.escape(slug(self._brand))}-(\d+)")
        numbered: dict[int, Page] = {}
        for each in await find(self._client, begins=f"case-{slug(self._brand)}-"):
            named = name.fullmatch(each.key or "")
            if named is None:  # of a brand whose name goes on
                continue
            number, page = int(named[1]), read(each)
            if number in numbered:
                await overwrite(self._client, each.id, _closed(number), CLOSED)
                await self._client.delete_artifact(each.id)
                continue
            numbered[number] = page
            if page.mark == CLOSED and each.updated and self.now - each.updated > KEPT:
                await self._client.delete_artifact(each.id)
        self._board.cases = {n: page for n, page in numbered.items() if page.mark != CLOSED}
        self._board.roles = {}
        roles = {today_key(self._brand, role): role for role in self._playbook.roles}
        for each in await find(self._client, begins=f"today-{slug(self._brand)}-"):
            if role := roles.get(each.key or ""):
                self._board.roles.setdefault(role, read(each))
        self._board.scanned = self.now

    async def forget(self) -> None:
        """Take the words of closed cases away, before anything new is shown."""
        alive = {case.id for case in self._unfinished}
        for number in [n for n in self._board.cases if n not in alive]:
            if self._over():
                return
            for each in await find(self._client, key=case_key(self._brand, number)):
                await overwrite(self._client, each.id, _closed(number), CLOSED)
            del self._board.cases[number]

    async def show(self, newest: dict[int, Mark]) -> None:
        """Write the pages of the cases that changed since theirs was written."""
        left = AT_ONCE
        for case in self._unfinished:
            if not left or self._over():
                return
            mark = self._mark(case, newest.get(case.id))
            page = self._board.cases.get(case.id)
            if page is None and self._has_no_turn(case):
                continue
            if (page is not None and page.mark == mark) or self._at_work(case):
                continue
            words = await self._words(case)
            key = case_key(self._brand, case.id)
            self._board.cases[case.id] = await write(self._client, page, key, words, mark)
            left -= 1

    async def today(self) -> None:
        """A page a role, written when it differs."""
        written = self._board.written
        due = [
            role
            for role in self._playbook.roles
            if role not in written or self.now - written[role] >= TODAY_EVERY
        ]
        if not due:
            return
        ledger, stormy = self._desk.ledger, any(case.incident for case in self._unfinished)
        stopping = await holds.listed(ledger, self._brand, self.now)
        blowing = await storms.find(ledger, self._brand) if stormy else []
        day = today.Day(
            self._playbook,
            self._unfinished,
            stopping,
            blowing,
            now=self.now,
            link=self._link,
            ui=ui(),
        )
        for role in due:
            words, page = day.words(role), self._board.roles.get(role)
            if page is None or page.digest != words.digest:
                key = today_key(self._brand, role)
                self._board.roles[role] = await write(self._client, page, key, words, "")
                written[role] = self.now

    def _mark(self, case: Case, newest: Mark | None) -> str:
        """Differs when the page would."""
        facts = case.model_dump_json(exclude={"lease_until", "escalation"})
        hour = casepage.hour(case, self.now)
        around = f"{FORM} {self._playbook.hash} {self._away} {self.now.year} {ui()}"
        return digest(f"{around} {newest} {facts} {hour}")

    def _at_work(self, case: Case) -> bool:
        """A run works on it this moment, and will leave it changed again."""
        alive = case.lease_until is not None and case.lease_until > self.now
        return alive and case.state is not CaseState.awaiting_approval

    @staticmethod
    def _has_no_turn(case: Case) -> bool:
        """A storm's member whose run waits for a place: a thousand pages would hold up all else."""
        member = case.incident is not None and case.channel is not None
        return member and case.draft is None and case.assignee is None

    async def _words(self, case: Case) -> Words:
        found = await dossier(self._desk.ledger, case.id)
        draft = await drafts.get(self._desk.ledger, case.draft) if case.draft else None
        stands = await standing(self._desk.ledger, case.id, self._playbook, self.now)
        shown = casepage.CasePage(found, stands, self._playbook, self.now, ui())
        text = shown.page(draft, await self._desk.trace(case))
        return Words(names.of_case(case, self._playbook, self.now), text)

    def _link(self, case: Case) -> str | None:
        """To the run whose form decides it, or to its page, if it has one yet."""
        if case.state is CaseState.awaiting_approval and case.lease_run:
            return f"{ui()}/runs/flow-run/{case.lease_run}"
        page = self._board.cases.get(case.id)
        return f"{ui()}/artifacts/artifact/{page.artifact}" if page else None

    def _over(self) -> bool:
        return self._time() > self._until

    @staticmethod
    def _time() -> float:
        return asyncio.get_running_loop().time()


def _closed(number: int) -> Words:
    return Words("closed", casepage.closed(number))

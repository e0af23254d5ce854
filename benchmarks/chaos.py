"""Everything killed at random while the platform fails: is anything lost, doubled or unapproved?

    python -m benchmarks.chaos [--kills 20] [--cases 60] [--seed 1] [--timeout 900] [--url URL] [--json]

It starts a server, a sandbox and a worker in a folder of their own, lets a public write and a
campaign run, has people decide over Prefect's API, and does harm again and again: the worker or the
Prefect server is killed with SIGKILL, the worker is stopped for longer than its lease and goes on,
the ledger's database is taken away (SQLite: locked for some seconds; PostgreSQL, with `--url`: every
connection is cut). All the while the sandbox answers 500 and 429, drops connections, accepts and never answers, hides
what it took, and publishes twice what it is sent twice. When all is quiet it counts from what the
platform has received, against what the public wrote and the people allowed, and again from the
ledger's own audit; the larger figure is printed. It ends with 1 unless lost, doubled and
unapproved are all zero. `unknown` were given to a person, who looked at the platform.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import random
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import SecretStr

from benchmarks._crowd import Public, Staff, witness
from benchmarks._databases import cut, database
from benchmarks._print import progress, show_counts
from integrations.sandbox.control import Sandbox
from remit.cli.up import House, house
from remit.ledger import cases, publications, slots
from remit.ledger.audit import audit
from remit.model import PublicationState, Receipt, SlotState

if TYPE_CHECKING:
    from prefect.client.orchestration import PrefectClient

    from flows.desk import Desk
    from remit.cli.supervisor import Child

SAMPLE = Path(__file__).resolve().parents[1] / "playbooks" / "kopi"
BRAND, CHANNEL, ACCOUNT = "kopi", "toko", "kopi.nusa"
POSTS = tuple(f"Kabar nomor {number} dari Kopi Nusa. ☕" for number in range(1, 7))
SECONDS_UP = (4.0, 14.0)
"""Between two harms; a worker needs the first three or four to import."""
ENVIRONMENT = {"REMIT_LEASE_SECONDS": "10", "REMIT_SEND_WINDOW_SECONDS": "6"}
_ERRORS: dict[str, object] = {
    "fail_500": {"rate": 0.1, "on": "all"},
    "rate_limit_429": {"rate": 0.1, "retry_after": 1.0, "on": "all"},
    "fail_before_accept": 0.1,
}
_HANGS: dict[str, object] = {"timeout_after_accept": {"rate": 0.2, "seconds": 2.0}}
_HIDES: dict[str, object] = {"delayed_visibility": 1.5}
_TWICE: dict[str, object] = {"no_idempotency": True}
# What a platform promised when it took a message must hold until that message is settled. So no
# phase without idempotency follows one that hides: what is hidden then was sent under a promise.
WEATHER: tuple[tuple[str, dict[str, object]], ...] = (
    ("errors", _ERRORS),
    ("errors, hides", _ERRORS | _HIDES),
    ("errors, never answers", _ERRORS | _HANGS),
    ("never answers, publishes twice", _HANGS | _TWICE),
    ("errors, never answers, hides, publishes twice", _ERRORS | _HANGS | _HIDES | _TWICE),
)
HARMS = (
    "worker",
    "stall",
    "worker",
    "server",
    "database",
    "worker",
    "stall",
    "worker",
    "database",
    "worker",
)
"""What is done, in turn: most of all the worker is killed, where everything is under way."""
_STALLED = 13.0
"""Seconds for which a worker is stopped: more than its lease, so that another may take its work."""
_WAITING = [SlotState.returned, SlotState.failed]


def playbook_copy(to: Path) -> Path:
    """The sample brand, listening every second, with a campaign of short words and times."""
    shutil.copytree(SAMPLE, to)
    path = to / "playbook.yaml"
    text = path.read_text("utf-8")
    often = text.replace("listen: {every: 30s}", "listen: {every: 1s}")
    assert often != text, "the sample brand says no more how often it listens"
    path.write_text(often, "utf-8")
    lines = [
        "id: launch",
        "title: Six posts",
        "objective: Be seen to be sent once.",
        "audience: Nobody.",
        "owner: smm",
        "writer: dewi",
        "posts:",
    ]
    for number, post in enumerate(POSTS):
        lines.append(f"  - id: post{number}")
        lines.append(f"    channels: [{CHANNEL}]")
        lines.append("    language: id")
        lines.append(f'    text: "{post}"')
        lines.append(f"    after: {5 + 25 * number}s")
    (to / "campaigns" / "launch.yaml").write_text("\n".join(lines) + "\n", "utf-8")
    return to


class Drill:
    """Harms, storms and people, and the count afterwards."""

    def __init__(self, running: House, sandbox: Sandbox, desk: Desk, seed: int) -> None:
        self._running = running
        self._sandbox = sandbox
        self._desk = desk
        self._seed = seed
        self._chance = random.Random(seed)
        self._public = Public(sandbox, ACCOUNT, random.Random(seed + 1))
        self._staff = Staff(random.Random(seed + 2))
        self._unknown: set[int] = set()
        self.harms: Counter[str] = Counter()

    async def run(self, kills: int, count: int, seconds: float) -> dict[str, int]:
        """Everything, within so many seconds."""
        from prefect.client.orchestration import get_client

        from flows.listen import take_brief

        began = time.monotonic()
        async with get_client() as client:
            await take_brief(self._desk, self._running.playbooks[0], "launch", self._desk.now())
            people = asyncio.create_task(self._work(client))
            try:
                async with asyncio.timeout(seconds):
                    await self._storm(kills, count)
                    out = len(await self._sandbox.received(ACCOUNT))
                    progress(f"now it is calm; {out} replies and posts are out")
                    while not await self._quiet():  # noqa: ASYNC110 - another process's doing
                        await asyncio.sleep(1)
            except TimeoutError:
                progress(f"it is not quiet after {seconds:.0f} s; what is missing counts as lost")
            finally:
                people.cancel()
                await asyncio.gather(people, return_exceptions=True)
        return await self._count(round(time.monotonic() - began))

    async def _storm(self, kills: int, count: int) -> None:
        for number in range(kills):
            name, faults = WEATHER[number * len(WEATHER) // kills]
            await self._sandbox.faults(seed=self._seed + number, **faults)
            while self._public.written < count * (number + 1) // kills:
                await self._public.write()
            harm = HARMS[number % len(HARMS)]
            progress(f"{number + 1} of {kills}, {harm}, {self._public.written} messages: {name}")
            await asyncio.sleep(self._chance.uniform(*SECONDS_UP))
            await self._harm(harm)
            self.harms[harm] += 1
        await self._sandbox.faults()

    async def _harm(self, what: str) -> None:
        worker = self._running.worker
        match what:
            case "worker":
                await self._kill(worker)
            case "server":
                await self._kill(
                    next(c for c in self._running.supervisor.children if c.name == what)
                )
            case "stall":
                worker.signal(signal.SIGSTOP)
                await asyncio.sleep(_STALLED)
                worker.signal(signal.SIGCONT)
            case "database":
                await cut(os.environ.get("REMIT_DATABASE_URL"))

    async def _kill(self, child: Child) -> None:
        """Kill it, and wait until it has been started again."""
        starts = child.starts = 1  # else the supervisor would wait longer each time
        child.signal(signal.SIGKILL)
        while child.starts == starts:  # noqa: ASYNC110 - the supervisor tells nobody
            await asyncio.sleep(0.1)

    async def _work(self, client: PrefectClient) -> None:
        """The staff, at their desks all the time."""
        while True:
            try:
                await self._staff.decide(self._desk, client, BRAND)
                await self._look_at_unknown()
                await self._retime()
            except Exception as failed:  # noqa: BLE001 - people try again; the count tells the rest
                progress(f"the staff could not work: {type(failed).__name__}: {failed}")
            await asyncio.sleep(0.5)

    async def _look_at_unknown(self) -> None:
        """A person looks at the platform, and says what became of a message."""
        unknown = await publications.find(
            self._desk.ledger, BRAND, states=[PublicationState.unknown]
        )
        if not unknown:
            return
        received = {each.key: each for each in await self._sandbox.received(ACCOUNT)}
        for each in unknown:
            self._unknown.add(each.id)
            there = received.get(each.key)
            receipt = Receipt(id=there.id, url=there.url, time=there.time) if there else None
            await publications.settle(
                self._desk.ledger, each.id, there is not None, "sari", self._desk.now(), receipt
            )

    async def _retime(self) -> None:
        now = self._desk.now()
        for slot in await slots.find(self._desk.ledger, BRAND, states=_WAITING):
            later = now + timedelta(seconds=2)
            await slots.retime(self._desk.ledger, slot.id, later, "dewi", now)

    async def _quiet(self) -> bool:
        if self._running.supervisor.stopping.is_set():
            raise KeyboardInterrupt
        if await cases.find(self._desk.ledger, BRAND, unfinished=True):
            return False
        received = await self._sandbox.received(ACCOUNT)
        return not witness(received, self._public, self._staff, POSTS).lost

    async def _count(self, seconds: int) -> dict[str, int]:
        received = await self._sandbox.received(ACCOUNT)
        seen = witness(received, self._public, self._staff, POSTS)
        audited = await audit(self._desk.ledger, BRAND, {CHANNEL: received})
        for what in (*seen.lost, *seen.doubled, *seen.unapproved, *audited.troubles):
            progress(f"wrong: {what}")
        return {
            "cases": sum(audited.cases_by_role.values()),
            "messages": self._public.written,
            "replies": sum(message.parent is not None for message in received),
            "posts": sum(message.parent is None for message in received),
            "decisions": self._staff.decided,
            **{f"harm: {what}": self.harms[what] for what in dict.fromkeys(HARMS)},
            "lost": max(len(seen.lost), audited.lost),
            "doubled": max(len(seen.doubled), audited.doubled),
            "unapproved": max(len(seen.unapproved), audited.unapproved),
            "unknown": len(self._unknown) + audited.unknown,
            "seconds": seconds,
        }


async def drill(given: argparse.Namespace, home: Path) -> dict[str, int]:
    copy = playbook_copy(home / "playbook" / BRAND)
    async with contextlib.AsyncExitStack() as stack:
        if given.url:
            os.environ["REMIT_DATABASE_URL"] = await stack.enter_async_context(database(given.url))
        ports = {"port": given.port, "sandbox_port": given.sandbox_port}
        running = await stack.enter_async_context(house([copy], **ports))
        from flows.desk import close_desk, open_desk

        token = SecretStr(os.environ["REMIT_SANDBOX_TOKEN"])
        async with Sandbox(running.sandbox or "", token) as sandbox:
            desk = await open_desk()
            try:
                made = Drill(running, sandbox, desk, given.seed)
                return await made.run(given.kills, given.cases, given.timeout)
            finally:
                await close_desk()


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.chaos",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--cases", type=int, default=60, help="messages of the public")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--timeout", type=float, default=900, help="seconds for all of it")
    parser.add_argument("--url", help="a PostgreSQL server for the ledger, else SQLite")
    parser.add_argument("--port", type=int, default=4210)
    parser.add_argument("--sandbox-port", type=int, default=4310)
    parser.add_argument("--json", action="store_true", help="one JSON object")
    given = parser.parse_args()
    home = Path(tempfile.mkdtemp(prefix="remit-chaos-"))
    for name in ("PREFECT_API_URL", "REMIT_SANDBOX_URL", "REMIT_DATABASE_URL"):
        os.environ.pop(name, None)
    os.environ |= ENVIRONMENT | {"REMIT_HOME": str(home)}
    with contextlib.redirect_stdout(sys.stderr):
        counted = asyncio.run(drill(given, home))
    show_counts(counted, as_json=given.json)
    wrong = counted["lost"] + counted["doubled"] + counted["unapproved"]
    done = sum(times for what, times in counted.items() if what.startswith("harm: "))
    if wrong or done < given.kills:
        progress(f"The ledger and the logs are in {home}")
        return 1
    shutil.rmtree(home)
    return 0


if __name__ == "__main__":
    sys.exit(main())

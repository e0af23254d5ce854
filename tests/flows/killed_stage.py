"""What the tests of killed workers do to the house, and see of it."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import TypeVar

import pytest
from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.filters import (
    FlowRunFilter,
    FlowRunFilterState,
    FlowRunFilterStateType,
    FlowRunFilterTags,
)
from prefect.client.schemas.objects import FlowRun, StateType

from flows.desk import Desk
from flows.listen import take_brief
from integrations.sandbox.control import Sandbox
from remit.cli.people import People, waiting
from remit.ledger import cases
from remit.ledger.audit import Audit, audit
from remit.model import Case, Message

HERE = Path(__file__).parent
BRAND = "warung"
CHANNEL = "toko"

T = TypeVar("T")
_authors = count(1)


@dataclass
class Worker:
    """A worker process; one with a `point` ends or halts itself there."""

    process: subprocess.Popen[bytes]
    log: Path
    marks: Path
    """Where a worker with a point says `halts` before it, and `goes on: ...` after it."""

    def said(self) -> str:
        return self.marks.read_text() if self.marks.exists() else ""

    def signal(self, number: signal.Signals) -> None:
        os.kill(self.process.pid, number)

    def end(self) -> None:
        """Whatever state it is in."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(10)


@dataclass
class House:
    """What runs for the whole session, and how a worker is started in it."""

    home: Path
    env: dict[str, str]
    numbers: Iterator[int] = field(default_factory=lambda: count(1))

    @property
    def api(self) -> str:
        return self.env["PREFECT_API_URL"]

    def worker(self, point: str | None = None) -> Worker:
        """Start a worker, or one that gets into trouble at a point of killing_worker.py."""
        number = next(self.numbers)
        log, marks = self.home / f"worker-{number}.log", self.home / f"worker-{number}.marks"
        command = [sys.executable, "-m", "flows"]
        if point is not None:
            command = [sys.executable, str(HERE / "killing_worker.py"), point, str(marks)]
        with log.open("wb") as output:
            process = subprocess.Popen(
                command,
                env=self.env,
                cwd=HERE.parents[1],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        return Worker(process, log, marks)


class Stage:
    """What a test does to the house, and sees of it."""

    def __init__(self, house: House, desk: Desk, client: PrefectClient, sandbox: Sandbox) -> None:
        self.house = house
        self.desk = desk
        self.client = client
        self.sandbox = sandbox
        self.workers: list[Worker] = []
        self.people = People({"otherwise": {"who": "sari", "decision": "approve"}}, "ratna")

    def worker(self, point: str | None = None) -> Worker:
        worker = self.house.worker(point)
        self.workers.append(worker)
        return worker

    async def write(self, text: str = "kak, buka jam berapa?", under: str | None = None) -> str:
        """Somebody new says something to the brand; the id of the message."""
        return await self.sandbox.write(f"tamu{next(_authors)}", f"@{BRAND} {text}", under=under)

    async def until(
        self, what: str, look: Callable[[], Awaitable[T | None]], seconds: float = 60
    ) -> T:
        """The first true value; the test fails with the ends of the workers' logs."""
        until = time.monotonic() + seconds
        while not (seen := await look()):
            if time.monotonic() > until:
                logs = "\n".join(
                    f"--- {worker.log.name}\n{worker.log.read_text(errors='replace')[-3000:]}"
                    for worker in self.workers
                )
                pytest.fail(
                    f"{what} did not come in {seconds:.0f} s\n{await self._state()}\n{logs}"
                )
            await asyncio.sleep(0.2)
        return seen

    async def _state(self) -> str:
        found = await cases.find(self.desk.ledger, BRAND, unfinished=True)
        return "\n".join(f"{case!r}" for case in found)

    async def killed(self, worker: Worker, seconds: float = 60) -> None:
        """Wait until a worker has killed itself."""

        async def ended() -> bool:
            return worker.process.poll() is not None

        await self.until("the end of the worker", ended, seconds)
        assert worker.process.returncode == -signal.SIGKILL, worker.log.read_text()[-3000:]

    async def case_of(self, message: str) -> Case | None:
        for case in await cases.find(self.desk.ledger, BRAND):
            if case.subject == message:
                return case
        return None

    async def forms(self) -> list[FlowRun]:
        """The suspended runs whose forms are there to be filled in."""
        return [
            run
            for run in await waiting(self.client, BRAND)
            if await self.client.filter_flow_run_input(
                run.id, key_prefix="", limit=1, exclude_keys=set()
            )
        ]

    async def decide(self) -> int:
        """Everybody answers the forms that wait."""
        return await self.people.decide(self.desk, self.client, BRAND)

    async def form_answered(self) -> None:
        """Wait for a form, and answer it once."""
        await self.until("an answered form", self.decide)

    async def answered(self, message: str, seconds: float = 75) -> Case:
        """Decide whatever is asked until the message has its answer."""

        async def responded() -> Case | None:
            case = await self.case_of(message)
            if case is not None and case.state.finished:
                return case
            await self.decide()
            return None

        return await self.until("an answer", responded, seconds)

    async def brief(self, name: str) -> Case:
        """Hand in a campaign of one post."""
        playbook = await self.desk.deployed(BRAND)
        done = await take_brief(self.desk, playbook, name, self.desk.now())
        return await cases.get(self.desk.ledger, done.opened[0])

    async def posts(self, name: str) -> list[Message]:
        """What the platform has ever accepted of that campaign's post."""
        brief = (await self.desk.deployed(BRAND)).campaigns[name]
        received = await self.sandbox.received(BRAND)
        return [each for each in received if each.text == brief.posts[0].text]

    async def replies(self, message: str) -> list[Message]:
        """What the platform has ever accepted as an answer to it."""
        received = await self.sandbox.received(BRAND)
        return [each for each in received if each.parent == message]

    async def audited(self) -> Audit:
        received = await self.sandbox.received(BRAND)
        return await audit(self.desk.ledger, BRAND, {CHANNEL: received})

    async def at_work(self) -> list[FlowRun]:
        """The runs of cases and slots that Prefect takes for alive or waiting."""
        alive = [StateType.RUNNING, StateType.PENDING, StateType.PAUSED]
        found = await self.client.read_flow_runs(
            flow_run_filter=FlowRunFilter(
                tags=FlowRunFilterTags(all_=[f"brand:{BRAND}"]),
                state=FlowRunFilterState(type=FlowRunFilterStateType(any_=alive)),
            )
        )
        return [run for run in found if {"case", "slot"} & set(run.parameters or {})]

    async def answered_once(self, message: str) -> None:
        """The platform has one reply, and all is well."""
        assert len(await self.replies(message)) == 1
        await self.all_is_well()
        assert len(await self.replies(message)) == 1

    async def all_is_well(self) -> None:
        """The ledger and the platform agree, and no dead run holds a place in Prefect."""
        audited = await self.audited()
        found = (audited.lost, audited.doubled, audited.unapproved, audited.unknown)
        assert found == (0, 0, 0, 0), audited.troubles

        async def nobody() -> bool:
            return not await self.at_work()

        await self.until("the end of every run", nobody)

"""The long-lived worker: runs the flows in its own process and keeps the loops going.

A process a run costs seconds and 100 MB; here a run is a task of one event loop. Whoever wants
isolation has Prefect's process worker carry out the runs instead (`remit up --isolated`); the loops
stay here.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import sys
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import anyio
import anyio.abc
from prefect.client.schemas.objects import FlowRun
from prefect.exceptions import Abort, Pause
from prefect.flow_engine import run_flow_async
from prefect.workers.base import BaseJobConfiguration, BaseVariables, BaseWorker, BaseWorkerResult

from flows.deploy import load
from flows.desk import Desk, close_desk, open_desk
from flows.listen import poll_all
from flows.names import POOL
from flows.tick import MEASURE_EVERY, measure, tick
from remit.ledger import bundles
from remit.model import RemitError

_log = logging.getLogger("remit.worker")
TICK_EVERY = 2.0
LISTEN_EVERY = 30.0
AT_ONCE = 6
"""Runs at the same time; more only wait for the server, and its SQLite for one writer."""


class RemitResult(BaseWorkerResult):
    """How a run left the worker; its state is in Prefect."""


class RemitWorker(BaseWorker[BaseJobConfiguration, BaseVariables, RemitResult]):
    """Runs each flow run as a task of this process's event loop."""

    type = "remit"
    job_configuration = BaseJobConfiguration
    job_configuration_variables = BaseVariables
    _description = "Runs Remit's flows in one long-lived process."
    _display_name = "Remit"

    async def _give_worker_labels_to_flow_run(self, flow_run_id: UUID) -> None:
        """Nothing: one call to the server less a run, and nobody looks for a run by these labels."""

    async def _propose_submitting_state(self, flow_run: FlowRun) -> None:
        """Nothing: a run of this process is running at once."""

    async def run(
        self,
        flow_run: FlowRun,
        configuration: BaseJobConfiguration,  # noqa: ARG002 - a process's; there is none here
        task_status: anyio.abc.TaskStatus[int] | None = None,
    ) -> RemitResult:
        """Await the flow. A suspension and a refusal by the server are ordinary ends."""
        identifier = f"{os.getpid()}:{flow_run.id}"
        if task_status is not None:
            task_status.started(os.getpid())
        if flow_run.deployment_id is None:
            raise RemitError(f"run {flow_run.id} has no deployment; start it from one")
        deployment = await self.client.read_deployment(flow_run.deployment_id)
        flow = load(deployment.entrypoint or "")
        fresh = await self.client.read_flow_run(flow_run.id)
        try:
            await run_flow_async(
                flow, flow_run=fresh, parameters=dict(fresh.parameters), return_type="state"
            )
        except Pause:
            _log.debug("run %s is suspended", flow_run.id)
        except Abort as refused:
            _log.info("run %s was refused by the server: %s", flow_run.id, refused)
        return RemitResult(status_code=0, identifier=identifier)


async def _every(
    seconds: Callable[[], float], act: Callable[[], Awaitable[object]], what: str
) -> None:
    """Do something again and again; a failure is logged and never ends the loop."""
    while True:
        try:
            await act()
        except RemitError as failed:
            _log.error("%s: %s", what, failed)
        except Exception:  # noqa: BLE001 - the loop must outlive any failure of one round; it is logged
            _log.exception("%s failed; it goes on with the next round", what)
        await asyncio.sleep(seconds())


class Loops:
    """tick, listen and measure for every brand that is deployed."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._pace = LISTEN_EVERY

    async def tick(self) -> None:
        await self._each(lambda brand: tick(self._desk, brand))

    async def listen(self) -> None:
        paces: list[float] = []

        async def one(brand: str) -> None:
            playbook = await self._desk.deployed(brand)
            schedule = playbook.schedules.get("listen")
            if schedule and schedule.every:
                paces.append(schedule.every.calendar.total_seconds())
            await poll_all(self._desk, playbook)

        await self._each(one)
        self._pace = max(1.0, min(paces, default=LISTEN_EVERY))

    async def measure(self) -> None:
        await self._each(lambda brand: measure(self._desk, brand))

    async def _each(self, act: Callable[[str], Awaitable[object]]) -> None:
        """Act for every brand. What fails for one is logged, and the others have their turn."""
        for brand in await bundles.brands(self._desk.ledger):
            try:
                await act(brand)
            except RemitError as failed:
                _log.error("%s: %s", brand, failed)

    def tasks(self) -> list[asyncio.Task[None]]:
        return [
            asyncio.create_task(_every(lambda: TICK_EVERY, self.tick, "tick")),
            asyncio.create_task(_every(lambda: self._pace, self.listen, "listen")),
            asyncio.create_task(_every(MEASURE_EVERY.total_seconds, self.measure, "measure")),
        ]


async def serve(pool: str = POOL, name: str | None = None, *, runs: bool = True) -> None:
    """Run the worker and its loops until SIGTERM or SIGINT; without `runs`, the loops alone."""
    desk = await open_desk()
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    tasks = Loops(desk).tasks()
    if runs:
        worker = RemitWorker(
            work_pool_name=pool, name=name, create_pool_if_not_found=False, limit=AT_ONCE
        )
        tasks.append(asyncio.create_task(_start(worker)))
    stopping = asyncio.create_task(stop.wait())
    try:
        await asyncio.wait([stopping, tasks[-1]], return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in [*tasks, stopping]:
            task.cancel()
        results = await asyncio.gather(*tasks, return_exceptions=True)
        with contextlib.suppress(OSError):
            await close_desk()
    failed: Any = results[-1]
    if isinstance(failed, Exception) and not stop.is_set():
        raise failed


async def _start(worker: RemitWorker) -> None:
    await worker.start(printer=lambda said: _log.info("%s", said))


class _NoSuspensionAsError(logging.Filter):
    """Prefect reports a suspension as an error of the run; it is how a case waits for a person."""

    def filter(self, record: logging.LogRecord) -> bool:
        return "Finished in state Suspended" not in record.getMessage()


def main() -> None:
    """`python -m flows`: the worker of `remit up`; with `--loops`, all but the runs."""
    said = logging.StreamHandler()
    said.setFormatter(logging.Formatter("%(asctime)s %(name)s %(levelname)s %(message)s"))
    ours = logging.getLogger("remit")  # Prefect configures the root for itself
    ours.addHandler(said)
    ours.setLevel(logging.INFO)
    ours.propagate = False
    logging.getLogger("prefect.flow_runs").addFilter(_NoSuspensionAsError())
    logging.getLogger("httpx").setLevel(logging.WARNING)  # it logs every URL
    asyncio.run(serve(runs="--loops" not in sys.argv[1:]))

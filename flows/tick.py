"""What is due, what was promised and not delivered, what is overdue: one level-triggered function.

Every part asks the ledger what ought to be and mends what is not, so a lost trigger, a dead worker
or a restarted server heals here, and running it twice does nothing twice. A part that needs the
Prefect server is skipped while the server is away; the ledger's own parts go on.
"""

from __future__ import annotations

import asyncio
import logging
from datetime import timedelta

from prefect.client.orchestration import PrefectClient, get_client
from prefect.exceptions import PrefectException

from flows import artifacts, events, runs, storms
from flows.desk import Desk
from flows.notify import remind
from flows.sending import settle
from flows.windows import reply_windows
from remit.ledger import advance, outbox, publications, slots, steps
from remit.model import Playbook, RemitError

_log = logging.getLogger("remit.tick")
PREFECT_TURN = 60.0
"""Seconds that a server which answers nothing may keep the ledger's own parts waiting."""
PATIENCE = timedelta(seconds=30)
"""How long an automation may take to start a run before tick starts one itself."""
MEASURE_EVERY = timedelta(minutes=5)
MEASURE_FOR = timedelta(days=30)


async def tick(desk: Desk, brand: str) -> None:
    """Bring one brand up to date. Raises nothing for a platform or a server that is away."""
    playbook = await desk.deployed(brand)
    died = [
        matured
        for matured in await advance.advance(
            desk.ledger, brand, playbook, desk.now(), windows=reply_windows(playbook)
        )
        if matured.kind == "lease_dead"
    ]
    await _settle(desk, playbook)
    await storms.watch(desk, playbook)
    try:
        async with asyncio.timeout(PREFECT_TURN), get_client() as client:
            await events.deliver(desk, client)
            for matured in died:
                await runs.mark_crashed(client, matured.detail.get("run"))
            await _start(desk, client, playbook)
            await runs.repair_forms(desk, client, brand)
            await runs.bury(desk, client, brand)
            await artifacts.refresh(desk, client, playbook)
    except runs.AWAY as away:
        _log.warning(
            "the Prefect server does not answer (%s); it is asked again", type(away).__name__
        )
    except PrefectException as refused:
        _log.error("Prefect refused: %s", refused)
    await remind(desk, playbook)


async def _settle(desk: Desk, playbook: Playbook) -> None:
    for publication in await publications.unsettled(desk.ledger, desk.now()):
        if publication.brand != playbook.brand:
            continue
        try:
            await settle(desk, playbook, publication)
        except RemitError as failed:
            _log.warning("publication %s is not settled yet: %s", publication.id, failed)


async def _start(desk: Desk, client: PrefectClient, playbook: Playbook) -> None:
    """Start the runs that ought to exist and do not."""
    brand, now = playbook.brand, desk.now()
    for case in await outbox.unstarted(desk.ledger, now, PATIENCE):
        if case.brand == brand:
            await runs.start_case(client, case, now)
    for step in await storms.in_turn(desk, await steps.pending(desk.ledger, brand)):
        await runs.start(
            client,
            f"escalation/{brand}",
            {"step": step.id},
            f"step:{step.id}:{runs.again(now)}",
        )
    await slots.expired_leases(desk.ledger, now)
    for slot in await slots.due(desk.ledger, brand, now):
        await runs.start(
            client,
            f"publish/{brand}",
            {"slot": slot.id, "attempt": slot.attempt},
            f"slot:{slot.id}:{slot.attempt}:{runs.again(now)}",
        )


async def measure(desk: Desk, brand: str) -> int:
    """Read back what the audience did with each of our publications; how many were read."""
    playbook = await desk.deployed(brand)
    due = await publications.measurable(desk.ledger, brand, desk.now() - MEASURE_FOR)
    read = 0
    for channel in sorted({publication.channel for publication in due}):
        ours = {p.receipt.id: p.id for p in due if p.channel == channel and p.receipt is not None}
        if channel not in playbook.channels or not ours:
            continue
        try:
            platform = await desk.platform(playbook, channel)
            counted = await platform.measure(list(ours))
        except RemitError as failed:
            _log.warning("%s: %s could not be measured: %s", brand, channel, failed)
            continue
        for id_, counts in counted.items():
            if id_ in ours:
                await publications.record_counts(desk.ledger, ours[id_], counts, desk.now())
                read += 1
    return read

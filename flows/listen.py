"""Messages in: poll every channel from its cursor, enrich, and hand over to the ledger."""

from __future__ import annotations

import logging
from datetime import datetime

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.states import Completed

from flows.clocks import clocks_of
from flows.conversations import refresh
from flows.desk import Desk, open_desk
from remit.ledger import ingest
from remit.model import Arrival, Event, Playbook, RemitError
from remit.signals import with_language

_log = logging.getLogger("remit.listen")
MOST_PAGES = 50
"""Polls of one channel in one go; the rest comes at the next tick."""


async def poll(desk: Desk, playbook: Playbook, channel: str) -> ingest.Ingested:
    """Take in all that is new on one channel. The cursor moves in the events' own transaction.

    Raises PlatformError or CredentialsError; nothing is lost then, the cursor has not moved.
    """
    declared = playbook.channels[channel]
    platform = await desk.platform(playbook, channel)
    router = await desk.router(playbook)
    total = ingest.Ingested(stored=0, duplicates=0, opened=(), joined=())
    for _ in range(MOST_PAGES):
        cursor = await ingest.cursor_of(desk.ledger, playbook.brand, channel)
        batch = await platform.listen(cursor, declared.since)
        if batch.arrivals or batch.cursor != cursor:
            clocks = await clocks_of(desk, playbook)
            done = await ingest.ingest(
                desk.ledger,
                playbook,
                router,
                [with_language(arrival, playbook.languages) for arrival in batch.arrivals],
                channel=channel,
                cursor=batch.cursor,
                now=desk.now(),
                open_cases=not (cursor is None and declared.since is not None),
                holidays=clocks.holidays,
                promised=clocks.promised,
                windows=clocks.windows,
            )
            total = ingest.Ingested(
                stored=total.stored + done.stored,
                duplicates=total.duplicates + done.duplicates,
                opened=total.opened + done.opened,
                joined=total.joined + done.joined,
            )
        if not batch.more or batch.cursor == cursor:
            break
    return total


async def poll_all(desk: Desk, playbook: Playbook) -> dict[str, str]:
    """Poll every channel; the failures by channel, each fit to show. One never stops another.

    Then the threads of open cases are read, some at a time.
    """
    failures = {}
    for channel in playbook.channels:
        try:
            done = await poll(desk, playbook, channel)
        except RemitError as failed:
            failures[channel] = str(failed)
            _log.warning("%s: %s could not be read: %s", playbook.brand, channel, failed)
        else:
            if done.stored:
                _log.info(
                    "%s: %s: %d events, %d cases opened",
                    playbook.brand,
                    channel,
                    done.stored,
                    len(done.opened),
                )
    try:
        await refresh(desk, playbook)
    except RemitError as failed:
        _log.warning("%s: the threads of open cases wait: %s", playbook.brand, failed)
    return failures


async def take_brief(desk: Desk, playbook: Playbook, brief: str, now: datetime) -> ingest.Ingested:
    """Hand in a brief of the playbook as an event; the playbook decides whose it is."""
    arrival = Arrival(
        event=Event(
            id=f"brief:{brief}:{playbook.hash[:12]}",
            kind="content.brief",
            platform="remit",
            time=now,
            thread=f"brief:{brief}",
            fields={"brief": brief},
        )
    )
    return await ingest.ingest(
        desk.ledger,
        playbook,
        await desk.router(playbook),
        [arrival],
        channel=None,
        now=now,
        holidays=desk.holidays,
    )


@flow(name="listen", flow_run_name="listen · {brand}", persist_result=False, retries=0)
async def listen(brand: str) -> State[None]:
    """Poll a brand's channels once; for people who run their own workers."""
    desk = await open_desk()
    failures = await poll_all(desk, await desk.deployed(brand))
    if failures:
        raise RemitError("; ".join(f"{channel}: {why}" for channel, why in failures.items()))
    return Completed(message="All channels read.")

"""A worker that was only stalled comes back when another has done its work: it has no right to send."""

from __future__ import annotations

import signal

import pytest

from remit.ledger import publications
from remit.model import PublicationState

pytestmark = [pytest.mark.server, pytest.mark.slow]


@pytest.mark.parametrize(
    ("point", "goes_on"),
    [
        ("before_commit", "Refused"),  # its lease is over
        ("before_request", "Retryable"),  # its deadline has passed, and no byte leaves after it
    ],
)
async def test_a_stalled_worker_sends_nothing_after_another_took_over(stage, point, goes_on):
    stalled = stage.worker(f"halt:{point}")
    message = await stage.write()
    await stage.form_answered()

    async def halts():
        return "halts" in stalled.said()

    await stage.until("the halt", halts)
    stage.worker()
    case = await stage.answered(message)
    assert len(await stage.replies(message)) == 1

    stalled.signal(signal.SIGCONT)

    async def on():
        return "goes on" in stalled.said()

    await stage.until("the end of the halt", on)
    assert goes_on in stalled.said()
    await stage.answered_once(message)
    [sent] = [
        each
        for each in await publications.find(stage.desk.ledger, case=case.id)
        if each.state is PublicationState.published
    ]
    assert sent.receipt is not None

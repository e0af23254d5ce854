"""What the ledger has to tell, and who should have begun by now."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from remit.ledger import cases, outbox

SOON = timedelta(seconds=20)


async def test_what_was_put_is_pending_until_it_is_sent(stage: Any) -> None:
    case = await stage.case()
    async with stage.ledger.write() as tx:
        await outbox.put(tx, "kopi", "remit.case.step", case=case, step=7, now=stage.now)
    first, second = await outbox.pending(stage.ledger)
    assert (first.kind, first.case, first.attempt, first.role) == (outbox.OPENED, case, 1, "cm")
    assert (second.kind, second.step, second.made_at) == ("remit.case.step", 7, stage.now)
    assert await outbox.pending(stage.ledger, limit=1) == [first]
    await outbox.sent(stage.ledger, [first.id], stage.now)
    await outbox.sent(stage.ledger, [], stage.now)
    assert await outbox.pending(stage.ledger) == [second]


async def test_nothing_is_told_of_a_transaction_that_failed(stage: Any) -> None:
    async def fail() -> None:
        async with stage.ledger.write() as tx:
            await outbox.put(tx, "kopi", outbox.OPENED, now=stage.now)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    assert await outbox.pending(stage.ledger) == []


async def test_a_case_that_no_run_has_claimed_is_unstarted(stage: Any) -> None:
    case = await stage.case()
    assert await outbox.unstarted(stage.ledger, stage.at(20), SOON) == []
    [found] = await outbox.unstarted(stage.ledger, stage.at(21), SOON)
    assert found.id == case
    [announced] = await outbox.pending(stage.ledger)
    await outbox.sent(stage.ledger, [announced.id], stage.at(1))
    assert len(await outbox.unstarted(stage.ledger, stage.at(21), SOON)) == 1


async def test_an_acknowledged_case_still_gets_its_run(stage: Any) -> None:
    case = await stage.case()
    await cases.acknowledge(stage.ledger, case, "sari", "cli", stage.at(1))
    assert len(await outbox.unstarted(stage.ledger, stage.at(21), SOON)) == 1


async def test_a_case_whose_row_of_the_outbox_is_missing_is_not_forgotten(stage: Any) -> None:
    case = await stage.case(attempt=3)
    [found] = await outbox.unstarted(stage.ledger, stage.at(21), SOON)
    assert (found.id, found.attempt) == (case, 3)


async def test_a_claimed_or_finished_case_needs_no_run(stage: Any) -> None:
    await stage.drafted(await stage.case())
    done = await stage.case(2)
    await cases.resolve(stage.ledger, done, "sari", "settled", "cli", stage.now)
    assert await outbox.unstarted(stage.ledger, stage.at(999), SOON) == []


async def test_a_new_attempt_waits_its_own_time(stage: Any) -> None:
    case = await stage.case()
    await cases.retry(stage.ledger, case, "run_cancelled", stage.at(100))
    assert await outbox.unstarted(stage.ledger, stage.at(110), SOON) == []
    assert len(await outbox.unstarted(stage.ledger, stage.at(121), SOON)) == 1

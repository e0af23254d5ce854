"""Holds: placed, begun, stacked, ended."""

from __future__ import annotations

from typing import Any

import pytest

from remit.ledger import cases, holds
from remit.model import Duration, HoldOrder, Missing


async def _place(stage: Any, case: int, **order: Any) -> int:
    async with stage.ledger.write() as tx:
        number: int = await holds.place(
            tx, brand="kopi", case=case, order=HoldOrder(posts_of="smm", **order), now=stage.now
        )
    return number


async def _active(stage: Any, seconds: float) -> list[int]:
    return [hold.id for hold in await holds.active(stage.ledger, "kopi", stage.at(seconds))]


async def test_a_hold_is_on_until_its_time_is_over(stage: Any) -> None:
    number = await _place(stage, await stage.case(), at_most=Duration(seconds=60))
    assert await _active(stage, 59) == [number]
    assert await _active(stage, 60) == []
    [told] = await stage.told("remit.hold.started")
    assert told.role == "smm"


async def test_a_hold_may_wait_for_the_acknowledgement(stage: Any) -> None:
    case = await stage.case()
    number = await _place(stage, case, starts="acknowledged", at_most=Duration(seconds=60))
    assert await _active(stage, 10) == []
    await cases.acknowledge(stage.ledger, case, "sari", "cli", stage.at(20))
    [hold] = await holds.active(stage.ledger, "kopi", stage.at(20))
    assert (hold.id, hold.started_at, hold.ends_at) == (number, stage.at(20), stage.at(80))


async def test_holds_stack_and_each_ends_with_its_own_case(stage: Any) -> None:
    first, second = await stage.case(1), await stage.case(2)
    one, two = await _place(stage, first), await _place(stage, second)
    assert await _active(stage, 1) == [one, two]
    await cases.resolve(stage.ledger, first, "sari", "settled", "cli", stage.at(5))
    assert await _active(stage, 6) == [two]
    row = await stage.row("hold", one)
    assert (row.code, row.ended_at) == ("resolved", stage.at(5))


async def test_a_person_releases_a_hold_once(stage: Any) -> None:
    number = await _place(stage, await stage.case())
    for seconds in (5, 9):
        await holds.release(stage.ledger, number, "ratna", stage.at(seconds))
    row = await stage.row("hold", number)
    assert (row.code, row.ended_by, row.ended_at) == ("released", "ratna", stage.at(5))
    assert len(await stage.told("remit.hold.ended")) == 1
    with pytest.raises(Missing):
        await holds.release(stage.ledger, 99, "ratna", stage.now)


async def test_an_answer_does_not_end_a_hold(stage: Any) -> None:
    reply = await stage.reply()
    number = await _place(stage, reply.case)
    await stage.published(reply)
    assert await _active(stage, 1) == [number]

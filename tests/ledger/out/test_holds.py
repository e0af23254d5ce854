"""Holds: placed, begun, stacked, ended."""

from __future__ import annotations

from typing import Any

import pytest

from remit.ledger import cases, holds, journal
from remit.model import Duration, HoldOrder, InputError, Missing, Refused


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


async def code_of(call: Any) -> str:
    with pytest.raises(Refused) as refusal:
        await call
    return refusal.value.code


async def test_both_sides_see_a_hold_whose_it_is_and_until_when(stage: Any) -> None:
    case = await stage.case(severity="critical", rule="crisis")
    number = await _place(stage, case, at_most=Duration(seconds=60))
    [held] = await holds.listed(stage.ledger, "kopi", stage.now)
    assert (held.id, held.case, held.owner, held.role) == (number, case, "cm", "smm")
    assert (held.ends_at, held.confirmed_by) == (stage.at(60), None)
    for role in ("cm", "smm"):
        assert await holds.listed(stage.ledger, "kopi", stage.now, role) == [held]
    assert await holds.listed(stage.ledger, "kopi", stage.now, "lead") == []
    assert await holds.listed(stage.ledger, "kopi", stage.at(60)) == []


@pytest.mark.parametrize("person", ["sari", "dewi", "ratna"])
async def test_either_side_and_the_approvers_may_confirm(stage: Any, person: str) -> None:
    number = await _place(
        stage, await stage.case(approval="statements"), at_most=Duration(seconds=60)
    )
    done = await holds.confirm(stage.ledger, number, stage.playbook, person, stage.at(5))
    assert (done.confirmed_by, done.confirmed_at) == (person, stage.at(5))
    again = await holds.confirm(stage.ledger, number, stage.playbook, "bayu", stage.at(9))
    assert (again.confirmed_by, again.ends_at) == (person, stage.at(60))
    assert len(await stage.told("remit.hold.confirmed")) == 1
    lines = [
        line
        for line in await journal.of_case(stage.ledger, done.case)
        if line.kind == "hold.confirmed"
    ]
    assert [(line.person, line.role, line.data) for line in lines] == [
        (person, "smm", {"hold": number})
    ]


async def test_confirming_begins_a_hold_that_waited(stage: Any) -> None:
    number = await _place(
        stage, await stage.case(), starts="acknowledged", at_most=Duration(seconds=60)
    )
    await holds.confirm(stage.ledger, number, stage.playbook, "sari", stage.at(5))
    assert await _active(stage, 64) == [number]
    assert await _active(stage, 65) == []


async def test_the_side_of_the_case_drops_a_hold_in_one_step_and_says_why(stage: Any) -> None:
    number = await _place(stage, await stage.case())
    done = await holds.drop(
        stage.ledger, number, stage.playbook, "sari", stage.at(5), reason="it was a joke"
    )
    assert (done.id, done.role) == (number, "smm")
    assert await _active(stage, 6) == []
    row = await stage.row("hold", number)
    assert (row.code, row.ended_by, row.ended_at) == ("dropped", "sari", stage.at(5))
    assert row.reason == "it was a joke"
    assert len(await stage.told("remit.hold.ended")) == 1
    written = str([line.model_dump() for line in await journal.of_case(stage.ledger, row.case)])
    assert "joke" not in written


async def test_nobody_lets_go_of_their_own_posts(stage: Any) -> None:
    # dewi may approve replies, but it is her role whose posts wait
    number = await _place(stage, await stage.case(approval="replies"))
    for person, code in (("dewi", "not_eligible"), ("nobody", "unknown_person")):
        call = holds.drop(stage.ledger, number, stage.playbook, person, stage.now, reason="x")
        assert await code_of(call) == code
    assert await _active(stage, 1) == [number]


async def test_a_hold_is_not_dropped_without_a_reason_nor_after_its_end(stage: Any) -> None:
    number = await _place(stage, await stage.case(), at_most=Duration(seconds=60))
    with pytest.raises(InputError, match="--reason"):
        await holds.drop(stage.ledger, number, stage.playbook, "sari", stage.now, reason=" ")
    call = holds.drop(stage.ledger, number, stage.playbook, "sari", stage.at(60), reason="x")
    assert await code_of(call) == "ended"
    call = holds.confirm(stage.ledger, number, stage.playbook, "sari", stage.at(60))
    assert await code_of(call) == "ended"
    with pytest.raises(Missing, match="remit hold"):
        await holds.confirm(stage.ledger, 99, stage.playbook, "sari", stage.now)

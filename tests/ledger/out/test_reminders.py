"""Reminders: gathered from how the cases stand, told once, tried again, and dropped when moot."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import func, select

from remit.ledger import absences, cases, reminders, steps, tables
from remit.ledger.reminders import MOOT
from remit.model import Duration, Notify, Span


@pytest.fixture
def gather(stage):
    async def now(seconds: float = 0) -> int:
        return await reminders.gather(stage.ledger, stage.playbook, stage.at(seconds))

    return now


async def kept(stage, **of):
    return await reminders.of_brand(stage.ledger, "kopi", **of)


async def due(stage, seconds: float = 0) -> dict[str, list[str]]:
    found = await reminders.due(stage.ledger, "kopi", stage.at(seconds))
    return {person: [one.kind for one, _ in entries] for person, entries in found.items()}


async def tell(stage, seconds: float = 0, code: str = "delivered") -> None:
    for entries in (await reminders.due(stage.ledger, "kopi", stage.at(seconds))).values():
        ids = [one.id for one, _ in entries]
        await reminders.told(stage.ledger, ids, code, stage.at(seconds))


def wants(stage, person: str, **said) -> None:
    notify = {**stage.playbook.notify, person: Notify(to="env:X", **said)}
    stage.playbook = stage.playbook.model_copy(update={"notify": notify})


async def test_a_draft_that_waits_is_told_to_the_owners_people_and_once(stage, gather):
    case = await stage.case()
    assert await gather() == 0
    draft = await stage.drafted(case)

    assert await gather() == 2
    assert await gather(1) == 0

    assert await due(stage) == {"bayu": ["new"], "sari": ["new"]}
    assert {one.key for one in await kept(stage)} == {f"new:draft{draft}"}
    await tell(stage, 2)
    assert await gather(600) == 0
    assert await due(stage, 600) == {}


async def test_what_was_told_is_written_in_the_journal_without_a_word(stage, gather):
    await stage.drafted(await stage.case())
    await gather()
    await tell(stage)

    async with stage.ledger.read() as tx:
        query = select(tables.journal).where(tables.journal.c.kind == "person.reminded")
        found = (await tx.execute(query)).all()
    assert {(row.person, row.role, row.code) for row in found} == {
        ("sari", "cm", "delivered"),
        ("bayu", "cm", "delivered"),
    }
    assert [row.data for row in found] == [{"kind": "new"}] * 2


async def test_a_case_that_is_over_is_told_to_nobody(stage, gather):
    case = await stage.case()
    await stage.drafted(case)
    await gather()
    await cases.resolve(stage.ledger, case, "sari", "by phone", "cli", stage.now)

    await gather(1)

    assert await due(stage, 1) == {}
    assert {one.code for one in await kept(stage)} == {MOOT}


async def test_what_comes_in_quiet_hours_is_told_after_them_if_it_is_still_so(stage, gather):
    # Noon in Jakarta; sari wants nothing until 13:30, bayu says nothing of it.
    wants(stage, "sari", quiet=Span(since=11 * 60, until=13 * 60 + 30))
    first, second = await stage.case(1), await stage.case(2)
    await stage.drafted(first, "run-1")
    await stage.drafted(second, "run-2")
    await gather()
    assert await due(stage) == {"bayu": ["new", "new"]}
    await cases.resolve(stage.ledger, first, "bayu", "by phone", "cli", stage.at(60))
    await gather(60)

    assert "sari" not in await due(stage, 5399)
    found = await reminders.due(stage.ledger, "kopi", stage.at(5400))
    assert [case.id for _, case in found["sari"]] == [second]


async def test_a_critical_case_is_told_at_any_hour(stage, gather):
    wants(stage, "ratna", quiet=Span(since=0, until=1439), digest=(480,))
    case = await stage.case(severity="critical", approval="statements")
    await stage.drafted(case)
    await gather()
    assert await due(stage) == {"ratna": ["new"]}


async def test_a_digest_is_all_that_came_before_it(stage, gather):
    wants(stage, "sari", digest=(13 * 60,))
    await stage.drafted(await stage.case(1), "run-1")
    await gather()
    await stage.drafted(await stage.case(2), "run-2")
    await gather(1800)
    assert "sari" not in await due(stage, 3599)
    assert (await due(stage, 3600))["sari"] == ["new", "new"]


async def test_whoever_was_just_told_hears_the_next_things_together(stage, gather):
    await stage.drafted(await stage.case(1), "run-1")
    await gather()
    await tell(stage)
    for number, seconds in ((2, 10), (3, 20)):
        await stage.drafted(await stage.case(number), f"run-{number}")
        await gather(seconds)
        assert await due(stage, seconds) == {}
    assert await due(stage, 300) == {"sari": ["new", "new"], "bayu": ["new", "new"]}


async def test_a_message_that_did_not_arrive_is_tried_again_and_complained_of_once(stage, gather):
    await stage.drafted(await stage.case())
    await gather()
    for seconds in (0, 300, 600):
        assert await due(stage, seconds) == {"bayu": ["new"], "sari": ["new"]}
        await tell(stage, seconds, "failed")
        assert await due(stage, seconds + 299) == {}
    async with stage.ledger.read() as tx:
        count = select(func.count()).where(tables.journal.c.kind == "person.reminded")
        assert (await tx.execute(count)).scalar_one() == 2
    await tell(stage, 900)
    assert {one.code for one in await kept(stage)} == {"delivered"}


async def test_who_is_away_is_told_nothing_and_who_stands_in_is(stage, gather):
    await stage.drafted(await stage.case(handoff_to="smm", handoff_expires_at=stage.at(9000)))
    await gather()
    day = date(2027, 3, 1)
    await absences.record(stage.ledger, "kopi", "sari", day, day, now=stage.at(10))
    await absences.record(stage.ledger, "kopi", "dewi", day, day, cover="ratna", now=stage.at(10))

    await gather(11)

    assert await due(stage, 11) == {"bayu": ["new"], "ratna": ["handed_to_you"]}
    assert {one.person for one in await kept(stage) if one.code == MOOT} == {"sari", "dewi"}


async def test_one_telling_is_enough_for_an_informed_role(stage, gather):
    await stage.case(informed=["cm"], consulted=["smm"])
    day = date(2027, 3, 1)
    bayu = await absences.record(stage.ledger, "kopi", "bayu", day, day, now=stage.now)
    await gather()
    await tell(stage)
    await absences.withdraw(stage.ledger, "kopi", bayu.id, None, stage.at(5))

    assert await gather(10) == 0
    assert {(one.person, one.kind) for one in await kept(stage)} == {
        ("sari", "informed"),
        ("dewi", "consulted"),
    }


async def test_what_is_late_is_told_again_where_a_person_wants_it(stage, gather):
    wants(stage, "sari", repeat=Duration(seconds=1800))
    case = await stage.case(first_response_due=stage.at(-60), overdue_at=stage.now)
    told = []
    for seconds in (0, 60, 1800, 3600):
        await gather(seconds)
        told.append((await due(stage, seconds)).get("sari", []))
        await tell(stage, seconds)
    assert told == [["breached"], [], ["breached"], ["breached"]]
    await stage.change("case", case, acknowledged_at=stage.at(3700))
    assert await gather(7200) == 0
    assert len(await kept(stage, person="bayu")) == 1


async def test_a_ladder_that_is_through_goes_on_for_those_who_want_it(stage, gather):
    wants(stage, "sari", repeat=Duration(seconds=900))
    one = {"after": {"days": 0, "seconds": 0}, "notify": "owner"}
    case = await stage.case(escalation=[one], ladder_started_at=stage.now, ladder_step=1)
    async with stage.ledger.write() as tx:
        await tx.execute(
            tables.step.insert().values(
                case=case, ladder_started_at=stage.now, index=0, notify="owner", due_at=stage.now
            )
        )
    (step,) = await steps.of_case(stage.ledger, case)
    for person in ("sari", "bayu"):
        await steps.record(stage.ledger, step.id, person, "cm", "delivered", stage.now)
    assert await gather(899) == 0
    await gather(900)
    assert await due(stage, 900) == {"sari": ["escalation"]}
    await cases.acknowledge(stage.ledger, case, "bayu", "cli", stage.at(901))
    await gather(902)
    assert await due(stage, 902) == {}


async def test_an_approval_that_expired_is_told_until_there_is_a_new_draft(stage, gather):
    case = await stage.case()
    await stage.drafted(case)
    async with stage.ledger.write() as tx:
        await tx.execute(
            tables.journal.insert().values(
                at=stage.at(60), brand="kopi", kind="case.approval_expired", case=case
            )
        )
    await gather(61)
    assert (await due(stage, 61))["sari"] == ["new", "approval_expired"]
    row = await stage.row("case", case)
    await stage.change("draft", row.draft, made_at=stage.at(120))
    await gather(121)
    assert (await due(stage, 121))["sari"] == ["new"]

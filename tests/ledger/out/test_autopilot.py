"""Answers that go out unseen: in the ledger, counted, and taken back where the world moved."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from remit.ledger import Ledger, autopilot, bundles, cases, drafts, journal, publications
from remit.ledger.audit import audit
from remit.ledger.facts import facts
from remit.ledger.figures import approved_replies
from remit.ledger.tables import approval
from remit.ledger.turned_back import turn_back
from remit.measure import scorecards
from remit.model import Bundle, PublicationState, Refused, State, Template

LEASE = timedelta(minutes=5)


@pytest.fixture
def book(stage):
    """The stage's playbook, with two answers a day to `refund` unseen."""
    stage.playbook = stage.playbook.model_copy(
        update={
            "autopilot": {"refund": 2},
            "templates": {"sorry": Template(id="sorry", body="Maaf ya.")},
        }
    )
    return stage.playbook


@pytest.fixture
def made(stage, book):
    """`await made(1)`: a case that its run has drafted from a template, and shown to nobody."""

    async def make(number: int = 1, **over: Any) -> int:
        at = over.pop("at", stage.now)
        case: int = await stage.case(number, playbook=book.hash, **over)
        await cases.claim(stage.ledger, case, 1, f"run-{number}", at, LEASE)
        await _save(stage, case, f"run-{number}", at)
        return case

    return make


async def _save(stage: Any, case: int, run: str, at: datetime) -> None:
    await drafts.save(
        stage.ledger,
        case,
        run,
        text="Maaf ya, kami bantu.",
        language="id",
        destination="bsky m1",
        template="sorry",
        now=at,
        lease=LEASE,
    )


async def _go(stage, case, run="run-1", at=None, side=None):
    now = stage.now if at is None else at
    return await autopilot.go_unseen(side or stage.ledger, case, run, stage.playbook, now)


async def test_a_template_answer_is_prepared_and_sent_on_nobodys_yes(stage, made):
    case = await made()
    assert await _go(stage, case) is None
    (reply,) = await publications.find(stage.ledger, case=case)
    assert reply.state is PublicationState.prepared
    sent = await stage.published(reply)
    assert sent.state is PublicationState.published
    assert (await cases.get(stage.ledger, case)).state is State.responded
    async with stage.ledger.read() as tx:
        (row,) = (await tx.execute(select(approval))).all()
    assert (row.person, row.role, row.via, row.identity) == (None, None, "autopilot", "none")
    (line,) = [
        line for line in await journal.of_case(stage.ledger, case) if line.code == "autopilot"
    ]
    assert (line.kind, line.person, line.identity) == ("approval.given", None, None)


async def test_it_is_reported_apart(stage, made):
    case = await made()
    assert await _go(stage, case) is None
    (reply,) = await publications.find(stage.ledger, case=case)
    await stage.published(reply)
    human = await stage.reply(await stage.case(2))
    await stage.published(human, "p2")

    found = await audit(stage.ledger, "kopi")
    assert (found.approvals, found.unseen, found.replies, found.unapproved) == (1, 1, 2, 0)
    assert await approved_replies(stage.ledger, "kopi") == 1
    told = await facts(stage.ledger, "kopi", stage.at(-3600), stage.at(3600))
    card = next(one for one in scorecards(told, stage.playbook) if one.role == "cm")
    assert (card.answered, card.answered_unseen, card.replies, card.unseen) == (2, 1, 1, 1)
    assert [one.responded_at is None for one in told.cases] == [True, False]


async def test_only_so_many_a_day_and_then_it_is_a_persons(stage, made, playbook):
    midnight = stage.now.replace(hour=17)  # in Jakarta
    for number in (1, 2):
        assert await _go(stage, await made(number), f"run-{number}") is None
    third = await made(3)
    no = await _go(stage, third, "run-3", at=stage.at(60))
    assert no is not None
    assert no[0] == "autopilot_limit"
    assert await cases.notice(stage.ledger, third) == "autopilot_limit"
    assert await publications.find(stage.ledger, case=third) == []
    last = midnight - timedelta(seconds=1)
    fourth = await made(4, at=last)
    assert (await _go(stage, fourth, "run-4", at=last) or ("",))[0] == "autopilot_limit"
    assert await autopilot.sent_today(stage.ledger, stage.playbook, last) == {"refund": 2}
    # The brand's day is over, whatever it is elsewhere.
    fifth = await made(5, at=midnight)
    assert await _go(stage, fifth, "run-5", at=midnight) is None
    assert await autopilot.sent_today(stage.ledger, stage.playbook, midnight) == {"refund": 1}


async def test_two_runs_cannot_take_the_last_one(stage, made, ledger_url):
    numbers = [await made(number) for number in range(1, 6)]
    sides = [stage.ledger, *[await Ledger.open(ledger_url) for _ in range(4)]]
    results = await asyncio.gather(
        *(
            _go(stage, case, f"run-{case_number}", side=side)
            for case_number, (case, side) in enumerate(zip(numbers, sides, strict=True), start=1)
        )
    )
    for side in sides[1:]:
        await side.close()
    assert [no is None for no in results].count(True) == 2
    assert {no[0] for no in results if no is not None} == {"autopilot_limit"}
    assert len(await publications.find(stage.ledger)) == 2


async def _stopped(stage: Any, _case: int) -> None:
    await bundles.stop(stage.ledger, "kopi", "storm", "ratna", stage.now)


async def _acknowledged(stage: Any, case: int) -> None:
    await cases.acknowledge(stage.ledger, case, "sari", "cli", stage.now)


async def _rejected_and_drafted_again(stage: Any, case: int) -> None:
    draft = (await cases.get(stage.ledger, case)).draft
    assert draft is not None
    await drafts.await_approval(stage.ledger, case, "run-1", draft, stage.now, LEASE, None)
    ruled = await stage.ruled(case, draft, verdict="reject", reason="cold")
    assert ruled.accepted, ruled.message
    await _save(stage, case, "run-1", stage.now)


async def _edited(stage: Any, case: int) -> None:
    draft = (await cases.get(stage.ledger, case)).draft
    await stage.change("draft", draft, writer="sari")


@pytest.mark.parametrize(
    ("happens", "code"),
    [
        (_stopped, "stopped"),
        (_acknowledged, "taken"),
        (_rejected_and_drafted_again, "taken"),
        (_edited, "no_template"),
    ],
)
async def test_what_happened_to_the_case_keeps_it_for_a_person(stage, made, happens, code):
    case = await made()
    await happens(stage, case)
    no = await _go(stage, case)
    assert no is not None
    assert no[0] == code
    assert await publications.find(stage.ledger, case=case) == []


async def test_a_run_that_lost_its_lease_sends_nothing_unseen(stage, made):
    case = await made()
    with pytest.raises(Refused) as refusal:
        await _go(stage, case, "run-9")
    assert refusal.value.code == "lease_lost"


async def _entry_gone(stage: Any, _case: int) -> None:
    stage.playbook = stage.playbook.model_copy(update={"autopilot": {}})


async def _deployed_anew(stage: Any, _case: int) -> None:
    bundle = Bundle(files={"playbook.yaml": b"brand: kopi # 2\n"}, hash="playbook-2")
    await bundles.keep(stage.ledger, bundle, "kopi", stage.now)
    await bundles.deploy(stage.ledger, "kopi", "playbook-2", stage.now)
    stage.playbook = stage.playbook.model_copy(update={"hash": "playbook-2"})


async def _loud(stage: Any, case: int) -> None:
    await stage.change("case", case, severity="critical")


@pytest.mark.parametrize("happens", [_entry_gone, _deployed_anew, _acknowledged, _loud])
async def test_what_is_prepared_unseen_is_not_sent_once_the_playbook_would_not(
    stage, made, happens
):
    case = await made()
    assert await _go(stage, case) is None
    (reply,) = await publications.find(stage.ledger, case=case)
    await happens(stage, case)
    with pytest.raises(Refused) as refusal:
        await stage.begin(reply)
    assert refusal.value.code == "not_approved"


async def test_an_answer_that_came_back_is_a_persons_from_then_on(stage, made):
    case = await made()
    assert await _go(stage, case) is None
    (reply,) = await publications.find(stage.ledger, case=case)
    await turn_back(stage.ledger, case, reply.id, "unreachable", stage.now, anew=False)
    no = await _go(stage, case)
    assert no is not None
    assert no[0] == "goes_on"

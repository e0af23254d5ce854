"""A storm at the sample brand, answered in one step and each by itself; no server is needed."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from flows import storms as running
from flows.desk import Desk
from remit.ledger import Ledger, bundles, cases, drafts, places, publications, storms
from remit.ledger.ingest import ingest
from remit.ledger.rulings import rule_on
from remit.ledger.steps import StepRow
from remit.model import (
    AnyOf,
    Approval,
    Arrival,
    Author,
    Event,
    FieldTest,
    Outcome,
    Play,
    Playbook,
    PublicationState,
    Refused,
    Rule,
    Ruling,
    Severity,
    State,
    Verdict,
    When,
)
from remit.playbook import load_playbook, read_bundle

NOW = datetime(2027, 3, 1, 3, tzinfo=UTC)
KOPI = Path(__file__).parents[2] / "playbooks" / "kopi"
WORDS = "Kami kembalikan uang semua pesanan hari ini, kak."
LEASE = timedelta(minutes=1)


class GivenClock(Desk):
    """A desk at a given time, with the sample brand's playbook and a rule for storms."""

    def __init__(self, ledger: Ledger, playbook: Playbook) -> None:
        super().__init__(ledger)
        self.at, self.given = NOW, playbook

    def now(self) -> datetime:
        return self.at

    async def deployed(self, brand: str) -> Playbook:
        return self.given


def routed(playbook: Playbook) -> Playbook:
    outcome = Outcome(owner="cm", play=Play.reply, approval="statements", severity=Severity.high)
    asked = When(all=(FieldTest(field="kind", test=AnyOf(values=("metric.spike",))),))
    rule = Rule(id="storm", when=asked, outcome=outcome)
    return playbook.model_copy(update={"rules": (rule, *playbook.rules)})


@pytest_asyncio.fixture
async def desk(tmp_path: Path) -> AsyncIterator[GivenClock]:
    ledger = await Ledger.open(f"sqlite:///{tmp_path / 'ledger.db'}")
    bundle = read_bundle(KOPI)
    await bundles.keep(ledger, bundle, "kopi", NOW)
    await bundles.deploy(ledger, "kopi", bundle.hash, NOW)
    yield GivenClock(ledger, routed(load_playbook(bundle)))
    await ledger.close()


async def hear(desk: GivenClock, count: int, **more: Any) -> tuple[int, ...]:
    """As many people ask for their money, one a second, after a quiet hour."""
    said = {"id": "long-ago", "time": NOW - timedelta(hours=3), "text": "halo"}
    basic = {"kind": "conversation.comment", "platform": "sandbox", "channel": "toko"}
    events = [Event.model_validate(basic | said)]
    for number in range(count):
        own = {
            "id": f"m{number}",
            "time": NOW + timedelta(seconds=number),
            "text": "balikin duit gue",
            "language": "id",
            "author": Author(id=f"p{number}", handle=f"p{number}"),
            "thread": "post",
        }
        events.append(Event.model_validate(basic | own | more))
    desk.at = NOW + timedelta(seconds=count)
    done = await ingest(
        desk.ledger,
        desk.given,
        await desk.router(desk.given),
        [Arrival(event=event) for event in events],
        channel="toko",
        now=desk.at,
    )
    return done.opened


async def state_it(desk: GivenClock, storm: storms.Storm) -> None:
    """The run of the storm's own case drafts, and the lead says yes."""
    assert storm.case is not None
    await cases.claim(desk.ledger, storm.case, 1, "own", desk.now(), LEASE)
    draft = await drafts.save(
        desk.ledger,
        storm.case,
        "own",
        text=WORDS,
        language="id",
        destination="none",
        template=None,
        now=desk.now(),
        lease=LEASE,
    )
    ruling = Ruling(
        case=storm.case, draft=draft.id, verdict=Verdict.approve, person="ratna", via="form"
    )
    assert (await rule_on(desk.ledger, ruling, desk.given, desk.now())).accepted


async def test_one_decision_answers_all_and_each_by_itself(desk: GivenClock) -> None:
    await hear(desk, 40)
    await running.watch(desk, desk.given)
    [storm] = await storms.find(desk.ledger, "kopi")
    assert (storm.topic, storm.members) == ("refund", 40)
    with pytest.raises(Refused, match=f"case {storm.case}"):
        await running.answer(desk, storm.id, "sari", "cli")
    await state_it(desk, storm)
    by_phone = storm.unanswered[7]
    await cases.resolve(desk.ledger, by_phone, "sari", "by phone", "cli", desk.now())

    done = await running.answer(desk, storm.id, "sari", "cli")
    assert (len(done.approved), done.left) == (39, ())
    prepared = await publications.find(desk.ledger, "kopi", states=[PublicationState.prepared])
    assert (
        {each.case for each in prepared} == set(done.approved) == {*storm.unanswered} - {by_phone}
    )
    assert len({each.key for each in prepared}) == len({each.hash for each in prepared}) == 39
    states = {(await cases.get(desk.ledger, number)).state for number in done.approved}
    assert states == {State.open}  # the run that sends it is called, and waits for its place

    again = await running.answer(desk, storm.id, "sari", "cli")
    assert (again.approved, again.left) == ((), ())
    still = await storms.get(desk.ledger, storm.id)
    assert (len(still.unanswered), still.closed) == (39, (by_phone,))


async def test_who_was_not_answered_is_named_with_the_reason(desk: GivenClock) -> None:
    await hear(desk, 40)
    [storm] = await storms.find(desk.ledger, "kopi")
    await state_it(desk, storm)
    written, working = storm.unanswered[:2]
    for number in (written, working):
        await cases.claim(desk.ledger, number, 1, f"run-{number}", desk.now(), LEASE)
    await drafts.save(
        desk.ledger,
        written,
        f"run-{written}",
        text="Hi",
        language="id",
        destination="toko m0",
        template=None,
        writer="bayu",
        now=desk.now(),
        lease=LEASE,
    )
    done = await running.answer(desk, storm.id, "bayu", "cli")
    assert {each.case: each.code for each in done.left} == {
        written: "other_draft",
        working: "claimed",
    }
    assert len(done.approved) == 38


async def test_who_may_not_approve_answers_nobody(desk: GivenClock) -> None:
    signed = Approval(id="replies", by=("lead",))
    desk.given = desk.given.model_copy(
        update={"approvals": {**desk.given.approvals, "replies": signed}}
    )
    await hear(desk, 40)
    [storm] = await storms.find(desk.ledger, "kopi")
    await state_it(desk, storm)
    done = await running.answer(desk, storm.id, "sari", "cli")
    assert done.approved == ()
    assert {each.code for each in done.left} == {"not_eligible"}
    assert len(done.left) == 40
    assert await publications.find(desk.ledger, "kopi") == []
    done = await running.answer(desk, storm.id, "ratna", "cli")
    assert (len(done.approved), done.left) == (40, ())


async def test_who_speaks_another_language_is_left_to_a_draft_of_its_own(
    desk: GivenClock,
) -> None:
    await hear(desk, 40, language="en")
    [storm] = await storms.find(desk.ledger, "kopi")
    await state_it(desk, storm)  # in Indonesian
    done = await running.answer(desk, storm.id, "sari", "cli")
    assert {each.code for each in done.left} == {"other_language"}
    assert (await storms.get(desk.ledger, storm.id)).unanswered == storm.unanswered


async def test_a_turn_of_tick_gives_places_and_ends_what_is_over(desk: GivenClock) -> None:
    await hear(desk, 40)
    await running.watch(desk, desk.given)
    [storm] = await storms.find(desk.ledger, "kopi")
    assert len(storm.unanswered) - len(storm.waiting) == places.ASKING
    desk.at += timedelta(minutes=40)
    await running.watch(desk, desk.given)
    [over] = await storms.find(desk.ledger, "kopi")
    assert over.closed_at == desk.at
    assert over.waiting == storm.waiting


async def test_the_steps_of_a_storm_wait_behind_those_of_others(desk: GivenClock) -> None:
    opened = await hear(desk, 40)
    other = 999

    def step(number: int, case: int) -> StepRow:
        return StepRow(
            id=number, case=case, index=0, notify="owner", due_at=NOW, ladder_started_at=NOW
        )

    [storm] = await storms.find(desk.ledger, "kopi")
    some = [step(n, case) for n, case in enumerate(storm.unanswered)] + [step(500, other)]
    now = await running.in_turn(desk, some)
    assert len(now) == places.AT_MOST + 1
    assert now[-1].case == other
    assert await running.in_turn(desk, some[:5]) == some[:5]
    assert storm.case in opened

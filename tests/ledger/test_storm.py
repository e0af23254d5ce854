"""A storm of messages: one incident, nobody swallowed, and nobody else's case delayed."""

from __future__ import annotations

from datetime import timedelta
from time import perf_counter

import pytest
from sqlalchemy import func, insert, select

from remit.decide.spikes import WINDOW
from remit.ledger import (
    cases,
    drafts,
    incidents,
    outbox,
    places,
    publications,
    rates,
    storms,
    tables,
)
from remit.ledger.ingest import ingest
from remit.model import (
    Decision,
    Outcome,
    Play,
    Prepared,
    Receipt,
    Rule,
    Ruling,
    Severity,
    State,
    Verdict,
)

LEASE = timedelta(minutes=2)
STORM = Rule(
    id="storm",
    outcome=Outcome(owner="cm", play=Play.reply, approval="statements", severity=Severity.high),
)


@pytest.fixture
def playbook(playbook):
    """The brand's, with a rule for what jumps."""
    return playbook.model_copy(update={"rules": (STORM, *playbook.rules)})


class Jumps:
    """The decider of the other tests, who also knows what a spike is."""

    def __init__(self, words):
        self.words = words

    def decide(self, event):
        if event.kind == "metric.spike":
            self.words.asked.append(event)
            return Decision(rule="storm", outcome=STORM.outcome)
        return self.words.decide(event)


@pytest.fixture
def take(ledger, deployed, decider, arrival, now):
    """`await take(texts, after=60)`: messages of as many people, one a second, as one batch."""
    sent = 0

    async def ingested(*texts, after=0.0, apart=1.0, **more):
        nonlocal sent
        came = []
        for number, text in enumerate(texts):
            sent += 1
            said = {"author": f"p{sent}", "after": after + number * apart} | more
            came.append(arrival(f"m{sent}", text, **said))
        at = now + timedelta(seconds=after + len(texts) * apart)
        return await ingest(ledger, deployed, Jumps(decider), came, channel="bsky", now=at)

    return ingested


@pytest.fixture
def quiet_weeks(ledger, deployed, decider, arrival, now):
    """Four weeks with two messages about refunds in each of these ten minutes."""

    async def lived():
        came = [
            arrival(f"h{day}-{n}", "refund then", author=f"h{day}-{n}", after=-86400 * day - n * 60)
            for day in range(1, 30)
            for n in range(2)
        ]
        await ingest(
            ledger, deployed, Jumps(decider), came, channel="bsky", now=now, open_cases=False
        )

    return lived


async def calls(ledger):
    """The cases for which a run is called, oldest call first."""
    rows = await outbox.pending(ledger, limit=5000)
    return [row.case for row in rows if row.kind == outbox.OPENED]


async def told(ledger, now):
    """One turn of tick: places given, calls handed over. The cases whose runs were called."""
    await places.give(ledger, "kopi", now)
    rows = await outbox.pending(ledger, limit=5000)
    await outbox.sent(ledger, [row.id for row in rows], now)
    return [row.case for row in rows if row.kind == outbox.OPENED]


async def approve(ledger, playbook, number, draft, person, now):
    ruling = Ruling(case=number, draft=draft, verdict=Verdict.approve, person=person, via="form")
    return await drafts.rule_on(ledger, ruling, playbook, now)


async def write(ledger, number, text, now):
    """A run claims the case, drafts and shows its form."""
    case = await cases.get(ledger, number)
    run = f"run-{number}-{case.attempt}"
    await cases.claim(ledger, number, case.attempt, run, now, LEASE)
    draft = await drafts.save(
        ledger,
        number,
        run,
        text=text,
        language="en",
        destination=f"{case.channel} {case.subject}",
        template="sorry",
        now=now,
        lease=LEASE,
    )
    await drafts.await_approval(ledger, number, run, draft.id, now, LEASE, None)
    return draft.id


async def send(ledger, playbook, number, publication, now):
    """What the run does with an approved answer, up to the platform's receipt."""
    case = await cases.get(ledger, number)
    run = case.lease_run or f"send-{number}"
    await cases.claim(ledger, number, case.attempt, run, now, LEASE)
    prepared = await publications.get(ledger, publication)
    await publications.begin_sending(
        ledger,
        publication,
        run=run,
        prepared=Prepared(key=prepared.key, body={}),
        hash=prepared.hash,
        thread_revision=case.thread_revision,
        thread_read_at=now,
        playbook=playbook,
        now=now,
        deadline=now + LEASE,
    )
    receipt = Receipt(id=f"p{number}", url=None, time=now)
    await publications.record_published(ledger, publication, receipt, now)


async def test_a_thousand_messages_in_a_minute(
    ledger, deployed, decider, arrival, quiet_weeks, now
):
    await quiet_weeks()
    others = [
        arrival(f"o{n}", f"{word} what", author=f"o{n}", thread=f"o{n}", after=-1200 - n)
        for n in range(5)
        for word in ["refund" if n == 0 else "question"]
    ]
    usual = await ingest(ledger, deployed, Jumps(decider), others, channel="bsky", now=now)
    first = await told(ledger, now)
    assert sorted(first) == sorted(usual.opened)

    storm_of = [
        arrival(f"s{n}", f"refund {n}", author=f"s{n % 900}", after=n * 0.06) for n in range(1000)
    ]
    opened: list[int] = []
    slowest, began = 0.0, perf_counter()
    for start in range(0, 1000, 50):
        at = now + timedelta(seconds=(start + 50) * 0.06)
        one = perf_counter()
        done = await ingest(
            ledger,
            deployed,
            Jumps(decider),
            storm_of[start : start + 50],
            channel="bsky",
            now=at,
        )
        slowest = max(slowest, perf_counter() - one)
        assert (done.stored, done.duplicates) == (50, 0)
        opened += done.opened
    taken = perf_counter() - began
    again = await ingest(ledger, deployed, Jumps(decider), storm_of, channel="bsky", now=at)
    assert (again.stored, again.opened) == (0, ())

    # Nothing is lost: every message is stored once, and stands in its author's case.
    async with ledger.read() as tx:
        event = tables.event.c
        mine = event.platform_id.like("s%"), event.kind == "conversation.comment"
        stored = select(func.count(), func.count(event.case)).where(*mine)
        assert (await tx.execute(stored)).one() == (1000, 1000)
        jumps = select(tables.event).where(event.kind == "metric.spike")
        spikes = (await tx.execute(jumps)).all()

    # One storm, one event, one case of the role that the playbook names.
    [storm] = await storms.find(ledger, "kopi")
    assert (storm.topic, storm.channel, storm.baseline) == ("refund", None, 2.0)
    assert storm.rate == 1000
    assert [(one.platform_id, one.case, one.rule) for one in spikes] == [
        (f"spike:{storm.id}", storm.case, "storm")
    ]
    assert storm.members == 900
    assert {*storm.unanswered, storm.case} == set(opened)

    # At most twenty runs, and the storm's own; a later case of the role is not behind it.
    late = await ingest(
        ledger,
        deployed,
        Jumps(decider),
        [arrival("late", "question now", author="late", thread="late", after=61)],
        channel="bsky",
        now=at,
    )
    began = perf_counter()
    started = await told(ledger, at)
    turn = perf_counter() - began
    assert {storm.case, *late.opened} <= set(started)
    assert len(set(started) - {storm.case, *late.opened}) == places.ASKING <= 20
    assert await told(ledger, at) == []
    overdue = await outbox.unstarted(ledger, at + LEASE, timedelta(seconds=30))
    assert len(set(overdue_of(overdue)) & set(storm.unanswered)) == places.ASKING
    assert overdue[0].id == storm.case  # the most severe, then what is due first
    assert next(case.id for case in overdue if case.id in first) == usual.opened[-1]

    # As one is answered, the next begins; every member is in exactly one list.
    for number in started[:6]:
        if number in storm.unanswered:
            draft = await write(ledger, number, "We are sorry.", at)
            ruled = await approve(ledger, deployed, number, draft, "sari", at)
            await send(ledger, deployed, number, ruled.publication, at)
    await cases.resolve(ledger, started[-2], "sari", "by phone", "cli", at)
    after = await storms.get(ledger, storm.id)
    assert len(after.answered) + len(after.closed) == len(await told(ledger, at))
    assert len(after.answered) > 0
    assert sorted((*after.answered, *after.closed, *after.unanswered)) == sorted(storm.unanswered)
    assert set(after.waiting) < set(after.unanswered)
    print(
        f"1000 messages in {taken:.2f} s, slowest batch of 50 {slowest * 1000:.0f} ms, "
        f"a turn of tick {turn * 1000:.0f} ms, started {len(started)}"
    )


def overdue_of(found):
    return [case.id for case in found]


async def test_every_member_begins_in_the_end(ledger, take, quiet_weeks, now):
    await quiet_weeks()
    await take(*["refund now"] * 60, apart=0.5)
    [storm] = await storms.find(ledger, "kopi")
    begun, at = [], now
    for _ in range(20):
        at += timedelta(minutes=1)
        for number in await told(ledger, at):
            begun.append(number)
            await cases.resolve(ledger, number, "sari", "by phone", "cli", at)
    assert sorted(begun) == sorted((*storm.unanswered, storm.case or 0))
    after = await storms.get(ledger, storm.id)
    assert (after.unanswered, len(after.closed)) == ((), 60)


async def test_the_first_day_without_an_hour_on_record_knows_no_storm(ledger, take):
    await take(*["refund now"] * 60)
    assert await storms.find(ledger, "kopi") == []
    assert len(await calls(ledger)) == 60


async def test_history_that_is_taken_in_raises_nothing(ledger, deployed, decider, arrival, now):
    came = [arrival(f"x{n}", "refund now", author=f"x{n}", after=-n) for n in range(100)]
    came.append(arrival("old", "refund", author="old", after=-9999999))
    await ingest(ledger, deployed, Jumps(decider), came, channel="bsky", now=now, open_cases=False)
    assert await storms.find(ledger, "kopi", every=True) == []


async def test_a_channel_that_is_about_many_things_is_a_storm_of_its_own(ledger, take, quiet_weeks):
    await quiet_weeks()
    await take(*["question now", "hello there", "hello", "safety first"] * 15)
    [storm] = await storms.find(ledger, "kopi")
    assert (storm.topic, storm.channel, storm.members) == (None, "bsky", 60)


async def test_two_storms_at_once_are_two(ledger, take, quiet_weeks):
    await quiet_weeks()
    await take(*["refund now"] * 40)
    await take(*["hello safety"] * 50, after=60)
    newer, older = await storms.find(ledger, "kopi")
    assert (newer.topic, newer.members) == ("safety", 50)
    assert (older.topic, older.members) == ("refund", 40)


async def test_what_is_severe_waits_for_no_place(ledger, take, quiet_weeks):
    await quiet_weeks()
    done = await take(*["crisis safety"] * 40)
    assert (await storms.find(ledger, "kopi"))[0].waiting == ()
    assert sorted(await calls(ledger)) == sorted(done.opened)


async def test_a_run_that_was_called_before_the_storm_keeps_its_place(
    ledger, take, quiet_weeks, now
):
    await quiet_weeks()
    before = await take(*["refund now"] * 10)
    assert sorted(await told(ledger, now)) == sorted(before.opened)
    await take(*["refund now"] * 40, after=20)
    [storm] = await storms.find(ledger, "kopi")
    assert set(before.opened) < set(storm.unanswered)
    started = set(await told(ledger, now)) - {storm.case}
    assert len(started) == places.ASKING - 10
    assert not started & set(before.opened)


async def test_a_case_from_before_the_storm_is_no_member(ledger, take, quiet_weeks):
    await quiet_weeks()
    before = await take("refund first", author="early", thread="early")
    await take("refund again", author="early", thread="early", after=1800)
    await take(*["refund now"] * 40, after=1805)
    [storm] = await storms.find(ledger, "kopi")
    assert before.opened[0] not in storm.unanswered
    assert storm.members == 40


async def test_a_storm_ends_after_a_calm_half_hour_and_forgets_nobody(
    ledger, take, quiet_weeks, now
):
    await quiet_weeks()
    await take(*["refund now"] * 40)
    for minutes in (1, 29, 30):
        at = now + timedelta(minutes=minutes)
        assert await incidents.end_what_is_over(ledger, "kopi", at) == []
    [storm] = await storms.find(ledger, "kopi")
    at = now + timedelta(minutes=31)
    assert await incidents.end_what_is_over(ledger, "kopi", at) == [storm.id]
    assert await incidents.end_what_is_over(ledger, "kopi", at) == []
    [over] = await storms.find(ledger, "kopi")
    assert (over.closed_at, over.unanswered) == (at, storm.unanswered)
    assert len(over.waiting) == 40


async def test_a_member_that_is_closed_while_it_waits_calls_no_run(ledger, take, quiet_weeks, now):
    await quiet_weeks()
    await take(*["refund now"] * 40)
    await told(ledger, now)
    [storm] = await storms.find(ledger, "kopi")
    for number in storm.waiting:
        await cases.resolve(ledger, number, "sari", "by phone", "cli", now)
    assert await told(ledger, now) == []
    async with ledger.read() as tx:
        unsent = select(func.count()).where(
            tables.outbox.c.sent_at.is_(None), tables.outbox.c.kind == outbox.OPENED
        )
        assert (await tx.execute(unsent)).scalar_one() == 0


async def stated(ledger, deployed, now):
    """The lead approves the storm's own words."""
    [storm] = await storms.find(ledger, "kopi")
    draft = await write(ledger, storm.case, "We pay back everybody until Friday.", now)
    ruled = await approve(ledger, deployed, storm.case, draft, "ratna", now)
    assert (ruled.accepted, ruled.publication) == (True, None)
    return await storms.get(ledger, storm.id)


async def test_what_is_approved_on_the_storms_own_case_is_its_statement(
    ledger, deployed, take, quiet_weeks, now
):
    await quiet_weeks()
    await take(*["refund now"] * 40, language="en")
    storm = await stated(ledger, deployed, now)
    own = await cases.get(ledger, storm.case)
    assert (own.state, own.outcome, own.topics) == (State.responded, "stated", ("refund",))
    assert own.language == "en"
    assert await storms.statement_for(ledger, own) is None
    member = await cases.get(ledger, storm.unanswered[0])
    said = await storms.statement_for(ledger, member)
    assert said is not None
    assert (said.text, said.draft) == ("We pay back everybody until Friday.", storm.statement)
    foreign = member.model_copy(update={"language": "id"})
    assert await storms.statement_for(ledger, foreign) is None
    assert storm.answered == ()


async def test_a_draft_from_before_the_statement_is_written_anew_once(
    ledger, deployed, take, quiet_weeks, now
):
    await quiet_weeks()
    await take(*["refund now"] * 40, language="en")
    await told(ledger, now)
    [storm] = await storms.find(ledger, "kopi")
    plain, decided = [n for n in storm.unanswered if n not in storm.waiting][:2]
    await write(ledger, plain, "Sorry.", now)
    theirs = await write(ledger, decided, "Sorry.", now)
    assert (await approve(ledger, deployed, decided, theirs, "sari", now)).accepted
    later = now + timedelta(minutes=1)
    await stated(ledger, deployed, later)
    assert await storms.share(ledger, "kopi", later) == [plain]
    assert await storms.share(ledger, "kopi", later) == []
    case = await cases.get(ledger, plain)
    assert (case.state, case.attempt, case.draft) == (State.open, 2, None)
    assert await cases.notice(ledger, plain) == "statement"
    begun = await told(ledger, later)
    assert plain in begun
    assert len(begun) == 2  # the one that was decided has left its place to another


async def test_a_member_whose_answer_was_decided_is_sent_before_the_next_is_asked_about(
    ledger, deployed, take, quiet_weeks, now
):
    await quiet_weeks()
    await take(*["refund now"] * 60, language="en")
    await told(ledger, now)
    storm = await stated(ledger, deployed, now)
    last = storm.waiting[-9:]
    for number in last:
        draft = await write(ledger, number, "We pay back everybody until Friday.", now)
        assert (await approve(ledger, deployed, number, draft, "sari", now)).accepted
        await cases.retry(ledger, number, "statement", now)
    assert sorted(await told(ledger, now)) == list(last[: places.SENDING])


async def test_the_statement_that_was_rejected_for_a_member_is_not_drafted_again(
    ledger, deployed, take, quiet_weeks, now
):
    await quiet_weeks()
    await take(*["refund now"] * 40, language="en")
    storm = await stated(ledger, deployed, now)
    number = storm.unanswered[0]
    draft = await write(ledger, number, "We pay back everybody until Friday.", now)
    ruling = Ruling(
        case=number,
        draft=draft,
        verdict=Verdict.reject,
        person="sari",
        via="form",
        reason="it was a compliment",
    )
    assert (await drafts.rule_on(ledger, ruling, deployed, now)).accepted
    assert await storms.statement_for(ledger, await cases.get(ledger, number)) is None


@pytest.mark.slow
async def test_a_million_events_on_record_slow_no_batch_down(ledger, take, deployed, now):
    """Four weeks, 25 a minute: ten times what a big brand hears."""
    row = {
        "brand": "kopi",
        "channel": "bsky",
        "platform": "bluesky",
        "revision": "1",
        "kind": "conversation.comment",
        "stored_at": now,
        "ours": False,
        "deleted": False,
        "rule": "refund",
        "owner": "cm",
        "severity": "normal",
        "play": "reply",
        "topics": ["refund"],
        "playbook": deployed.hash,
    }
    for start in range(0, 1_000_000, 50_000):
        rows = [
            row | {"platform_id": f"old{n}", "time": now - timedelta(seconds=2.42 * n)}
            for n in range(start, start + 50_000)
        ]
        async with ledger.write() as tx:
            await tx.execute(insert(tables.event), rows)
    times = []
    for _ in range(5):
        began = perf_counter()
        async with ledger.write() as tx:
            await incidents.notice(tx, "kopi", [], now)
            messages = await rates.heard(tx, "kopi", now - WINDOW, now)
            series = list(rates.by_series(messages))
            found = await rates.baselines(tx, "kopi", now, series)
        times.append(perf_counter() - began)
    print(f"a look at 1,000,000 events: {min(times) * 1000:.1f} ms, {found}")
    assert found[rates.Series(topic="refund")] == pytest.approx(248, abs=3)
    assert min(times) < 0.2


async def test_runs_from_before_the_storm_leave_places_to_what_was_decided(
    ledger, deployed, take, quiet_weeks, now
):
    await quiet_weeks()
    await take(*["refund now"] * 19, language="en")
    assert len(await told(ledger, now)) == 19
    await take(*["refund now"] * 30, after=20, language="en")
    [storm] = await storms.find(ledger, "kopi")
    assert await told(ledger, now) == [storm.case]
    for number in storm.waiting[:3]:
        draft = await write(ledger, number, "Here you are.", now)
        assert (await approve(ledger, deployed, number, draft, "sari", now)).accepted
        await cases.retry(ledger, number, "statement", now)
    assert await told(ledger, now) == [storm.waiting[0]]
    assert await told(ledger, now) == []

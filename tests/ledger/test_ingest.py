"""Events in: once each, decided, grouped, with what the ledger knows added."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import func, select, text

from remit.ledger import Ledger, cases, holds, journal, outbox
from remit.ledger.ingest import cursor_of, ingest
from remit.ledger.tables import event as events
from remit.ledger.tables import journal as lines
from remit.ledger.tables import said
from remit.model import InputError, Play, Severity, State


@pytest.fixture
def take(ledger, playbook, decider, now):
    """`await take(arrival(...), ...)`: one batch."""

    async def ingested(*arrivals, **more):
        given = {"channel": "bsky", "now": now} | more
        return await ingest(ledger, playbook, decider, arrivals, **given)

    return ingested


async def count(ledger, query) -> int:
    async with ledger.read() as tx:
        number: int = (await tx.execute(query)).scalar_one()
        return number


async def test_a_complaint_becomes_an_owned_case_with_its_due_times(ledger, take, arrival, now):
    done = await take(arrival("1", "refund please", language="en"), cursor="c1")
    [number] = done.opened
    assert (done.stored, done.duplicates, done.joined) == (1, 0, ())
    case = await cases.get(ledger, number)
    assert (case.owner, case.rule, case.state) == ("cm", "refund", State.open)
    assert (case.subject, case.thread, case.language) == ("1", "root", "en")
    assert case.topics == ("refund",)
    assert case.first_response_due == now + timedelta(hours=1)
    assert case.resolution_due == now + timedelta(days=2)
    assert (case.approval, case.playbook, case.attempt) == ("replies", "playbook-1", 1)
    assert await cursor_of(ledger, "kopi", "bsky") == "c1"
    [told] = await outbox.pending(ledger)
    assert (told.kind, told.case, told.attempt, told.role) == ("remit.case.opened", number, 1, "cm")
    assert [line.kind for line in await journal.of_case(ledger, number)] == [
        "event.stored",
        "case.opened",
    ]


async def test_ten_thousand_events_twice_are_ten_thousand_events(ledger, take, arrival):
    words = ("refund", "question", "hello")
    came = [
        arrival(str(n), f"{words[n % 3]} {n}", author=f"a{n % 900}", thread=f"t{n % 70}", after=n)
        for n in range(10_000)
    ]
    state = []
    for _ in range(2):
        results = [await take(*came[start : start + 500]) for start in range(0, 10_000, 500)]
        state.append((await cases.find(ledger), await outbox.pending(ledger, limit=100_000)))
    assert state[0] == state[1]
    assert sum(done.stored for done in results) == 0
    stored = select(func.count()).where(lines.c.kind == "event.stored")
    assert await count(ledger, stored) == 10_000
    assert await count(ledger, select(func.count()).select_from(events)) == 10_000


async def test_the_same_message_twice_in_a_batch_is_a_reply_before_a_comment(ledger, take, arrival):
    kinds = ("mention", "reply", "comment")
    done = await take(*(arrival("1", kind=f"conversation.{kind}") for kind in kinds))
    assert (done.stored, done.duplicates, len(done.opened)) == (1, 2, 1)
    assert (await cases.subject(ledger, done.opened[0])).kind == "conversation.reply"
    assert (await take(arrival("1", kind="conversation.mention"))).duplicates == 1


async def test_two_peoples_complaints_under_one_post_are_two_cases(take, arrival):
    done = await take(arrival("1", "refund now"), arrival("2", "refund too", author="budi"))
    assert len(done.opened) == 2


async def test_the_author_writing_again_joins_the_open_case(ledger, take, arrival):
    [number] = (await take(arrival("1", "refund now"))).opened
    done = await take(arrival("2", "refund when", after=60))
    assert (done.opened, done.joined) == ((), (number,))
    case = await cases.get(ledger, number)
    assert (case.subject, case.thread_revision, case.attempt) == ("2", 1, 1)
    assert len(await outbox.pending(ledger)) == 1


async def test_one_that_arrives_late_does_not_become_the_one_to_be_answered(ledger, take, arrival):
    [number] = (await take(arrival("2", "refund when", after=60))).opened
    await take(arrival("1", "refund now"))
    assert (await cases.get(ledger, number)).subject == "2"


async def test_a_crisis_inside_a_refund_thread_is_its_own_case_linked(ledger, take, arrival, now):
    [first] = (await take(arrival("1", "refund now"))).opened
    [second] = (await take(arrival("2", "crisis safety", after=5))).opened
    crisis = await cases.get(ledger, second)
    assert (crisis.severity, crisis.linked) == (Severity.critical, first)
    assert (crisis.ladder_started_at, len(crisis.escalation)) == (now, 3)
    [hold] = await holds.active(ledger, "kopi", now)
    assert (hold.case, hold.role) == (second, "smm")
    refund = await cases.get(ledger, first)
    assert (refund.subject, refund.state, refund.thread_revision) == ("1", State.open, 1)


async def test_a_crisis_and_a_refund_in_one_batch_are_two_linked_cases(ledger, take, arrival):
    done = await take(arrival("1", "refund now"), arrival("2", "crisis safety", after=5))
    first, second = done.opened
    assert (await cases.get(ledger, second)).linked == first


async def test_another_crisis_message_joins_the_crisis(ledger, take, arrival, now):
    done = await take(arrival("1", "crisis safety"), arrival("2", "crisis safety", after=5))
    [number] = done.opened
    assert (await take(arrival("3", "crisis safety", after=9))).joined == (number,)
    assert len(await holds.active(ledger, "kopi", now)) == 1


async def test_another_role_gets_its_own_case(ledger, take, arrival):
    [first] = (await take(arrival("1", "refund now"))).opened
    [second] = (await take(arrival("2", "creator offer", after=5))).opened
    case = await cases.get(ledger, second)
    assert (case.owner, case.linked) == ("smm", first)


async def test_what_is_only_logged_opens_no_case(ledger, take, arrival):
    done = await take(arrival("1", None, kind="audience.reaction"))
    assert (done.stored, done.opened) == (1, ())
    assert await outbox.pending(ledger) == []


async def test_history_is_stored_and_opens_no_case(ledger, take, arrival):
    done = await take(arrival("1", "refund now"), open_cases=False)
    assert (done.stored, done.opened) == (1, ())
    async with ledger.read() as tx:
        row = (await tx.execute(select(events))).one()
    assert (row.rule, row.owner, row.play) == ("refund", "cm", Play.log.value)


async def test_a_brief_opens_a_campaign(ledger, take, arrival):
    brief = arrival("b", None, author=None, kind="content.brief", channel=None, thread=None)
    done = await take(brief, channel=None)
    case = await cases.get(ledger, done.opened[0])
    assert (case.play, case.owner, case.channel) == (Play.campaign, "smm", None)


async def test_a_message_after_the_answer_opens_the_case_again(ledger, take, arrival, now):
    [number] = (await take(arrival("1", "refund now"))).opened
    await cases.resolve(ledger, number, "sari", "done", "cli", now)
    later = now + timedelta(hours=3)
    done = await take(arrival("2", "refund still", after=3 * 3600), now=later)
    assert done.joined == (number,)
    case = await cases.get(ledger, number)
    assert (case.state, case.attempt, case.subject) == (State.reopened, 2, "2")
    assert case.first_response_due == later + timedelta(hours=1)
    assert (case.resolved_at, case.outcome, case.lease_run) == (None, None, None)
    told = [(out.kind, out.attempt) for out in await outbox.pending(ledger)]
    assert told[-1] == ("remit.case.opened", 2)


async def test_a_message_long_after_the_answer_is_a_new_case(ledger, take, arrival, now):
    [number] = (await take(arrival("1", "refund now"))).opened
    await cases.resolve(ledger, number, "sari", "done", "cli", now)
    done = await take(arrival("2", "refund still", after=25 * 3600))
    assert (len(done.opened), done.joined) == (1, ())


async def test_a_message_soon_after_a_late_answer_opens_the_case_again(ledger, take, arrival, now):
    [number] = (await take(arrival("1", "refund now"))).opened
    answered = now + timedelta(hours=30)
    await cases.resolve(ledger, number, "sari", "done", "cli", answered)
    soon = arrival("2", "refund still", after=30.1 * 3600)
    assert (await take(soon, now=answered)).joined == (number,)


async def test_an_edit_is_a_revision_and_moves_the_thread(ledger, take, arrival):
    [number] = (await take(arrival("1", "refund now"))).opened
    done = await take(arrival("1", "refund NOW", revision="2"))
    assert done.joined == (number,)
    case = await cases.get(ledger, number)
    assert (case.subject, case.thread_revision) == ("1", 1)
    assert (await cases.subject(ledger, number)).text == "refund NOW"


async def test_an_edit_that_becomes_a_crisis_is_its_own_case(ledger, take, arrival):
    await take(arrival("1", "question why"))
    done = await take(arrival("1", "crisis safety", revision="2"))
    assert len(done.opened) == 1


async def test_a_deleted_message_tells_the_case(ledger, take, arrival):
    [number] = (await take(arrival("1", "refund now"))).opened
    done = await take(arrival("1", None, author=None, deleted=True))
    assert (done.stored, done.opened) == (1, ())
    case = await cases.get(ledger, number)
    assert case.thread_revision == 1
    assert await cases.notice(ledger, number) == "author_deleted"
    assert (await take(arrival("1", None, author=None, deleted=True))).stored == 0


async def test_the_contact_list_has_the_word_on_who_somebody_is(take, arrival, decider):
    await take(
        arrival("1", author="WARTA"),
        arrival("2", author="tia", fields={"order_value": Decimal("12.50")}),
        arrival("3", author="budi"),
    )
    warta, tia, budi = decider.asked
    assert warta.author.relation == "press"
    assert (tia.author.relation, tia.fields) == (
        "customer",
        {"tier": "gold", "order_value": Decimal("12.50")},
    )
    assert budi.author.relation is None


async def test_the_event_comes_back_as_it_was_decided(ledger, take, arrival, decider):
    fields = {"order_value": Decimal("12.50"), "vip": True, "code": "12"}
    done = await take(arrival("1", author="budi", fields=fields, toxicity=Decimal("0.3")))
    assert await cases.subject(ledger, done.opened[0]) == decider.asked[0]


async def test_a_comment_hangs_under_our_own_post(take, arrival, decider):
    await take(arrival("p", "new menu", author="kopi", ours=True, thread=None, parent=None))
    await take(arrival("1", thread="p"), arrival("2", thread="elsewhere", under="ad"))
    await take(arrival("3", thread="elsewhere"))
    assert [event.under for event in decider.asked] == [None, "organic", "ad", "none"]


async def test_a_comment_hangs_under_a_post_of_the_same_batch(take, arrival, decider):
    await take(
        arrival("1", thread="p", after=5),
        arrival("p", "new menu", author="kopi", ours=True, thread=None, parent=None),
    )
    assert [event.under for event in decider.asked] == [None, "organic"]


async def test_the_journal_holds_neither_text_nor_handle(ledger, take, arrival):
    [number] = (await take(arrival("1", "refund rahasia", author="rahasia"))).opened
    await cases.resolve(ledger, number, "sari", "rahasia words", "cli", arrival("1").event.time)
    async with ledger.read() as tx:
        written = (await tx.execute(select(lines))).all()
        outs = (await tx.execute(text("SELECT * FROM outbox"))).all()
        assert (await tx.execute(select(said.c.handle))).scalar() == "rahasia.example"
    assert written
    assert "rahasia" not in repr(written) + repr(outs)


async def test_a_failure_stores_nothing_and_leaves_the_cursor(ledger, take, arrival, playbook, now):
    class Broken:
        def decide(self, event):
            raise RuntimeError("out of memory")

    await take(arrival("1"), cursor="c1")
    came = [arrival("2")]
    with pytest.raises(RuntimeError):
        await ingest(ledger, playbook, Broken(), came, channel="bsky", cursor="c2", now=now)
    assert await cursor_of(ledger, "kopi", "bsky") == "c1"
    assert (await take(*came)).stored == 1


async def test_a_cursor_needs_its_channel(take, arrival):
    with pytest.raises(InputError, match="name the channel"):
        await take(arrival("1"), channel=None, cursor="c1")


async def test_the_same_batch_from_several_sides_at_once_is_stored_once(
    ledger, ledger_url, playbook, decider, arrival, now
):
    came = [
        arrival(str(n), "refund now", author=f"a{n % 7}", thread=f"t{n % 3}", after=n)
        for n in range(200)
    ]
    sides = [ledger, *[await Ledger.open(ledger_url) for _ in range(3)]]
    results = await asyncio.gather(
        *(
            ingest(side, playbook, decider, came[start : start + 50], channel="bsky", now=now)
            for start in range(0, 200, 50)
            for side in sides
        )
    )
    for side in sides[1:]:
        await side.close()
    assert sum(done.stored for done in results) == 200
    found = await cases.find(ledger)
    assert len(found) == 21
    assert len({(case.thread, case.subject) for case in found}) == 21
    assert len(await outbox.pending(ledger, limit=1000)) == 21

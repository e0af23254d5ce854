"""The threads of open cases are read again: all of it is kept, and what is new starts another run."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import update

from remit.ledger import cases, outbox, reading, waits
from remit.ledger.clocks import Clocks
from remit.ledger.tables import publication
from remit.model import Message, State, Thread

MINUTE = timedelta(minutes=1)


@pytest.fixture
def message(now):
    def make(name, author="tia", after=0.0, **more):
        values = {
            "parent": "root",
            "author_id": f"did:{author}",
            "handle": f"{author}.example",
            "text": f"words of {author}",
            "time": now + after * MINUTE,
        }
        return Message(id=name, **(values | more))

    return make


@pytest.fixture
def read(ledger, deployed, now):
    async def seen(case, *messages, complete=True, at=now):
        thread = Thread(root="root", messages=messages, read_at=at, complete=complete)
        return await reading.refreshed(ledger, case, thread, Clocks(deployed), at)

    return seen


async def due(ledger, now, limit=10):
    return [case.id for case in await reading.due(ledger, "kopi", now, limit)]


async def told(ledger) -> int:
    return [out.kind for out in await outbox.pending(ledger)].count("remit.case.opened")


async def test_parents_and_bystanders_are_kept_with_what_came_in(ledger, opened, read, message):
    case = await opened()
    before = await cases.get(ledger, case)
    root = message("root", "warta", after=-60, parent=None)
    for _ in range(2):
        found = await read(case, root, message("1"), message("2", "budi", after=1))
        assert found == before
    said = await cases.conversation(ledger, case)
    assert [(one.id, one.handle, one.text) for one in said] == [
        ("root", "warta.example", "words of warta"),
        ("1", "tia.example", "refund please"),
        ("2", "budi.example", "words of budi"),
    ]
    assert said[1].url == "https://example.com/1"


async def test_what_is_gone_from_a_whole_reading_is_kept_without_its_words(
    ledger, opened, read, message
):
    case = await opened()
    await read(case, message("1"), message("2", "budi", after=1))
    await read(case, message("1"), complete=False)
    assert [one.deleted for one in await cases.conversation(ledger, case)] == [False, False]
    await read(case, message("1"))
    assert [(one.deleted, one.text) for one in await cases.conversation(ledger, case)] == [
        (False, "refund please"),
        (True, ""),
    ]


async def test_a_newer_version_is_read_as_it_stands_now(ledger, opened, read, message, now):
    case = await opened()
    await read(case, message("1", revision="2", text="refund now"), at=now + MINUTE)
    assert [one.text for one in await cases.conversation(ledger, case)] == ["refund now"]


async def test_a_message_that_listening_missed_starts_another_run_once(
    ledger, drafted, read, message, now
):
    case, _ = await drafted()
    for _ in range(2):
        found = await read(case, message("1"), message("2", after=3), at=now + 5 * MINUTE)
        assert (found.state, found.attempt, found.draft) == (State.open, 2, None)
        assert (found.lease_run, found.thread_revision) == (None, 1)
    assert await told(ledger) == 2
    assert await cases.notice(ledger, case) == "author_wrote_again"


async def test_it_ends_a_wait_from_when_it_was_written(
    ledger, deployed, opened, read, message, now
):
    case = await opened()  # due in an hour
    await waits.wait(ledger, case, deployed, "sari", "author", "", "cli", now + 10 * MINUTE)
    found = await read(case, message("1"), message("2", after=120), at=now + 125 * MINUTE)
    assert (found.state, found.first_response_due) == (State.open, now + 170 * MINUTE)


async def test_an_answer_given_outside_ends_the_case(opened, read, message):
    case = await opened()
    found = await read(case, message("1"), message("2", "kopi", after=1, parent="1", ours=True))
    assert (found.state, found.outcome) == (State.responded, "responded_outside")


async def test_our_own_answer_whose_fate_is_open_is_not_taken_for_one_from_outside(
    ledger, drafted, rule, read, message
):
    case, draft = await drafted()
    await rule(case, draft, "approve", "sari")
    async with ledger.write() as tx:
        await tx.execute(update(publication).values(state="sending"))
    found = await read(case, message("1"), message("2", "kopi", after=1, parent="1", ours=True))
    assert found.state is State.drafted
    assert [one.id for one in await cases.conversation(ledger, case)] == ["1", "2"]


async def test_whose_turn_it_is(ledger, opened, read, message, now):
    first = await opened()
    second = await opened(message="2", author="budi")
    third = await opened(message="3", author="cici")
    await cases.resolve(ledger, third, "sari", "", "cli", now)
    assert await due(ledger, now) == [first, second]
    await read(first, message("1"))
    await reading.missed(ledger, second, now + MINUTE)
    assert await due(ledger, now) == []
    assert await due(ledger, now + 2 * MINUTE) == [first, second]
    assert await due(ledger, now + 2 * MINUTE, 1) == [first]


async def test_of_a_very_long_thread_the_way_to_the_message_is_kept(ledger, opened, read, message):
    case = await opened()
    crowd = [message(f"b{n}", "budi", after=n) for n in range(1, 400)]
    await read(case, message("root", "warta", after=-60, parent=None), message("1"), *crowd)
    said = [one.id for one in await cases.conversation(ledger, case)]
    assert len(said) == 200
    assert {"root", "1", "b399"} <= set(said)
    assert "b1" not in said

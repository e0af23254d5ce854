"""What became of a sending, said once or twice."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from remit.ledger import cases, drafts, journal, publications, slots
from remit.model import Counts, PublicationState, Receipt, Refused, SlotState, State


async def test_a_published_reply_answers_its_case_once(stage: Any) -> None:
    reply = await stage.reply()
    await stage.begin(reply)
    receipt = Receipt(id="p1", url="https://example.com/p1", time=stage.at(2))
    for _ in range(2):
        done = await publications.record_published(stage.ledger, reply.id, receipt, stage.at(3))
        assert done.state is PublicationState.published
        assert done.receipt == receipt
    case = await cases.get(stage.ledger, reply.case)
    assert (case.state, case.outcome) == (State.responded, "responded")
    assert case.responded_at == stage.at(2)
    assert case.lease_run is None
    assert len(await stage.told("remit.case.responded")) == 1


async def test_a_reply_does_not_answer_what_was_written_while_it_was_under_way(stage: Any) -> None:
    reply = await stage.reply()
    await stage.begin(reply)
    await stage.change("case", reply.case, thread_revision=1)
    receipt = Receipt(id="p1", time=stage.at(2))
    await publications.record_published(stage.ledger, reply.id, receipt, stage.at(3))
    case = await cases.get(stage.ledger, reply.case)
    assert (case.state.finished, case.responded_at) == (False, stage.at(2))


async def test_a_receipt_from_a_clock_ahead_of_ours_counts_as_now(stage: Any) -> None:
    reply = await stage.reply()
    await stage.begin(reply)
    ahead = Receipt(id="p1", time=stage.at(3600))
    await publications.record_published(stage.ledger, reply.id, ahead, stage.at(3))
    assert (await cases.get(stage.ledger, reply.case)).responded_at == stage.at(3)


async def test_the_receipt_of_a_second_message_is_written_down(stage: Any) -> None:
    reply = await stage.reply()
    await stage.published(reply, "p1")
    twin = Receipt(id="p2", time=stage.now)
    again = await publications.record_published(stage.ledger, reply.id, twin, stage.now)
    assert again.receipt is not None
    assert again.receipt.id == "p1"
    kinds = [line.kind for line in await journal.of_case(stage.ledger, reply.case)]
    assert kinds.count("publication.doubled") == 1


async def test_a_reply_that_failed_is_still_owed(stage: Any) -> None:
    reply = await stage.reply()
    await stage.begin(reply)
    for _ in range(2):
        failed = await publications.record_failed(
            stage.ledger, reply.id, "content_refused", stage.now
        )
        assert (failed.state, failed.error) == (PublicationState.failed, "content_refused")
    case = await cases.get(stage.ledger, reply.case)
    assert (case.state, case.attempt, case.lease_run) == (State.open, 2, None)
    assert await cases.notice(stage.ledger, reply.case) == "content_refused"
    assert await drafts.current(stage.ledger, reply.case) is None
    assert [row.attempt for row in await stage.told("remit.case.opened")] == [1, 2]


async def test_a_failure_never_undoes_what_is_published(stage: Any) -> None:
    reply = await stage.reply()
    await stage.published(reply)
    late = await publications.record_failed(stage.ledger, reply.id, "timeout", stage.now)
    assert late.state is PublicationState.published
    late = await publications.record_unknown(stage.ledger, reply.id, "timeout", stage.now)
    assert late.state is PublicationState.published


async def test_a_person_settles_what_nobody_can_tell(stage: Any) -> None:
    reply = await stage.reply()
    await stage.begin(reply)
    await publications.record_unknown(stage.ledger, reply.id, "timeout", stage.at(60))
    told = await stage.told("remit.publication.unknown")
    assert [(row.case, row.role) for row in told] == [(reply.case, "cm")]
    assert await cases.notice(stage.ledger, reply.case) == "timeout"
    done = await publications.settle(stage.ledger, reply.id, True, "sari", stage.at(90))
    assert done.state is PublicationState.published
    assert (await cases.get(stage.ledger, reply.case)).state is State.responded
    receipt = Receipt(id="p1", time=stage.now)
    known = await publications.record_published(stage.ledger, reply.id, receipt, stage.at(99))
    assert known.receipt is not None
    assert known.receipt.id == "p1"


async def test_a_person_finds_it_was_not_published_and_the_case_goes_on(stage: Any) -> None:
    reply = await stage.reply()
    await stage.begin(reply)
    await publications.record_unknown(stage.ledger, reply.id, "timeout", stage.at(60))
    done = await publications.settle(stage.ledger, reply.id, False, "sari", stage.at(90))
    assert (done.state, done.error) == (PublicationState.failed, "not_published")
    assert (await cases.get(stage.ledger, reply.case)).state is State.open
    same = await publications.settle(stage.ledger, reply.id, False, "sari", stage.at(91))
    assert same.state is PublicationState.failed
    with pytest.raises(Refused, match="settled"):
        await publications.settle(stage.ledger, reply.id, True, "sari", stage.at(92))


async def test_nobody_settles_what_is_still_being_sent(stage: Any) -> None:
    reply = await stage.reply()
    await stage.begin(reply)
    with pytest.raises(Refused, match="wait for it"):
        await publications.settle(stage.ledger, reply.id, False, "sari", stage.at(5))


async def test_only_what_is_prepared_can_be_voided(stage: Any) -> None:
    reply = await stage.reply()
    voided = await publications.void(stage.ledger, reply.id, "rejected", stage.now)
    assert voided.state is PublicationState.voided
    assert (await publications.void(stage.ledger, reply.id, "x", stage.now)).error == "rejected"
    other = await stage.reply(await stage.case(2), run="run-1")
    await stage.begin(other)
    with pytest.raises(Refused, match="too late"):
        await publications.void(stage.ledger, other.id, "rejected", stage.now)


async def test_sendings_past_their_deadline_are_listed(stage: Any) -> None:
    reply = await stage.reply()
    await stage.begin(reply)
    assert await publications.unsettled(stage.ledger, stage.at(30)) == []
    [late] = await publications.unsettled(stage.ledger, stage.at(31))
    assert late.id == reply.id


async def test_a_post_that_failed_lies_with_its_owner_and_may_get_another_time(stage: Any) -> None:
    slot, _ = await stage.campaign()
    post = await stage.claimed(slot, stage.at(60))
    await stage.begin(post, now=stage.at(60))
    await publications.record_failed(stage.ledger, post.id, "content_refused", stage.at(61))
    assert (await slots.get(stage.ledger, slot.id)).state is SlotState.failed
    assert len(await stage.told("remit.slot.failed")) == 1
    again = await slots.retime(stage.ledger, slot.id, stage.at(300), "dewi", stage.at(90))
    assert again.state is SlotState.approved
    second = await stage.claimed(again, stage.at(300), "run-2")
    assert second.id != post.id
    assert second.key != post.key


async def test_the_newest_count_of_a_metric_counts(stage: Any) -> None:
    reply = await stage.reply()
    await stage.published(reply)
    [one] = await publications.measurable(stage.ledger, "kopi", stage.now - timedelta(days=1))
    assert one.id == reply.id
    assert await publications.measurable(stage.ledger, "kopi", stage.at(1)) == []
    for likes in (1, 4):
        await publications.record_counts(
            stage.ledger, reply.id, Counts(counts={"likes": likes}), stage.now
        )
    await publications.record_counts(stage.ledger, reply.id, Counts(), stage.now)


def test_keys_are_tids_that_sort_by_age_and_never_repeat() -> None:
    keys = [publications.new_key() for _ in range(5000)]
    assert len(set(keys)) == 5000
    assert keys == sorted(keys)
    assert {len(key) for key in keys} == {13}
    assert set("".join(keys)) <= set("234567abcdefghijklmnopqrstuvwxyz")
    assert all(key[0] in "234567abcdefghij" for key in keys)

"""The commit that decides."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest

from remit.ledger import Ledger, bundles, cases, holds, publications, slots
from remit.model import (
    Approval,
    HoldOrder,
    Prepared,
    PublicationState,
    Receipt,
    Refused,
    SlotState,
    State,
)


async def _code(asked: Awaitable[Any]) -> str:
    with pytest.raises(Refused) as refused:
        await asked
    return refused.value.code


async def test_an_approved_reply_of_the_run_that_holds_the_case_goes_out(stage: Any) -> None:
    reply = await stage.reply()
    sending = await stage.begin(reply)
    assert sending.state is PublicationState.sending
    assert sending.attempt == 1
    assert sending.prepared is not None
    assert sending.prepared.body == {"text": "Maaf ya, kami bantu."}
    assert sending.deadline == stage.at(30)


async def test_the_second_of_two_sendings_is_refused(stage: Any) -> None:
    reply = await stage.reply()
    await stage.begin(reply)
    assert await _code(stage.begin(reply)) == "already"


async def test_two_runs_that_race_for_one_publication_send_it_once(
    stage: Any, ledger_url: str
) -> None:
    """Each has a ledger of its own, as two workers have; the lease moves between them meanwhile."""
    reply = await stage.reply()
    first, second = await Ledger.open(ledger_url), await Ledger.open(ledger_url)

    async def send(ledger: Ledger, run: str) -> str:
        try:
            await publications.begin_sending(
                ledger,
                reply.id,
                run=run,
                prepared=Prepared(key=reply.key, body={"by": run}),
                hash=reply.hash,
                thread_revision=0,
                thread_read_at=stage.now,
                playbook=stage.playbook,
                now=stage.now,
                deadline=stage.at(30),
            )
        except Refused as refused:
            return refused.code
        return "sent"

    try:
        both = [send(first, "run-1"), send(second, "run-2"), send(second, "run-1")]
        said = sorted(await asyncio.gather(*both))
    finally:
        await first.close()
        await second.close()
    assert said.count("sent") == 1
    assert set(said) <= {"sent", "already", "lease_lost"}
    assert (await publications.get(stage.ledger, reply.id)).attempt == 1


async def test_many_tasks_of_one_run_send_a_publication_once(stage: Any) -> None:
    reply = await stage.reply()

    async def send() -> bool:
        try:
            await stage.begin(reply)
        except Refused:
            return False
        return True

    assert sum(await asyncio.gather(*(send() for _ in range(8)))) == 1


Break = Callable[[Any, Any], Awaitable[dict[str, Any] | None]]


async def _another_run(stage: Any, reply: Any) -> dict[str, Any]:
    return {"run": "run-2"}


async def _lease_over(stage: Any, reply: Any) -> dict[str, Any]:
    later = stage.now + timedelta(minutes=6)
    return {"now": later}


async def _other_words(stage: Any, reply: Any) -> dict[str, Any]:
    return {"hash": "another"}


async def _other_key(stage: Any, reply: Any) -> dict[str, Any]:
    return {"prepared": Prepared(key="another", body={})}


async def _draft_voided(stage: Any, reply: Any) -> None:
    draft = (await stage.row("publication", reply.id)).draft
    await stage.change("draft", draft, voided="rejected")


async def _draft_rewritten(stage: Any, reply: Any) -> None:
    draft = (await stage.row("publication", reply.id)).draft
    await stage.change("draft", draft, text="Something nobody has read.")


async def _approval_withdrawn(stage: Any, reply: Any) -> None:
    await stage.change("approval", 1, accepted=False)


async def _approver_left(stage: Any, reply: Any) -> dict[str, Any]:
    role = stage.playbook.roles["cm"].model_copy(update={"people": ("bayu",)})
    return {
        "playbook": stage.playbook.model_copy(update={"roles": stage.playbook.roles | {"cm": role}})
    }


async def _two_are_needed(stage: Any, reply: Any) -> dict[str, Any]:
    two = {"replies": Approval(id="replies", by=("cm",), count=2)}
    return {"playbook": stage.playbook.model_copy(update={"approvals": two})}


async def _verified_is_needed(stage: Any, reply: Any) -> dict[str, Any]:
    sure = {"replies": Approval(id="replies", by=("cm",), identity="verified")}
    return {"playbook": stage.playbook.model_copy(update={"approvals": sure})}


async def _approval_gone(stage: Any, reply: Any) -> dict[str, Any]:
    return {"playbook": stage.playbook.model_copy(update={"approvals": {}})}


async def _author_wrote(stage: Any, reply: Any) -> None:
    await stage.change("case", reply.case, thread_revision=1)


async def _author_wrote_after_the_draft(stage: Any, reply: Any) -> dict[str, Any]:
    await stage.change("case", reply.case, thread_revision=1)
    return {"thread_revision": 1}


async def _read_long_ago(stage: Any, reply: Any) -> dict[str, Any]:
    return {"thread_read_at": stage.at(-11)}


async def _never_read(stage: Any, reply: Any) -> dict[str, Any]:
    return {"thread_read_at": None, "thread_revision": None}


async def _stopped(stage: Any, reply: Any) -> None:
    await bundles.stop(stage.ledger, "kopi", "storm", "ratna", stage.now)


async def _watching(stage: Any, reply: Any) -> dict[str, Any]:
    watch = stage.playbook.channels["bsky"].model_copy(update={"mode": "watch"})
    return {"playbook": stage.playbook.model_copy(update={"channels": {"bsky": watch}})}


async def _no_such_channel(stage: Any, reply: Any) -> dict[str, Any]:
    return {"playbook": stage.playbook.model_copy(update={"channels": {}})}


async def _old_playbook(stage: Any, reply: Any) -> dict[str, Any]:
    return {"playbook": stage.playbook.model_copy(update={"hash": "older"})}


async def _answered_meanwhile(stage: Any, reply: Any) -> None:
    await stage.change("case", reply.case, state="responded")


async def _voided(stage: Any, reply: Any) -> None:
    await publications.void(stage.ledger, reply.id, "rejected", stage.now)


@pytest.mark.parametrize(
    ("broken", "code"),
    [
        (_another_run, "lease_lost"),
        (_lease_over, "lease_lost"),
        (_other_words, "draft_changed"),
        (_other_key, "draft_changed"),
        (_draft_voided, "draft_changed"),
        (_draft_rewritten, "draft_changed"),
        (_approval_withdrawn, "not_approved"),
        (_approver_left, "not_approved"),
        (_two_are_needed, "not_approved"),
        (_verified_is_needed, "not_approved"),
        (_approval_gone, "not_approved"),
        (_author_wrote, "thread_moved"),
        (_author_wrote_after_the_draft, "thread_moved"),
        (_read_long_ago, "thread_stale"),
        (_never_read, "thread_stale"),
        (_stopped, "stopped"),
        (_watching, "watch"),
        (_no_such_channel, "watch"),
        (_old_playbook, "playbook_changed"),
        (_answered_meanwhile, "case_finished"),
        (_voided, "draft_changed"),
    ],
)
async def test_nothing_is_sent(stage: Any, broken: Break, code: str) -> None:
    reply = await stage.reply()
    over = await broken(stage, reply) or {}
    before = (await publications.get(stage.ledger, reply.id)).state
    if code == "thread_moved" and "thread_revision" not in over:
        over["thread_revision"] = 0
    assert await _code(stage.begin(reply, **over)) == code
    after = await publications.get(stage.ledger, reply.id)
    assert after.state is before
    assert after.attempt == 0


async def test_a_second_reply_waits_until_the_first_is_settled(stage: Any) -> None:
    case = await stage.case()
    first = await stage.reply(case)
    await stage.begin(first)
    await publications.record_unknown(stage.ledger, first.id, "timeout", stage.now)
    await cases.retry(stage.ledger, case, "run_lost", stage.now)
    draft = await stage.drafted(case, "run-2")
    ruled = await stage.ruled(case, draft, "bayu")
    if ruled.publication == first.id:  # the same words are the same reply, already out there
        second = await publications.get(stage.ledger, first.id)
        assert await _code(stage.begin(second, run="run-2")) == "already"
    else:
        second = await publications.get(stage.ledger, ruled.publication)
        assert await _code(stage.begin(second, run="run-2")) == "unsettled"


async def test_sending_again_is_refused_before_the_deadline_and_under_a_stop(stage: Any) -> None:
    reply = await stage.reply()
    await stage.begin(reply)
    again = publications.resend
    assert await _code(again(stage.ledger, reply.id, stage.at(5), stage.at(60))) == "already"
    await bundles.stop(stage.ledger, "kopi", "storm", "ratna", stage.now)
    assert await _code(again(stage.ledger, reply.id, stage.at(40), stage.at(60))) == "stopped"
    await bundles.lift(stage.ledger, "kopi", "ratna", stage.now)
    sent = await again(stage.ledger, reply.id, stage.at(40), stage.at(70))
    assert (sent.state, sent.attempt) == (PublicationState.sending, 2)
    assert sent.prepared is not None
    assert sent.prepared.body == {"text": "Maaf ya, kami bantu."}
    assert await _code(again(stage.ledger, reply.id, stage.at(50), stage.at(90))) == "already"


async def test_what_is_published_is_never_sent_again(stage: Any) -> None:
    reply = await stage.reply()
    await stage.published(reply)
    later = publications.resend(stage.ledger, reply.id, stage.at(100), stage.at(130))
    assert await _code(later) == "already"


async def test_a_post_is_refused_under_a_hold_and_goes_back_to_its_owner(stage: Any) -> None:
    slot, _ = await stage.campaign()
    post = await stage.claimed(slot, stage.at(60))
    crisis = await stage.case(2)
    async with stage.ledger.write() as tx:
        await holds.place(
            tx, brand="kopi", case=crisis, order=HoldOrder(posts_of="smm"), now=stage.at(61)
        )
    assert await _code(stage.begin(post, now=stage.at(62))) == "held"
    assert (await slots.get(stage.ledger, slot.id)).state is SlotState.returned
    assert (await publications.get(stage.ledger, post.id)).state is PublicationState.prepared
    assert [row.slot for row in await stage.told("remit.slot.returned")] == [slot.id]


async def test_a_reply_goes_out_under_a_hold_of_posts(stage: Any) -> None:
    reply = await stage.reply()
    async with stage.ledger.write() as tx:
        order = HoldOrder(posts_of="cm")
        await holds.place(tx, brand="kopi", case=reply.case, order=order, now=stage.now)
    assert (await stage.begin(reply)).state is PublicationState.sending


async def test_a_post_of_a_writer_who_approved_it_alone_is_not_sent(stage: Any) -> None:
    slot, _ = await stage.campaign()
    post = await stage.claimed(slot, stage.at(60))
    brief = stage.playbook.campaigns["ramadan"].model_copy(update={"writer": "ratna"})
    stage.playbook = stage.playbook.model_copy(update={"campaigns": {"ramadan": brief}})
    assert await _code(stage.begin(post, now=stage.at(60))) == "not_approved"


async def test_a_post_whose_words_changed_after_its_approval_is_not_sent(stage: Any) -> None:
    slot, _ = await stage.campaign()
    await stage.change("slot", slot.id, text="Kopi gratis!")
    post = await stage.claimed(slot, stage.at(60))
    assert await _code(stage.begin(post, now=stage.at(60))) == "draft_changed"
    assert (await slots.get(stage.ledger, slot.id)).state is SlotState.returned


async def test_an_approved_post_goes_out_once(stage: Any) -> None:
    slot, _ = await stage.campaign()
    post = await stage.claimed(slot, stage.at(60))
    await stage.begin(post, now=stage.at(60))
    assert await _code(stage.begin(post, now=stage.at(60))) == "already"
    receipt = Receipt(id="p1", time=stage.at(61))
    await publications.record_published(stage.ledger, post.id, receipt, stage.at(61))
    assert (await slots.get(stage.ledger, slot.id)).state is SlotState.published
    assert (await cases.get(stage.ledger, post.case)).state is not State.resolved


async def test_a_post_of_a_campaign_that_was_closed_meanwhile_is_not_sent(stage: Any) -> None:
    slot, other = await stage.campaign()
    post = await stage.claimed(slot, stage.at(60))
    await cases.resolve(stage.ledger, slot.case, "ratna", "cancelled", "cli", stage.at(60))
    assert await _code(stage.begin(post, now=stage.at(60))) == "case_finished"
    for each in (slot, other):
        assert (await slots.get(stage.ledger, each.id)).state is SlotState.dropped

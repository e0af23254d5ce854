"""The sandbox through its adapter: what arrives, what is read back, and what the faults do."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime, timedelta

import pytest

from integrations.sandbox.adapter import SandboxPlatform
from integrations.sandbox.control import Sandbox
from remit.model import (
    Arrival,
    Content,
    ContentRefused,
    Gone,
    Media,
    NotAllowed,
    OutcomeUnknown,
    Prepared,
    Receipt,
    Retryable,
)

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de"
    "0000000c49444154789c63b86868040003100130d1e8a5b90000000049454e44ae426082"
)


def soon() -> datetime:
    return datetime.now(UTC) + timedelta(seconds=30)


async def ready(platform: SandboxPlatform, text: str, key: str, **more) -> Prepared:
    return await platform.prepare(Content(text=text, **more), key, datetime.now(UTC))


async def publish(platform: SandboxPlatform, text: str, key: str, **more) -> Receipt:
    return await platform.send(await ready(platform, text, key, **more), soon())


async def hear(platform: SandboxPlatform, cursor: str) -> dict[str, Arrival]:
    batch = await platform.listen(cursor)
    return {arrival.event.id: arrival for arrival in batch.arrivals}


@pytest.fixture
def platform(connected) -> SandboxPlatform:
    made: SandboxPlatform = connected()
    return made


async def test_each_interaction_arrives_as_its_kind(sandbox: Sandbox, platform):
    cursor = (await platform.listen(None)).cursor
    await sandbox.account("sari", name="Sari W.", followers=1200, verified=True)
    post = await publish(platform, "Kopi susu baru!", "k1")
    comment = await sandbox.write("sari", "enak ga?", under=post.id, language="id")
    answer = await publish(platform, "Enak dong", "k2", reply_to=comment)
    reply = await sandbox.write("sari", "oke!", under=answer.id)
    deep = await sandbox.write("bayu", "ikut dong", under=comment)
    mention = await sandbox.write("bayu", "ke @Kopi yuk")
    unrelated = await sandbox.write("bayu", "ke @kopian yuk, mail@kopi.id")
    await sandbox.like("sari", post.id)
    await sandbox.repost("bayu", post.id)
    await sandbox.follow("bayu", "kopi")
    heard = await hear(platform, cursor)
    kinds = {one: arrival.event.kind for one, arrival in heard.items()}
    assert kinds[post.id] == "content.published"
    assert kinds[comment] == "conversation.comment"
    assert kinds[answer.id] == "conversation.reply"
    assert kinds[reply] == "conversation.reply"
    assert kinds[deep] == "conversation.comment"
    assert kinds[mention] == "conversation.mention"
    assert unrelated not in heard
    assert sorted(kinds.values())[:3] == ["audience.follow", "audience.reaction", "audience.share"]
    assert len(heard) == 9
    event = heard[comment].event
    assert (event.text, event.language, event.thread, event.parent, event.ours, event.channel) == (
        "enak ga?",
        "id",
        post.id,
        post.id,
        False,
        "page",
    )
    assert event.author is not None
    assert (event.author.handle, event.author.followers, event.author.verified) == (
        "sari",
        1200,
        True,
    )
    assert heard[post.id].event.ours
    assert heard[answer.id].key == "k2"
    assert heard[comment].url == f"{sandbox.url}/posts/{comment}"


async def test_edits_and_deletions_arrive_as_revisions(sandbox: Sandbox, platform):
    cursor = (await platform.listen(None)).cursor
    post = await sandbox.write("sari", "@kopi mahal")
    await sandbox.edit("sari", post, "mahal banget")
    await sandbox.delete("sari", post)
    batch = await platform.listen(cursor)
    assert [(a.event.id, a.revision, a.event.text, a.deleted) for a in batch.arrivals] == [
        (post, "1", "@kopi mahal", False),
        (post, "2", "mahal banget", False),
        (post, "3", "", True),
    ]
    with pytest.raises(Gone):
        await platform.thread(post)


async def test_long_history_comes_in_pages_and_only_when_asked_for(sandbox: Sandbox, platform):
    start = datetime.now(UTC)
    written = [await sandbox.write("sari", f"@kopi {n}") for n in range(60)]
    assert (await platform.listen(None)).arrivals == ()
    batch = await platform.listen(None, start)
    heard = [arrival.event.id for arrival in batch.arrivals]
    assert batch.more
    while batch.more:
        batch = await platform.listen(batch.cursor)
        heard += [arrival.event.id for arrival in batch.arrivals]
    assert heard == written


async def test_a_thread_is_read_with_root_keys_and_whose_is_whose(sandbox: Sandbox, platform):
    post = await publish(platform, "Halo", "k1")
    comment = await sandbox.write("sari", "hai", under=post.id)
    answer = await publish(platform, "Hai Sari", "k2", reply_to=comment)
    thread = await platform.thread(comment)
    assert thread.root == post.id
    assert [(m.id, m.parent, m.ours, m.key) for m in thread.messages] == [
        (post.id, None, True, "k1"),
        (comment, post.id, False, None),
        (answer.id, comment, True, "k2"),
    ]
    with pytest.raises(Gone):
        await platform.thread("../../about")


async def test_images_are_published_with_alt_text(sandbox: Sandbox, platform):
    media = (Media(name="a.png", mime="image/png", alt="Secangkir kopi", data=PNG),)
    await publish(platform, "Lihat", "k1", media=media)
    with pytest.raises(ContentRefused, match=r"b.gif must be image/png"):
        await ready(
            platform, "x", "k2", media=(Media(name="b.gif", mime="image/gif", alt="", data=b"x"),)
        )
    assert len(await sandbox.received("kopi")) == 1


async def test_counts_come_back_and_what_is_gone_is_left_out(sandbox: Sandbox, platform):
    post = await publish(platform, "Halo", "k1")
    await sandbox.like("sari", post.id)
    await sandbox.like("sari", post.id)
    await sandbox.like("bayu", post.id)
    await sandbox.write("sari", "hai", under=post.id)
    found = await platform.measure([post.id, "pnever"])
    assert {one: dict(counts.counts) for one, counts in found.items()} == {
        post.id: {"likes": 2, "reposts": 0, "replies": 1}
    }


async def test_a_reply_to_what_was_deleted_is_gone(sandbox: Sandbox, platform):
    post = await sandbox.write("sari", "@kopi hai")
    waiting = await ready(platform, "hai", "k1", reply_to=post)
    await sandbox.delete("sari", post)
    with pytest.raises(Gone):
        await platform.send(waiting, soon())


async def test_a_key_is_good_for_one_content(sandbox: Sandbox, platform):
    await publish(platform, "satu", "k1")
    with pytest.raises(ContentRefused, match="key_reused"):
        await publish(platform, "dua", "k1")
    assert len(await sandbox.received("kopi")) == 1


async def test_a_wrong_token_is_not_allowed(sandbox: Sandbox, sandbox_token):
    stranger = SandboxPlatform(sandbox.url, "kopi", type(sandbox_token)("wrong-token-1"))
    with pytest.raises(NotAllowed):
        await stranger.listen(None)
    await stranger.close()


async def test_without_idempotency_the_same_key_publishes_twice_and_is_declared(
    sandbox: Sandbox, platform
):
    await sandbox.faults(no_idempotency=True)
    waiting = await ready(platform, "satu", "k1")
    assert not platform.idempotent
    await platform.send(waiting, soon())
    await platform.send(waiting, soon())
    assert [message.key for message in await sandbox.received("kopi")] == ["k1", "k1"]


async def test_nothing_is_promised_before_the_sandbox_was_asked(connected):
    platform = connected()
    assert not platform.idempotent
    assert not platform.absence_is_proof
    await platform.refresh()
    assert platform.idempotent
    assert platform.absence_is_proof
    assert platform.settle == timedelta(0)


async def test_delayed_visibility_hides_own_writes_everywhere_and_then_shows_them(
    sandbox: Sandbox, platform
):
    cursor = (await platform.listen(None)).cursor
    await sandbox.faults(delayed_visibility=3)
    mention = await sandbox.write("sari", "@kopi hai")
    waiting = await ready(platform, "hai juga", "k1", reply_to=mention)
    assert platform.settle == timedelta(seconds=3)
    assert not platform.absence_is_proof
    receipt = await platform.send(waiting, soon())
    assert await platform.find(waiting) is None
    assert [m.id for m in (await platform.thread(mention)).messages] == [mention]
    batch = await platform.listen(cursor)
    assert [a.event.id for a in batch.arrivals] == [mention]
    # What arrives meanwhile must not push the cursor past what is still hidden.
    other = await sandbox.write("bayu", "@kopi halo")
    batch = await platform.listen(batch.cursor)
    assert [a.event.id for a in batch.arrivals] == [other]
    until = time.monotonic() + 10
    while await platform.find(waiting) is None and time.monotonic() < until:  # noqa: ASYNC110 - another process changes
        await asyncio.sleep(0.1)
    assert (await platform.find(waiting)).id == receipt.id
    assert [a.event.id for a in (await platform.listen(batch.cursor)).arrivals] == [receipt.id]
    assert [m.id for m in (await platform.thread(mention)).messages] == [mention, receipt.id]


async def test_a_500_and_a_dropped_connection_accept_nothing(sandbox: Sandbox, platform):
    waiting = await ready(platform, "satu", "k1")
    for name in ("fail_500", "fail_before_accept"):
        await sandbox.faults(**{name: {"next": 1}})
        with pytest.raises(OutcomeUnknown):
            await platform.send(waiting, soon())
        assert await sandbox.received("kopi") == ()
        assert await platform.find(waiting) is None
    await platform.send(waiting, soon())
    assert len(await sandbox.received("kopi")) == 1


async def test_a_rate_limit_says_when_to_come_back(sandbox: Sandbox, platform):
    waiting = await ready(platform, "satu", "k1")
    await sandbox.faults(rate_limit_429={"next": 1, "retry_after": 33})
    with pytest.raises(Retryable) as caught:
        await platform.send(waiting, soon())
    assert caught.value.retry_after == 33
    assert await sandbox.received("kopi") == ()


async def test_a_timeout_after_accepting_leaves_one_post_that_is_found_by_key(
    sandbox: Sandbox, platform
):
    waiting = await ready(platform, "satu", "k1")
    await sandbox.faults(timeout_after_accept={"next": 1, "seconds": 0.2})
    with pytest.raises(OutcomeUnknown):
        await platform.send(waiting, soon())
    found = await platform.find(waiting)
    assert found is not None
    assert (await platform.send(waiting, soon())).id == found.id
    assert len(await sandbox.received("kopi")) == 1


async def test_a_seeded_rate_strikes_the_same_requests_each_time(sandbox: Sandbox, platform):
    async def strikes() -> list[bool]:
        await sandbox.faults(fail_500=0.5, seed=7)
        seen = []
        for n in range(12):
            waiting = await ready(platform, f"{n}", f"k{n}")
            try:
                await platform.send(waiting, soon())
                seen.append(False)
            except OutcomeUnknown:
                seen.append(True)
        return seen

    first = await strikes()
    assert 0 < sum(first) < 12
    assert await strikes() == first


async def test_a_switch_that_does_not_exist_is_refused(sandbox: Sandbox):
    with pytest.raises(ContentRefused, match="fail_600"):
        await sandbox.faults(fail_600=True)

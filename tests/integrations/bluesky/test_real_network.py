"""The adapter on a real network: PLC, PDS and AppView."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from pydantic import SecretStr

from integrations.bluesky.adapter import BlueskyPlatform
from remit.model import Content, ContentRefused, Gone, Media, NotAllowed, Prepared
from tests.servers.processes import poll, poll_async

pytestmark = pytest.mark.server


def soon() -> datetime:
    return datetime.now(UTC) + timedelta(seconds=20)


class Ear:
    """Listens on, and keeps all that was heard."""

    def __init__(self, platform: BlueskyPlatform) -> None:
        self.platform = platform
        self.cursor: str | None = None
        self.heard: list = []

    async def listen(self) -> list:
        batch = await self.platform.listen(self.cursor)
        self.cursor = batch.cursor
        self.heard += batch.arrivals
        return list(batch.arrivals)

    async def until(self, count: int) -> list:
        async def enough() -> bool:
            await self.listen()
            return len(self.heard) >= count

        await poll_async(enough, every=0.2)
        return self.heard


@pytest.fixture
async def ear(channel) -> Ear:
    listener = Ear(channel)
    assert await listener.listen() == []
    return listener


async def publish(platform, key: str, content: Content):
    prepared = await platform.prepare(content, key, datetime.now(UTC))
    return await platform.send(Prepared.model_validate_json(prepared.model_dump_json()), soon())


async def test_a_fan_who_mentions_the_brand_is_heard_once(ear, brand, fan):
    fan.follow(brand.did)
    mention = fan.post("kopinya enak banget ☕", mention=brand)
    await ear.until(2)
    assert await ear.listen() == []
    said = next(each for each in ear.heard if each.event.id == mention.uri)
    assert said.revision == mention.cid
    assert said.event.kind == "conversation.mention"
    assert said.event.thread == mention.uri
    assert said.event.text == f"@{brand.handle} kopinya enak banget ☕"
    assert said.event.language == "en"
    assert said.event.author.id == fan.did
    assert said.event.author.handle == fan.handle
    assert said.event.author.followers == 0
    assert said.url == f"https://bsky.app/profile/{fan.handle}/post/{mention.rkey}"
    assert [each.event.kind for each in ear.heard].count("audience.follow") == 1


async def test_what_happened_before_the_first_listen_is_not_told(channel, brand, fan):
    fan.post("sebelum", mention=brand)
    brand.post("our older post")
    poll(lambda: brand.notifications("mention"))
    ear = Ear(channel)
    await ear.listen()
    fan.post("sesudah", mention=brand)
    (said,) = await ear.until(1)
    assert said.event.text.endswith("sesudah")


async def test_history_is_imported_since_a_moment(channel, brand, fan):
    moment = datetime.now(UTC) - timedelta(seconds=1)
    fan.post("import me", mention=brand)
    brand.post("ours, too")
    poll(lambda: brand.notifications("mention"))
    batch = await channel.listen(None, since=moment)
    assert {each.event.kind for each in batch.arrivals} == {
        "conversation.mention",
        "content.published",
    }


async def test_a_mention_whose_writers_clock_is_slow_is_heard(ear, brand, fan):
    early = (datetime.now(UTC) - timedelta(hours=5)).isoformat()
    feature = {"$type": "app.bsky.richtext.facet#mention", "did": brand.did}
    index = {"byteStart": 0, "byteEnd": len(brand.handle) + 1}
    fan.create(
        "app.bsky.feed.post",
        {
            "text": f"@{brand.handle} slow clock",
            "createdAt": early,
            "facets": [{"index": index, "features": [feature]}],
        },
    )
    (said,) = await ear.until(1)
    assert said.event.text.endswith("slow clock")


async def test_a_post_that_is_nested_beyond_reason_hides_no_other(ear, bluesky_network, brand, fan):
    feature = {"$type": "app.bsky.richtext.facet#mention", "did": brand.did}
    record = {
        "$type": "app.bsky.feed.post",
        "text": "@kopi dalam",
        "createdAt": datetime.now(UTC).isoformat(),
        "facets": [{"index": {"byteStart": 0, "byteEnd": 5}, "features": [feature]}],
        "odd": "NESTED",
    }
    body = json.dumps({"repo": fan.did, "collection": "app.bsky.feed.post", "record": record})
    async with httpx.AsyncClient(base_url=bluesky_network.pds) as client:
        response = await client.post(
            "/xrpc/com.atproto.repo.createRecord",
            content=body.replace('"NESTED"', "[" * 1500 + "]" * 1500),
            headers={
                "authorization": f"Bearer {fan.session['accessJwt']}",
                "content-type": "application/json",
            },
        )
    assert response.status_code == 200, response.text
    fan.post("dan ini?", mention=brand)
    assert {each.event.text for each in await ear.until(2)} == {
        "@kopi dalam",
        f"@{brand.handle} dan ini?",
    }


async def test_comments_answers_and_applause_get_their_kinds(ear, brand, fan):
    post = brand.post("Promo gajian")
    poll(lambda: fan.thread(post.uri))
    comment = fan.post("masih ada?", reply=post)
    poll(lambda: brand.thread(comment.uri))
    answer = brand.post("masih!", reply=comment, root=post)
    poll(lambda: fan.thread(answer.uri))
    back = fan.post("asik", reply=answer, root=post)
    fan.quote("lihat ini", post)
    fan.like(post.uri, post.cid)
    fan.repost(post.uri, post.cid)
    heard = {each.event.id: each for each in await ear.until(7)}
    assert len(ear.heard) == len(heard) == 7
    kinds = sorted(each.event.kind for each in heard.values())
    assert kinds == [
        "audience.reaction",
        "audience.share",
        "content.published",
        "conversation.comment",
        "conversation.mention",
        "conversation.reply",
        "conversation.reply",
    ]
    assert heard[comment.uri].event.kind == "conversation.comment"
    assert heard[comment.uri].event.thread == heard[comment.uri].event.parent == post.uri
    assert heard[back.uri].event.kind == "conversation.reply"
    assert heard[back.uri].event.parent == answer.uri
    assert heard[back.uri].event.thread == post.uri
    assert not heard[back.uri].event.ours
    assert heard[answer.uri].event.ours
    assert heard[answer.uri].key == answer.rkey
    like = next(each for each in heard.values() if each.event.kind == "audience.reaction")
    assert like.event.thread == post.uri


async def test_a_reply_that_is_sent_twice_is_one_record_with_its_root_and_parent(
    channel, brand, fan, new_key
):
    post = brand.post("Promo")
    poll(lambda: fan.thread(post.uri))
    comment = fan.post("berapa?", reply=post)
    poll(lambda: brand.thread(comment.uri))
    content = Content(text="Rp 20.000, kak!", language="id", reply_to=comment.uri)
    prepared = await channel.prepare(content, new_key(), datetime.now(UTC))
    assert await channel.find(prepared) is None
    first = await channel.send(prepared, soon())
    again = await channel.send(prepared, soon())
    assert first == again == await channel.find(prepared)
    written = [each for each in brand.records() if "reply" in each["value"]]
    assert [each["uri"] for each in written] == [first.id]
    assert written[0]["value"]["reply"] == {"root": post.ref(), "parent": comment.ref()}
    assert written[0]["value"]["langs"] == ["id"]
    shown = poll(lambda: fan.thread(first.id))
    assert shown["parent"]["post"]["uri"] == comment.uri


async def test_another_text_under_the_same_key_is_refused_and_changes_nothing(
    channel, brand, new_key
):
    key = new_key()
    receipt = await publish(channel, key, Content(text="first"))
    with pytest.raises(ContentRefused, match="InvalidSwap"):
        await publish(channel, key, Content(text="second"))
    (written,) = brand.records()
    assert (written["uri"], written["value"]["text"]) == (receipt.id, "first")


async def test_a_picture_is_published_with_its_alt_text_links_tags_and_mentions(
    channel, brand, fan, new_key, png
):
    text = f"☕ Kopi baru, lihat https://kopi.test/menu. Makasih @{fan.handle}! @nobody-here.test #kopi"
    image = Media(name="kopi.png", mime="image/png", alt="Secangkir kopi", data=png(40, 30))
    receipt = await publish(channel, new_key(), Content(text=text, language="id", media=(image,)))
    shown = poll(lambda: fan.thread(receipt.id))["post"]
    (picture,) = shown["embed"]["images"]
    assert picture["alt"] == "Secangkir kopi"
    assert picture["aspectRatio"] == {"width": 40, "height": 30}
    marked = {
        text.encode()[each["index"]["byteStart"] : each["index"]["byteEnd"]].decode()
        for each in shown["record"]["facets"]
    }
    assert marked == {"https://kopi.test/menu", f"@{fan.handle}", "#kopi"}
    assert poll(lambda: fan.notifications("mention"))[0]["uri"] == receipt.id


async def test_counts_come_back(channel, brand, fan, new_key):
    receipt = await publish(channel, new_key(), Content(text="Hitung aku"))
    post = poll(lambda: fan.thread(receipt.id))["post"]
    fan.like(post["uri"], post["cid"])
    fan.repost(post["uri"], post["cid"])

    async def counted() -> bool:
        measured = await channel.measure([receipt.id, f"{receipt.id[:-1]}2", "not an address"])
        assert list(measured) == [receipt.id]
        return dict(measured[receipt.id].counts) == {
            "likes": 1,
            "replies": 0,
            "reposts": 1,
            "quotes": 0,
        }

    await poll_async(counted)


async def test_an_answer_given_by_other_means_is_ours_and_seen_in_the_thread_at_once(
    ear, channel, brand, fan
):
    post = brand.post("Promo")
    poll(lambda: fan.thread(post.uri))
    comment = fan.post("refund dong", reply=post)
    await ear.until(2)
    outside = brand.post("sudah kami kembalikan", reply=comment, root=post)
    thread = await channel.thread(comment.uri)
    assert thread.root == post.uri
    assert thread.complete
    assert [each.id for each in thread.messages] == [post.uri, comment.uri, outside.uri]
    assert [each.ours for each in thread.messages] == [True, False, True]
    assert thread.messages[2].parent == comment.uri
    assert thread.messages[2].key == outside.rkey
    (heard,) = await ear.listen()
    assert heard.event.ours
    assert heard.event.kind == "conversation.reply"
    assert heard.event.parent == comment.uri

    brand.delete(outside.uri)
    thread = await channel.thread(comment.uri)
    assert [each.id for each in thread.messages] == [post.uri, comment.uri]
    (gone,) = await ear.listen()
    assert (gone.event.id, gone.deleted, gone.event.ours) == (outside.uri, True, True)
    assert await ear.listen() == []


async def test_a_message_that_its_author_deleted_is_gone(channel, brand, fan, new_key):
    mention = fan.post("tidak jadi", mention=brand)
    poll(lambda: brand.notifications("mention"))
    assert (await channel.thread(mention.uri)).root == mention.uri
    fan.delete(mention.uri)
    poll(lambda: brand.thread(mention.uri) is None)
    with pytest.raises(Gone):
        await channel.thread(mention.uri)
    with pytest.raises(Gone):
        await channel.prepare(
            Content(text="halo", reply_to=mention.uri), new_key(), datetime.now(UTC)
        )


async def test_a_search_finds_what_does_not_mention_the_brand(channel, fan):
    found = fan.post("kopikopiunik enak juga ya")

    async def search() -> list[str]:
        return [each.event.id for each in await channel.search("kopikopiunik")]

    assert await poll_async(search) == [found.uri]
    (said,) = await channel.search("kopikopiunik")
    assert said.event.kind == "conversation.post"


async def test_an_expired_session_is_renewed(channel, brand):
    await channel.listen(None)
    stale = channel._session._tokens
    # A token of the other kind is refused as a spoilt one is.
    object.__setattr__(stale, "access", stale.refresh)
    assert (await channel.listen(None)).arrivals == ()
    assert channel._session._tokens is not stale


async def test_a_wrong_password_is_not_told(bluesky_network, brand):
    platform = BlueskyPlatform(bluesky_network.pds, brand.handle, SecretStr("wrong-pass-word"))
    with pytest.raises(NotAllowed, match="app password") as refused:
        await platform.listen(None)
    assert "wrong-pass-word" not in str(refused.value)
    await platform.close()

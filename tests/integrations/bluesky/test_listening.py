"""Paging, order, and what the cursor remembers, against a network that a test can bend."""

from __future__ import annotations

import itertools
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from integrations.bluesky import listening
from integrations.bluesky.cursor import MARKS, Cursor

NOTIFICATIONS = "app.bsky.notification.listNotifications"
RECORDS = "com.atproto.repo.listRecords"
US = "did:plc:brand"
FAN = "did:plc:fan"
START = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


def iso(time: datetime) -> str:
    return time.isoformat().replace("+00:00", "Z")


def address(did: str, rkey: str) -> str:
    return f"at://{did}/app.bsky.feed.post/{rkey}"


async def test_arrivals_come_oldest_first_and_once(network):
    await network.listen()
    late = network.notify(START + timedelta(seconds=9))
    early = network.notify(START + timedelta(seconds=3))
    ours = network.write("3laaaaaaaaa22", START + timedelta(seconds=5))
    network.now += timedelta(seconds=30)
    assert [each.event.id for each in await network.listen()] == [early, ours, late]
    assert await network.listen() == []


async def test_all_pages_back_to_the_last_look_are_read(network):
    await network.listen()
    expected = [network.notify(START + timedelta(seconds=number)) for number in range(350)]
    network.now += timedelta(hours=1)
    assert [each.event.id for each in await network.listen()] == expected
    assert network.asked == 1 + 4
    assert len(set(network.profiles_asked)) == len(network.profiles_asked) == 1


async def test_more_than_one_look_can_bring_is_brought_by_the_next_ones(network):
    await network.listen()
    expected = {network.notify(START + timedelta(seconds=number)) for number in range(2500)}
    network.now += timedelta(hours=1)
    heard: list[str] = []
    for more in (True, True, False):
        batch = await network.platform.listen(network.cursor)
        network.cursor = batch.cursor
        assert batch.more is more
        heard += [each.event.id for each in batch.arrivals]
    assert set(heard) == expected
    assert len(heard) == len(expected)
    assert await network.listen() == []


@pytest.mark.parametrize("body", [{"notifications": [], "cursor": "same"}])
async def test_a_cursor_that_repeats_ends_the_look(network, app, body):
    await network.listen()
    app.say(NOTIFICATIONS, body)
    asked = len(app.called(NOTIFICATIONS))
    batch = await network.platform.listen(network.cursor)
    assert not batch.more
    assert len(app.called(NOTIFICATIONS)) == asked + 2


async def test_a_server_that_always_has_another_page_is_left_in_the_end(network, app):
    await network.listen()
    numbers = itertools.count()
    app.answers[NOTIFICATIONS] = lambda _: httpx.Response(
        200, json={"notifications": [], "cursor": f"page {next(numbers)}"}
    )
    looks = 0
    more = True
    while more:
        batch = await network.platform.listen(network.cursor)
        network.cursor, more = batch.cursor, batch.more
        looks += 1
    assert looks == listening.ALL_PAGES // listening.PAGES


async def test_our_own_records_that_page_in_a_circle_end_the_look(network, app):
    await network.listen()
    value = {"text": "x", "createdAt": iso(network.now + timedelta(seconds=1))}
    record = {"uri": address(US, "3laaaaaaaaa22"), "cid": "c", "value": value}
    app.say(RECORDS, {"records": [record] * 100, "cursor": "3laaaaaaaaa22"})
    assert len(await network.listen()) == 1
    assert len(app.called(RECORDS)) == 2


async def test_a_notification_that_is_indexed_late_is_heard(network):
    await network.listen()
    network.now += timedelta(minutes=5)
    first = network.notify()
    assert [each.event.id for each in await network.listen()] == [first]
    late = network.notify(network.now - timedelta(minutes=4))
    network.now += timedelta(seconds=30)
    assert [each.event.id for each in await network.listen()] == [late]


async def test_one_that_stands_far_below_newer_ones_is_heard_by_the_far_look(network):
    await network.listen()
    for number in range(150):
        network.notify(network.now + timedelta(minutes=number))
    network.now += timedelta(minutes=150)
    await network.listen()
    yesterday = network.notify(START - timedelta(hours=20))
    assert await network.listen() == []
    network.now += timedelta(minutes=16)
    assert [each.event.id for each in await network.listen()] == [yesterday]


@pytest.mark.parametrize("count", [3, 700, 1010, 1300])
async def test_what_was_there_before_the_first_look_is_never_told(network, count):
    for number in range(count):
        network.notify(START - timedelta(minutes=number))
    assert await network.listen() == []
    for _ in range(8):
        new = [network.notify(network.now + timedelta(seconds=number)) for number in range(90)]
        network.now += timedelta(minutes=20)
        assert [each.event.id for each in await network.listen()] == new


async def test_the_cursor_stays_small(network):
    await network.listen()
    for number in range(3000):
        network.notify(START + timedelta(seconds=number))
        network.write(f"3l{number:011}".translate(str.maketrans("0189", "abcd")))
    network.now += timedelta(hours=1)
    batch = await network.platform.listen(network.cursor)
    assert len(Cursor.read(batch.cursor, network.now).seen) <= MARKS
    assert len(batch.cursor) < 32_000


async def test_a_cursor_that_cannot_be_read_looks_two_days_back(network):
    network.notify(START - timedelta(hours=50))
    recent = network.notify(START - timedelta(hours=40))
    network.cursor = "1.1"
    assert [each.event.id for each in await network.listen()] == [recent]
    assert await network.listen() == []


async def test_an_edit_is_a_new_revision(network):
    await network.listen()
    uri = network.notify()
    await network.listen()
    network.notifications[-1] |= {"cid": "edited", "record": {"text": "diubah"}}
    network.now += timedelta(seconds=30)
    (edited,) = await network.listen()
    assert (edited.event.id, edited.revision, edited.event.text) == (uri, "edited", "diubah")


def answer(parent: str, root: str, **more) -> dict:
    return {"reply": {"parent": {"uri": parent}, "root": {"uri": root}}, **more}


OUR_POST, OUR_ANSWER = address(US, "3laaaaaaaaa22"), address(US, "3laaaaaaaaa33")
THEIR_POST, THEIR_COMMENT = address(FAN, "3lbbbbbbbbb22"), address(FAN, "3lbbbbbbbbb33")


@pytest.mark.parametrize(
    ("reason", "record", "kind"),
    [
        ("reply", answer(OUR_POST, OUR_POST), "conversation.comment"),
        ("mention", answer(OUR_POST, OUR_POST), "conversation.comment"),
        ("quote", answer(OUR_POST, OUR_POST), "conversation.comment"),
        ("reply", answer(OUR_ANSWER, OUR_POST), "conversation.reply"),
        ("reply", answer(OUR_ANSWER, THEIR_POST), "conversation.reply"),
        ("reply", answer(THEIR_COMMENT, OUR_POST), "conversation.comment"),
        ("mention", answer(THEIR_COMMENT, THEIR_POST), "conversation.mention"),
        ("reply", answer(THEIR_COMMENT, THEIR_POST), "conversation.mention"),
        ("mention", {}, "conversation.mention"),
        ("quote", {}, "conversation.mention"),
    ],
)
async def test_a_message_is_what_it_hangs_under(network, reason, record, kind):
    await network.listen()
    uri = network.notify(reason=reason, **record)
    (said,) = await network.listen()
    assert said.event.kind == kind
    reply = record.get("reply")
    assert said.event.parent == (reply["parent"]["uri"] if reply else None)
    assert said.event.thread == (reply["root"]["uri"] if reply else uri)
    assert said.event.author.followers == 12


async def test_applause_hangs_under_the_thread_of_what_it_is_for(network):
    network.write("3laaaaaaaaa33", START - timedelta(days=1), **answer(OUR_POST, OUR_POST))
    await network.listen()
    network.notify(reason="like", subject=OUR_ANSWER)
    network.notify(reason="repost", subject=OUR_POST)
    network.notify(reason="follow")
    network.notify(reason="like-via-repost", subject=OUR_POST)
    heard = {each.event.kind: each.event for each in await network.listen()}
    assert set(heard) == {"audience.reaction", "audience.share", "audience.follow"}
    assert heard["audience.reaction"].parent == OUR_ANSWER
    assert heard["audience.reaction"].thread == OUR_POST
    assert heard["audience.share"].thread == OUR_POST
    assert heard["audience.follow"].under == "profile"


async def test_a_post_of_ours_that_is_deleted_is_told_once(network):
    await network.listen()
    network.write("3laaaaaaaaa44", network.now, **answer(THEIR_COMMENT, OUR_POST))
    network.write("3laaaaaaaaa55", network.now)
    assert len(await network.listen()) == 2
    network.records = [each for each in network.records if not each["uri"].endswith("44")]
    network.now += timedelta(seconds=30)
    (gone,) = await network.listen()
    assert gone.deleted
    assert gone.key == "3laaaaaaaaa44"
    assert (gone.event.kind, gone.event.thread) == ("conversation.reply", OUR_POST)
    assert await network.listen() == []


async def test_what_makes_no_sense_is_passed_over_and_the_rest_is_heard(network, app):
    await network.listen()
    odd: list[Any] = [
        None,
        [],
        {},
        {"reason": "mention"},
        {"reason": "mention", "uri": 5, "indexedAt": []},
        {"reason": "mention", "uri": "at://x", "author": {"did": FAN}, "indexedAt": iso(START)},
        {"reason": "like", "uri": "nonsense", "author": {"did": FAN}, "indexedAt": iso(START)},
        {"reason": ["mention"]},
    ]
    good = network.notify(text="a\x00b\ud83d", langs=["id-ID", 5], createdAt="yesterday")
    body = json.dumps({"notifications": [*odd, *network.notifications]})
    app.answers[NOTIFICATIONS] = lambda _: httpx.Response(200, content=body)
    (said,) = await network.listen()
    assert said.event.id == good
    assert said.event.text == "ab\ufffd"
    assert said.event.language == "id"

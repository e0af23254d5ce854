"""A conversation out of two sources that may disagree."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from remit.model import Gone

US, FAN, OTHER = "did:plc:brand", "did:plc:fan", "did:plc:other"
NOON = datetime(2026, 11, 22, 11, 0, tzinfo=UTC)
THREAD = "app.bsky.feed.getPostThread"


def address(did: str, rkey: str) -> str:
    return f"at://{did}/app.bsky.feed.post/{rkey}"


ROOT, COMMENT, ANSWER = address(US, "3laa"), address(FAN, "3lbb"), address(US, "3lcc")


def value(text: str, minute: int, parent: str | None = None, root: str | None = None) -> dict:
    made: dict[str, Any] = {
        "text": text,
        "createdAt": (NOON + timedelta(minutes=minute)).isoformat(),
    }
    if parent:
        made["reply"] = {"parent": {"uri": parent, "cid": "p"}, "root": {"uri": root or parent}}
    return made


def node(uri: str, record: dict, *replies: dict, parent: dict | None = None, count=None) -> dict:
    did = uri.split("/")[2]
    post = {
        "uri": uri,
        "cid": f"cid of {uri[-4:]}",
        "author": {"did": did, "handle": f"{did[8:]}.test"},
        "record": record,
        "indexedAt": record["createdAt"],
        "replyCount": len(replies) if count is None else count,
    }
    made = {"$type": "app.bsky.feed.defs#threadViewPost", "post": post, "replies": list(replies)}
    return made | ({"parent": parent} if parent else {})


@pytest.fixture
def show(app):
    """What the AppView shows, by address of the post asked for."""

    def given(nodes: dict[str, dict]) -> None:
        def answer(request: httpx.Request) -> httpx.Response:
            found = nodes.get(request.url.params["uri"])
            if found is None:
                return httpx.Response(400, json={"error": "NotFound", "message": "Post not found"})
            return httpx.Response(200, json={"thread": found})

        app.answers[THREAD] = answer

    return given


def own(app, *records: tuple[str, dict]) -> None:
    listed: list[dict[str, Any]] = [
        {"uri": uri, "cid": "own", "value": record} for uri, record in records
    ]
    app.say(
        "com.atproto.repo.listRecords",
        {"records": sorted(listed, key=lambda each: each["uri"], reverse=True)},
    )


root_record = value("promo", 0)
comment_record = value("berapa?", 1, ROOT)
answer_record = value("20 ribu", 2, COMMENT, ROOT)


async def test_an_answer_that_the_appview_has_not_yet_is_in_the_thread(app, bluesky, show):
    show(
        {
            COMMENT: node(COMMENT, comment_record, parent=node(ROOT, root_record)),
            ROOT: node(ROOT, root_record, node(COMMENT, comment_record)),
        }
    )
    elsewhere = address(US, "3ldd"), value("lain", 3)
    own(app, (ROOT, root_record), (ANSWER, answer_record), elsewhere)
    thread = await bluesky.thread(COMMENT)
    assert [each.id for each in thread.messages] == [ROOT, COMMENT, ANSWER]
    assert [each.ours for each in thread.messages] == [True, False, True]
    assert thread.messages[1].handle == "fan.test"
    assert thread.messages[1].parent == ROOT
    assert thread.root == ROOT
    assert thread.complete


async def test_an_answer_that_we_deleted_is_not_in_the_thread(app, bluesky, show):
    whole = node(ROOT, root_record, node(COMMENT, comment_record, node(ANSWER, answer_record)))
    show({COMMENT: node(COMMENT, comment_record, node(ANSWER, answer_record)), ROOT: whole})
    own(app, (ROOT, root_record))
    assert [each.id for each in (await bluesky.thread(COMMENT)).messages] == [ROOT, COMMENT]


async def test_the_authors_other_comments_and_bystanders_are_in_the_thread(app, bluesky, show):
    again = address(FAN, "3lee")
    bystander = address(OTHER, "3lff")
    show(
        {
            COMMENT: node(COMMENT, comment_record, parent=node(ROOT, root_record, count=3)),
            ROOT: node(
                ROOT,
                root_record,
                node(again, value("halo?", 5, ROOT)),
                node(bystander, value("ikut nanya", 4, ROOT)),
                node(COMMENT, comment_record),
            ),
        }
    )
    own(app, (ROOT, root_record))
    thread = await bluesky.thread(COMMENT)
    assert [each.id for each in thread.messages] == [ROOT, COMMENT, bystander, again]
    assert thread.complete


async def test_a_thread_that_the_network_cuts_is_not_complete(app, bluesky, show):
    show({ROOT: node(ROOT, root_record, node(COMMENT, comment_record, count=4))})
    own(app, (ROOT, root_record))
    assert not (await bluesky.thread(ROOT)).complete


async def test_where_the_root_is_gone_what_is_left_is_shown(app, bluesky, show):
    lost = {"$type": "app.bsky.feed.defs#notFoundPost", "uri": ROOT, "notFound": True}
    show({COMMENT: node(COMMENT, comment_record, parent=lost)})
    thread = await bluesky.thread(COMMENT)
    assert [each.id for each in thread.messages] == [COMMENT]
    assert thread.root == ROOT
    assert not thread.complete


async def test_a_post_of_ours_that_only_the_repository_has_is_a_thread(app, bluesky, show):
    show({})
    record = {"uri": ROOT, "cid": "own", "value": root_record}
    app.say("com.atproto.repo.getRecord", record)
    own(app, (ROOT, root_record))
    assert [each.text for each in (await bluesky.thread(ROOT)).messages] == ["promo"]


@pytest.mark.parametrize("message", [COMMENT, "at://nonsense", "https://bsky.app/x", ""])
async def test_what_does_not_exist_is_gone(app, bluesky, show, message):
    show({})
    with pytest.raises(Gone):
        await bluesky.thread(message)


async def test_whoever_blocks_the_account_is_gone(app, bluesky, show):
    show({COMMENT: {"$type": "app.bsky.feed.defs#blockedPost", "uri": COMMENT, "blocked": True}})
    with pytest.raises(Gone, match="blocks"):
        await bluesky.thread(COMMENT)


async def test_a_very_deep_thread_is_read(app, bluesky, show):
    at = address(FAN, "3l090")
    deep = node(at, value("dasar", 90, ROOT))
    for number in range(89, 0, -1):
        at = address(FAN, f"3l{number:03}")
        deep = node(at, value(str(number), number, ROOT), deep)
    show({ROOT: node(ROOT, root_record, deep)})
    own(app, (ROOT, root_record))
    assert len((await bluesky.thread(ROOT)).messages) == 91

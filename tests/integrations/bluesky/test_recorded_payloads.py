"""The parsers over answers that the real network once gave."""

from __future__ import annotations

import json
import re
from itertools import pairwise
from typing import Any

import pytest

from integrations.bluesky.arrivals import from_notification, in_order
from integrations.bluesky.records import read_view
from integrations.bluesky.session import Account
from integrations.bluesky.threads import _Conversation
from integrations.registry import capabilities

REASONS = {"like", "repost", "follow", "mention", "quote", "reply"}


def recorded(text: str) -> list[Any]:
    """The values of a snapshot file, its placeholders turned into addresses of the right form."""
    values = []
    for _, body in re.findall(r"exports\[`(.*?)`\] = `\n(.*?)\n`;", text, re.DOTALL):
        plain = re.sub(r",(\s*[\]}])", r"\1", body).replace("undefined", "null")
        plain = re.sub(r'"user\((\d+)\)"', r'"did:plc:user\1"', plain)
        plain = re.sub(r'"cids\((\d+)\)"', r'"cid\1"', plain)
        try:
            values.append(_addressed(json.loads(plain)))
        except ValueError:
            continue
    return values


def _addressed(value: Any) -> Any:
    """`record(3)` gets the collection of the record that it stands beside."""
    if isinstance(value, list):
        return [_addressed(each) for each in value]
    if not isinstance(value, dict):
        return value
    made = {name: _addressed(each) for name, each in value.items()}
    author, record = made.get("author"), made.get("record")
    for name in ("uri", "reasonSubject"):
        number = re.fullmatch(r"record\((\d+)\)", str(made.get(name)))
        if number:
            did, kind = "did:plc:user9", "app.bsky.feed.post"
            if name == "uri" and isinstance(author, dict) and isinstance(record, dict):
                did, kind = author["did"], record.get("$type", kind)
            made[name] = f"at://{did}/{kind}/r{number[1]}"
    return made


def found_in(value: Any, wanted) -> list[dict]:
    if isinstance(value, list):
        return [hit for each in value for hit in found_in(each, wanted)]
    if not isinstance(value, dict):
        return []
    below = [hit for each in value.values() for hit in found_in(each, wanted)]
    return [value, *below] if wanted(value) else below


def test_every_recorded_notification_of_a_known_reason_is_an_arrival(payload):
    values = recorded(payload("notifications.test.ts.snap.txt"))
    notifications = found_in(values, lambda each: "reason" in each and "indexedAt" in each)
    known = [each for each in notifications if each["reason"] in REASONS]
    assert len(known) > 50
    account = Account("did:plc:user9", "kopi.test")
    told = [from_notification(each, account, {}) for each in known]
    assert None not in told
    arrivals = [each for each in told if each is not None]
    assert {each["reason"] for each in known} >= {"like", "repost", "follow", "mention", "reply"}
    for notification, arrival in zip(known, arrivals, strict=True):
        assert arrival.event.id == notification["uri"]
        assert arrival.revision == notification["cid"]
        assert arrival.event.author is not None
        assert arrival.event.author.handle == notification["author"]["handle"]
        assert arrival.event.text == (
            notification["record"]["text"] if arrival.event.kind.startswith("conv") else None
        )
    ordered = in_order(arrivals)
    assert all(first.event.time <= then.event.time for first, then in pairwise(ordered))


def test_reasons_that_ask_nothing_of_the_brand_are_passed_over(payload):
    values = recorded(payload("notifications.test.ts.snap.txt"))
    others = found_in(values, lambda each: "reason" in each and each["reason"] not in REASONS)
    account = Account("did:plc:user9", "kopi.test")
    assert [from_notification(each, account, {}) for each in others] == [None] * len(others)


@pytest.mark.parametrize(
    "name",
    ["posts.test.ts.snap.txt", "thread-v2.test.ts.snap.txt"],
)
def test_every_recorded_post_is_read(payload, name):
    values = recorded(payload(name))
    views = found_in(values, lambda each: "likeCount" in each and "record" in each)
    assert views
    for view in views:
        post = read_view(view)
        assert post is not None
        assert post.text == view["record"]["text"]
        assert post.answers == ("reply" in view["record"])


def test_a_recorded_thread_is_read(payload):
    thread = payload("thread_view_post_with_embed_media.json")["thread"]
    conversation = _Conversation()
    conversation.add(thread)
    (post,) = conversation.posts.values()
    assert post.writer.handle == "test.marshal.dev"
    assert post.language == "en"
    assert post.time.isoformat() == "2023-09-28T12:49:36.735000+00:00"


def test_the_lexicon_knows_the_reasons_that_are_listened_for(payload):
    lexicon = payload("lexicon__app.bsky.notification.listNotifications.json")
    values = lexicon["defs"]["notification"]["properties"]["reason"]["knownValues"]
    assert set(values) >= REASONS


def test_the_lexicon_has_the_limits_that_are_checked(payload):
    text = payload("lexicon__app.bsky.feed.post.json")["defs"]["main"]["record"]["properties"][
        "text"
    ]
    assert (text["maxGraphemes"], text["maxLength"]) == (300, 3000)


def test_every_capability_says_how_it_is_proved():
    for name, line in capabilities("bluesky").items():
        assert line.status in {"done", "todo", "exempt"}, name
        assert (line.proof in {"A", "B", "C"}) == (line.status == "done"), name

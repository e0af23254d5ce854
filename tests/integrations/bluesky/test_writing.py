"""What is prepared, what is refused, and what goes out."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import httpx
import pytest

from integrations.bluesky.images import size_of, type_of
from remit.model import Content, ContentRefused, Gone, Media, NotAllowed, OutcomeUnknown, Prepared

KEY = "3laaaaaaaaa22"
PUT = "com.atproto.repo.putRecord"
GET = "com.atproto.repo.getRecord"
URI = f"at://did:plc:brand/app.bsky.feed.post/{KEY}"
MADE = datetime(2026, 11, 22, 9, 30, 15, 123456, tzinfo=UTC)
PARENT = "at://did:plc:fan/app.bsky.feed.post/3lbbbbbbbbb22"
JPEG = (
    b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00"
    b"\xff\xc0\x00\x11\x08\x01\xe0\x02\x80\x03\x01\x22\x00\x02\x11\x01\x03\x11\x01"
)


def soon() -> datetime:
    return datetime.now(UTC) + timedelta(days=9000)


def record_of(prepared: Prepared) -> dict[str, Any]:
    return cast("dict[str, Any]", prepared.body["record"])


async def prepare(bluesky, **content) -> Prepared:
    made = Content.model_validate({"text": "halo"} | content)
    return cast("Prepared", await bluesky.prepare(made, KEY, MADE))


async def test_the_final_bytes_are_fixed(bluesky):
    prepared = await prepare(bluesky, language="id")
    assert prepared.key == KEY
    assert prepared.body == {
        "repo": "did:plc:brand",
        "collection": "app.bsky.feed.post",
        "rkey": KEY,
        "swapRecord": None,
        "record": {
            "$type": "app.bsky.feed.post",
            "text": "halo",
            "createdAt": "2026-11-22T09:30:15.123Z",
            "langs": ["id"],
        },
    }


async def test_what_goes_out_is_what_was_prepared(app, bluesky):
    app.say(PUT, {"uri": URI, "cid": "c"})
    prepared = Prepared.model_validate_json((await prepare(bluesky)).model_dump_json())
    receipt = await bluesky.send(prepared, soon())
    assert json.loads(app.called(PUT)[0].content) == prepared.body
    assert receipt.id == URI
    assert receipt.url == f"https://bsky.app/profile/kopi.test/post/{KEY}"
    assert receipt.time == MADE.replace(microsecond=123000)


@pytest.mark.parametrize(
    ("value", "root"),
    [
        ({"text": "x"}, {"uri": PARENT, "cid": "now"}),
        ({"reply": {"root": {"uri": "at://r", "cid": "rc"}}}, {"uri": "at://r", "cid": "rc"}),
        ({"reply": {"root": "odd"}}, {"uri": PARENT, "cid": "now"}),
    ],
)
async def test_an_answer_names_its_parent_as_it_is_now_and_the_root(app, bluesky, value, root):
    app.say(GET, {"uri": PARENT, "cid": "now", "value": value})
    prepared = await prepare(bluesky, reply_to=PARENT)
    assert record_of(prepared)["reply"] == {
        "root": root,
        "parent": {"uri": PARENT, "cid": "now"},
    }
    asked = app.called(GET)[0].url.params
    assert (asked["repo"], asked["rkey"]) == ("did:plc:fan", "3lbbbbbbbbb22")


async def test_an_answer_to_what_is_deleted_is_not_prepared(app, bluesky):
    app.say(GET, {"error": "RecordNotFound", "message": "Could not locate record"}, status=400)
    with pytest.raises(Gone):
        await prepare(bluesky, reply_to=PARENT)


@pytest.mark.parametrize("target", ["nonsense", "at://did:plc:fan/app.bsky.feed.like/3lbb"])
async def test_only_a_post_can_be_answered(bluesky, target):
    with pytest.raises(ContentRefused, match="only a post"):
        await prepare(bluesky, reply_to=target)


async def test_a_handle_that_nobody_has_stays_text(app, bluesky):
    app.say("com.atproto.identity.resolveHandle", {"error": "InvalidRequest"}, status=400)
    assert "facets" not in record_of(await prepare(bluesky, text="@nobody.test halo"))


@pytest.mark.parametrize(
    ("text", "taken"),
    [
        ("a" * 300, True),
        ("a" * 301, False),
        ("👨‍👩‍👧‍👦" * 120, True),
        ("👨‍👩‍👧‍👦" * 121, False),
        ("e\u0301" * 300, True),
        ("", False),
        (" \n", False),
        ("\ud83d", False),
    ],
)
async def test_a_text_is_as_long_as_it_reads(app, bluesky, text, taken):
    if taken:
        assert record_of(await prepare(bluesky, text=text))["text"] == text
        return
    with pytest.raises(ContentRefused):
        await prepare(bluesky, text=text)
    assert app.calls == []


@pytest.mark.parametrize("key", ["", "case-12", "zlaaaaaaaaa22", "3laaaaaaaaa2", "3LAAAAAAAAA22"])
async def test_a_key_is_one_that_the_network_takes(bluesky, key):
    with pytest.raises(ContentRefused, match="TID"):
        await bluesky.prepare(Content(text="halo"), key, MADE)


def media(data: bytes, mime: str = "image/png", alt: str = "merah") -> Media:
    return Media(name="a.png", mime=mime, alt=alt, data=data)


async def test_a_picture_is_uploaded_and_keeps_its_alt_text_and_proportions(app, bluesky, png):
    blob = {"$type": "blob", "ref": {"$link": "b"}, "mimeType": "image/png", "size": 9}
    app.say("com.atproto.repo.uploadBlob", {"blob": blob})
    prepared = await prepare(bluesky, text="", media=(media(png(8, 6)),))
    assert record_of(prepared)["embed"] == {
        "$type": "app.bsky.embed.images",
        "images": [{"alt": "merah", "image": blob, "aspectRatio": {"width": 8, "height": 6}}],
    }
    (upload,) = app.called("com.atproto.repo.uploadBlob")
    assert upload.content == png(8, 6)
    assert upload.headers["content-type"] == "image/png"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"alt": " "}, "alt text"),
        ({"alt": "a" * 2001}, "alt text"),
        ({"mime": "image/jpeg"}, "save it as one"),
        ({"mime": "image/gif"}, "save it as one"),
        ({"data": b"<html>"}, "save it as one"),
        ({"data": b"\x89PNG\r\n\x1a\n" + b"0" * 1_000_000}, "make it smaller"),
    ],
)
async def test_a_picture_that_will_not_do_is_refused_before_anything_is_sent(
    app, bluesky, png, change, said
):
    picture = media(png(8, 6)).model_copy(update=change)
    with pytest.raises(ContentRefused, match=said):
        await prepare(bluesky, media=(media(png(2, 2)), picture))
    assert app.calls == []


async def test_five_pictures_are_too_many(app, bluesky, png):
    with pytest.raises(ContentRefused, match="at most 4"):
        await prepare(bluesky, media=(media(png(2, 2)),) * 5)
    assert app.calls == []


def test_pictures_are_known_by_their_bytes(png):
    assert (type_of(JPEG), size_of(JPEG)) == ("image/jpeg", (640, 480))
    assert (type_of(png(3, 2)), size_of(png(3, 2))) == ("image/png", (3, 2))
    for broken in (b"", JPEG[:8], JPEG[:22], b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff" * 9):
        assert size_of(broken) is None


async def test_a_key_under_which_another_record_stands_is_refused(app, bluesky):
    app.say(PUT, {"error": "InvalidSwap", "message": "Record was at cid"}, status=400)
    with pytest.raises(ContentRefused, match="InvalidSwap"):
        await bluesky.send(await prepare(bluesky), soon())


async def test_what_was_prepared_for_another_account_is_not_sent(app, bluesky):
    prepared = await prepare(bluesky)
    app.answers["com.atproto.server.createSession"] = lambda _: app.session(did="did:plc:other")
    bluesky._session._tokens = None
    with pytest.raises(ContentRefused, match="another account"):
        await bluesky.send(prepared, soon())
    assert app.called(PUT) == []


async def test_a_session_that_expires_while_sending_is_renewed_and_it_goes_out_once(app, bluesky):
    def put(request: httpx.Request) -> httpx.Response:
        if request.headers["authorization"] == "Bearer access-token-1":
            return httpx.Response(400, json={"error": "ExpiredToken"})
        return httpx.Response(200, json={"uri": URI, "cid": "c"})

    app.answers[PUT] = put
    assert (await bluesky.send(await prepare(bluesky), soon())).id == URI
    assert len(app.called(PUT)) == 2


async def test_an_answer_that_names_another_record_leaves_the_outcome_unknown(app, bluesky):
    app.say(PUT, {"uri": URI[:-1] + "3", "cid": "c"})
    with pytest.raises(OutcomeUnknown):
        await bluesky.send(await prepare(bluesky), soon())


async def test_a_record_that_is_there_is_found_and_one_that_is_not_is_none(app, bluesky):
    prepared = await prepare(bluesky)
    app.say(GET, {"error": "RecordNotFound"}, status=400)
    assert await bluesky.find(prepared) is None
    app.say(GET, {"uri": URI, "cid": "c", "value": {"createdAt": "2026-11-22T09:30:15.123Z"}})
    assert (await bluesky.find(prepared)).time == MADE.replace(microsecond=123000)
    # Who cannot look does not know.
    app.say(GET, {"error": "AccountTakedown"}, status=401)
    with pytest.raises(NotAllowed):
        await bluesky.find(prepared)


async def test_counts_are_asked_for_in_groups_of_25(app, bluesky):
    def answer(request: httpx.Request) -> httpx.Response:
        uris = request.url.params.get_list("uris")
        assert len(uris) <= 25
        posts = [
            {"uri": uri, "likeCount": 2, "quoteCount": None} for uri in uris if "r7" not in uri
        ]
        return httpx.Response(200, json={"posts": posts})

    app.answers["app.bsky.feed.getPosts"] = answer
    uris = [f"at://did:plc:brand/app.bsky.feed.post/r{number}" for number in range(60)]
    measured = await bluesky.measure([*uris, *uris, "elsewhere"])
    assert list(measured) == [uri for uri in uris if not uri.endswith("r7")]
    assert measured[uris[0]].counts == {"likes": 2}
    assert len(app.called("app.bsky.feed.getPosts")) == 3

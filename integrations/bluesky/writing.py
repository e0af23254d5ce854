"""Making a post: its final bytes are fixed once, so that sending it twice sends the same."""

from __future__ import annotations

import re
from datetime import datetime

import regex

from integrations.bluesky.facets import handles_in, make_facets
from integrations.bluesky.images import check_image, size_of
from integrations.bluesky.limits import LIMITS
from integrations.bluesky.records import (
    POST,
    Json,
    Uri,
    Writer,
    as_map,
    as_text,
    as_time,
    stamp,
    web_page,
)
from integrations.bluesky.repo import read_record
from integrations.bluesky.session import Account, Session
from remit.model import Content, ContentRefused, Gone, Media, OutcomeUnknown, Prepared, Receipt

_TID = re.compile(r"[234567abcdefghij][234567abcdefghijklmnopqrstuvwxyz]{12}")
_TEXT_BYTES = 3000


async def prepare(session: Session, content: Content, key: str, now: datetime) -> Prepared:
    """Check, resolve and upload. A blob that no post names is dropped by the PDS after hours."""
    check(content, key)
    account = await session.account()
    record: dict[str, object] = {"$type": POST, "text": content.text, "createdAt": stamp(now)}
    if content.language:
        record["langs"] = [content.language]
    if content.reply_to is not None:
        record["reply"] = await _reply(session, content.reply_to)
    dids = {
        handle: did
        for handle in handles_in(content.text)
        if (did := await _resolve(session, handle))
    }
    if facets := make_facets(content.text, dids):
        record["facets"] = facets
    if content.media:
        images = [await _image(session, image) for image in content.media]
        record["embed"] = {"$type": "app.bsky.embed.images", "images": images}
    return Prepared(
        key=key,
        body={
            "repo": account.did,
            "collection": POST,
            "rkey": key,
            "record": record,
            # Only where no other record stands under the key: nothing is ever overwritten.
            "swapRecord": None,
        },
    )


def check(content: Content, key: str) -> None:
    """Raises ContentRefused for what the network would not take."""
    if not _TID.fullmatch(key):
        raise ContentRefused(f"bluesky: {key!r} is no key of a post: it must be a TID")
    try:
        length = len(content.text.encode())
    except UnicodeEncodeError:
        raise ContentRefused("bluesky: the text has a broken character: write it anew") from None
    graphemes = len(regex.findall(r"\X", content.text))
    if graphemes > LIMITS.graphemes or length > _TEXT_BYTES:
        raise ContentRefused(
            f"bluesky: the text has {graphemes} characters ({length} bytes); at most"
            f" {LIMITS.graphemes} ({_TEXT_BYTES} bytes) are taken: shorten it",
        )
    if not content.text.strip() and not content.media:
        raise ContentRefused("bluesky: there is neither text nor picture: write something")
    if len(content.media) > LIMITS.images:
        raise ContentRefused(
            f"bluesky: {len(content.media)} pictures; at most {LIMITS.images} are taken",
        )
    for image in content.media:
        check_image(image)


async def send(session: Session, prepared: Prepared, deadline: datetime) -> Receipt:
    """Put the record under its key: the same bytes under the same key change nothing."""
    account = await session.account()
    if prepared.body.get("repo") != account.did:
        raise ContentRefused("bluesky: this was prepared for another account: prepare it anew")
    answer = await session.write("com.atproto.repo.putRecord", prepared.body, deadline)
    if answer.get("uri") != str(Uri(account.did, POST, prepared.key)):
        raise OutcomeUnknown("bluesky: the answer does not name the record: read it back")
    return _receipt(account, prepared, as_map(prepared.body["record"]))


async def find(session: Session, prepared: Prepared) -> Receipt | None:
    """The receipt, if our repository has the record."""
    account = await session.account()
    try:
        found = await read_record(session, Uri(account.did, POST, prepared.key))
    except Gone:
        return None
    return _receipt(account, prepared, as_map(found.get("value")))


def _receipt(account: Account, prepared: Prepared, record: Json) -> Receipt:
    time = as_time(record.get("createdAt")) or as_time(as_map(prepared.body["record"])["createdAt"])
    assert time is not None, "every prepared record has its time"
    return Receipt(
        id=str(Uri(account.did, POST, prepared.key)),
        url=web_page(Writer(account.did, account.handle), prepared.key),
        time=time,
    )


async def _reply(session: Session, parent: str) -> dict[str, object]:
    """The references of an answer: its parent as it is now, and the root that the parent names."""
    where = Uri.parse(parent)
    if where is None or where.collection != POST:
        raise ContentRefused("bluesky: only a post can be answered")
    found = await read_record(session, where)
    above = {"uri": str(where), "cid": as_text(found.get("cid")) or ""}
    if not above["cid"]:
        raise Gone(f"bluesky: {where} cannot be referred to: it has no version")
    root = as_map(as_map(as_map(found.get("value")).get("reply")).get("root"))
    uri, cid = as_text(root.get("uri")), as_text(root.get("cid"))
    return {"root": {"uri": uri, "cid": cid} if uri and cid else above, "parent": above}


async def _resolve(session: Session, handle: str) -> str | None:
    """The DID of a handle; None where nobody has it, and the mention stays plain text."""
    answer = await session.read(
        "com.atproto.identity.resolveHandle", {"handle": handle}, absent=("*",)
    )
    did = as_text((answer or {}).get("did"))
    return did if did and did.startswith("did:") else None


async def _image(session: Session, image: Media) -> dict[str, object]:
    shown: dict[str, object] = {
        "alt": image.alt,
        "image": dict(await session.upload(image.data, image.mime)),
    }
    size = size_of(image.data)
    if size:
        shown["aspectRatio"] = {"width": size[0], "height": size[1]}
    return shown

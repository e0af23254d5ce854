"""What a record of the network means to the brand."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from integrations.bluesky.records import (
    Json,
    Post,
    Uri,
    Writer,
    as_map,
    as_text,
    as_time,
    read_post,
    read_view,
    read_writer,
    web_page,
)
from integrations.bluesky.session import Account
from remit.model import Arrival, Author, Event

PLATFORM = "bluesky"

_ANSWERS = frozenset({"reply", "mention", "quote"})
_AUDIENCE = {
    "like": "audience.reaction",
    "repost": "audience.share",
    "follow": "audience.follow",
}
_RANK = ("conversation.reply", "conversation.comment", "conversation.mention")


def from_notification(
    notification: object, account: Account, roots: Mapping[str, str]
) -> Arrival | None:
    """The arrival that a notification tells of; None for reasons that ask nothing of the brand.

    `roots` gives the first message of the thread for those of our posts that are answers.
    """
    view = as_map(notification)
    reason = as_text(view.get("reason")) or ""
    if reason in _ANSWERS:
        post = read_post(
            view.get("uri"),
            view.get("cid"),
            read_writer(view.get("author")),
            view.get("record"),
            view.get("indexedAt"),
        )
        return from_post(post, account) if post else None
    return _from_audience(view, _AUDIENCE[reason], roots) if reason in _AUDIENCE else None


def from_view(view: object, account: Account) -> Arrival | None:
    """From a `postView` that a search found."""
    post = read_view(view)
    return from_post(post, account, otherwise="conversation.post") if post else None


def from_post(
    post: Post, account: Account, otherwise: str = "conversation.mention"
) -> Arrival | None:
    """A post of ours or of somebody else; `otherwise` is what it is if it answers nobody we know."""
    ours = post.writer.did == account.did
    return Arrival(
        event=Event(
            id=post.uri,
            kind=_kind_of_ours(post) if ours else _kind_of_theirs(post, account, otherwise),
            platform=PLATFORM,
            time=post.time,
            text=post.text,
            language=post.language,
            thread=post.root,
            parent=post.parent,
            ours=ours,
            author=_author(post.writer),
        ),
        revision=post.cid,
        key=post.rkey if ours else None,
        url=web_page(post.writer, post.rkey),
    )


def deleted(rkey: str, root: str, account: Account, uri: str, now: datetime) -> Arrival:
    """A post of ours that is gone from our repository. `root` is empty for a root itself."""
    return Arrival(
        event=Event(
            id=uri,
            kind="conversation.reply" if root else "content.published",
            platform=PLATFORM,
            time=now,
            thread=root or uri,
            ours=True,
            author=Author(id=account.did, handle=account.handle),
        ),
        revision="deleted",
        deleted=True,
        key=rkey,
    )


def in_order(arrivals: Iterable[Arrival]) -> tuple[Arrival, ...]:
    """Oldest first, each message once: as a reply before a comment before a mention."""
    once: dict[tuple[str, str], Arrival] = {}
    for arrival in arrivals:
        name = arrival.event.id, arrival.revision
        if name not in once or _rank(arrival) < _rank(once[name]):
            once[name] = arrival
    return tuple(sorted(once.values(), key=lambda each: (each.event.time, each.event.id)))


def _rank(arrival: Arrival) -> int:
    kind = arrival.event.kind
    return _RANK.index(kind) if kind in _RANK else len(_RANK)


def _kind_of_ours(post: Post) -> str:
    return "conversation.reply" if post.answers else "content.published"


def _kind_of_theirs(post: Post, account: Account, otherwise: str) -> str:
    """What it hangs under says what it is, whatever the network notified us for."""
    if not post.answers:
        return otherwise
    if _is_of(post.parent or "", account):
        return "conversation.comment" if post.parent == post.root else "conversation.reply"
    # Deeper in a conversation: ours if we began it.
    return "conversation.comment" if _is_of(post.root, account) else otherwise


def _is_of(uri: str, account: Account) -> bool:
    return uri.startswith(f"at://{account.did}/")


def _from_audience(view: Json, kind: str, roots: Mapping[str, str]) -> Arrival | None:
    writer, time = read_writer(view.get("author")), as_time(view.get("indexedAt"))
    where = Uri.parse(as_text(view.get("uri")) or "")
    if writer is None or time is None or where is None:
        return None
    about = as_text(view.get("reasonSubject")) or None
    return Arrival(
        event=Event(
            id=str(where),
            kind=kind,
            platform=PLATFORM,
            time=time,
            under="profile" if kind == "audience.follow" else None,
            thread=roots.get(about, about) if about else None,
            parent=about,
            author=_author(writer),
        ),
        revision=as_text(view.get("cid")) or "1",
        url=web_page(writer),
    )


def _author(writer: Writer) -> Author:
    return Author(id=writer.did, handle=writer.handle, verified=writer.verified)

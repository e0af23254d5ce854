"""What is new: notifications from the AppView, and our own posts from our repository."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from integrations.bluesky import arrivals as read
from integrations.bluesky.cursor import (
    DEEP_OVERLAP,
    MARKS,
    Backlog,
    Cursor,
    mark,
    newest_own,
    remember,
)
from integrations.bluesky.records import POST, Post, as_count, as_list, as_map, as_text, as_time
from integrations.bluesky.repo import OwnPosts, list_own
from integrations.bluesky.session import Account, Session
from remit.model import Arrival, Batch

PAGES = 10
"""One look reads no more; the rest is the next look's, at once."""
ALL_PAGES = 200
"""A backlog of more is a server that pages in a circle."""
OWN_PAGES = 20
_PAGE = 100
_PROFILES = 25


@dataclass(frozen=True)
class _Look:
    """What was read of the notifications."""

    views: list[object]
    backlog: Backlog | None


async def listen(
    session: Session, cursor: str | None, since: datetime | None, now: datetime
) -> Batch:
    account = await session.account()
    if cursor is None and since is None:
        return Batch(arrivals=(), cursor=(await _begin(session, account, now)).write())
    state = Cursor.read(cursor, now) if cursor is not None else Cursor.start(since or now, now)

    look = await _look(session, state, now)
    own = await list_own(session, lambda page: _is_known(page, state), OWN_PAGES)

    told = [read.from_notification(view, account, own.roots) for view in look.views]
    known = set(state.seen)
    fresh = [
        arrival
        for arrival in told
        if arrival is not None
        and arrival.event.time >= state.floor
        and mark(arrival.event.id, arrival.revision) not in known
    ]
    found = read.in_order(
        [*await with_followers(session, fresh), *_of_ours(own, state, account, now)]
    )
    latest = [time for view in look.views if (time := _time_of(view)) and time <= now]
    marks = [mark(each.event.id, each.revision) for each in read.in_order(fresh)]
    moved = remember(state, marks).model_copy(
        update={
            "at": max([state.at, *latest]),
            "deep_at": now if state.is_deep(now) else state.deep_at,
            "own": _own_after(own, state),
            "backlog": look.backlog,
        },
    )
    return Batch(arrivals=found, cursor=moved.write(), more=look.backlog is not None)


async def _begin(session: Session, account: Account, now: datetime) -> Cursor:
    """Start at now. What the network shows already is old, even where a new one will stand below it."""
    back = Cursor.start(now - DEEP_OVERLAP, now)
    look = await _look(session, back, now)
    told = [each for view in look.views if (each := read.from_notification(view, account, {}))]
    known = read.in_order(told)[-MARKS:]
    # What lies further back than we know it would be taken for new: it stays untold.
    whole = look.backlog is None and len(told) <= MARKS
    floor = back.floor if whole else now
    state = back.model_copy(update={"started": now, "floor": floor, "at": now})
    return remember(state, [mark(each.event.id, each.revision) for each in known])


async def _look(session: Session, state: Cursor, now: datetime) -> _Look:
    """Notifications, newest first, back to what was seen before."""
    backlog = state.backlog
    deep = state.is_deep(now)
    until = backlog.until if backlog else state.since(deep=deep)
    page = backlog.page if backlog else None
    read_before = backlog.pages if backlog else 0
    views: list[object] = []
    visited = {page}
    for _ in range(PAGES):
        params: dict[str, str | int | bool] = {"limit": _PAGE, "priority": False}
        if page:
            params["cursor"] = page
        answer = as_map(await session.read("app.bsky.notification.listNotifications", params))
        notifications = as_list(answer.get("notifications"))
        views += notifications
        times = [time for each in notifications if (time := _time_of(each))]
        page = as_text(answer.get("cursor"))
        # The network hides some: a page may be empty and not be the last.
        if not page or page in visited or (times and min(times) < until):
            return _Look(views, None)
        visited.add(page)
    oldest = min((time for each in views if (time := _time_of(each))), default=now)
    # The far look stops here: what lies behind was seen by the near ones in its time.
    near_done = deep and oldest < state.since(deep=False)
    if near_done or page is None or read_before + PAGES >= ALL_PAGES:
        return _Look(views, None)
    near = backlog.until if backlog else state.since(deep=False)
    return _Look(views, Backlog(page=page, until=near, pages=read_before + PAGES))


def _time_of(notification: object) -> datetime | None:
    return as_time(as_map(notification).get("indexedAt"))


def _is_known(page: list[Post], state: Cursor) -> bool:
    return any(post.rkey in state.own or post.time < state.started for post in page)


def _of_ours(own: OwnPosts, state: Cursor, account: Account, now: datetime) -> list[Arrival]:
    """Our posts and replies since we began to listen, by whatever means, and those deleted."""
    written = [
        arrival
        for post in own.posts
        if post.rkey not in state.own and post.time >= state.started
        if (arrival := read.from_post(post, account))
    ]
    gone = [
        read.deleted(rkey, root, account, f"at://{account.did}/{POST}/{rkey}", now)
        for rkey, root in state.own.items()
        if own.lacks(rkey)
    ]
    return [*written, *gone]


def _own_after(own: OwnPosts, state: Cursor) -> dict[str, str]:
    listed = {
        post.rkey: post.root if post.answers else ""
        for post in own.posts
        if post.time >= state.started
    }
    kept = {rkey: root for rkey, root in state.own.items() if not own.lacks(rkey)}
    return newest_own(kept | listed)


async def with_followers(session: Session, arrivals: Sequence[Arrival]) -> list[Arrival]:
    """The same with the number of followers of each author, asked for once."""
    people = list(
        dict.fromkeys(
            each.event.author.id for each in arrivals if each.event.author and each.event.author.id
        )
    )
    followers: dict[str, int | None] = {}
    for first in range(0, len(people), _PROFILES):
        asked = [("actors", did) for did in people[first : first + _PROFILES]]
        answer = as_map(await session.read("app.bsky.actor.getProfiles", asked))
        for profile in map(as_map, as_list(answer.get("profiles"))):
            did = as_text(profile.get("did"))
            if did:
                followers[did] = as_count(profile.get("followersCount"))
    return [_with(each, followers) for each in arrivals]


def _with(arrival: Arrival, followers: dict[str, int | None]) -> Arrival:
    author = arrival.event.author
    count = followers.get(author.id) if author and author.id else None
    if author is None or count is None:
        return arrival
    counted = author.model_copy(update={"followers": count})
    return arrival.model_copy(
        update={"event": arrival.event.model_copy(update={"author": counted})}
    )

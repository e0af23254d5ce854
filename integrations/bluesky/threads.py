"""A conversation: what the AppView shows of it, corrected by our own repository.

The AppView is behind by a second or more; a reply that the brand just gave by other means must be
seen before Remit answers as well.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from integrations.bluesky.records import (
    Json,
    Post,
    Uri,
    as_count,
    as_list,
    as_map,
    read_view,
    web_page,
)
from integrations.bluesky.repo import list_own, read_own
from integrations.bluesky.session import Account, Session
from remit.model import Gone, Message, Retryable, Thread

_DEPTH = 100
_OWN_PAGES = 5
_AUDIT_PAGES = 100
"""Pages of a hundred posts."""
_BEHIND = timedelta(hours=24)
"""No AppView is this far behind: older posts of ours need no second source."""


class _Conversation:
    """Posts gathered from one or more views of a thread."""

    def __init__(self) -> None:
        self.posts: dict[str, Post] = {}
        self.complete = True

    def add(self, node: object) -> None:
        """A `threadViewPost` with all above and below it. What is blocked or deleted has no text."""
        above = as_map(as_map(node).get("parent"))
        while above:
            self._keep(above)
            above = as_map(above.get("parent"))
        below = [as_map(node)]
        while below:
            each = below.pop()
            self._keep(each)
            replies = as_list(each.get("replies"))
            promised = as_count(as_map(each.get("post")).get("replyCount")) or 0
            if len(replies) < promised:
                self.complete = False
            below.extend(map(as_map, replies))

    def _keep(self, node: Json) -> None:
        post = read_view(node.get("post"))
        if post is not None:
            self.posts[post.uri] = post


async def read_thread(session: Session, message: str, now: datetime) -> Thread:
    account = await session.account()
    where = Uri.parse(message)
    if where is None:
        raise Gone("bluesky: the message is not an at:// address of a record")
    found = _Conversation()
    node = await _node(session, str(where), above=True)
    if node is not None:
        found.add(node)
    subject = found.posts.get(str(where)) or await read_own(session, where)
    if subject is None:
        raise Gone(f"bluesky: {where} does not exist any more, or its author blocks this account")
    found.posts[subject.uri] = subject
    if subject.root != subject.uri:
        top = await _node(session, subject.root, above=False)
        if top is not None:
            found.add(top)
    await _correct(session, found, subject.root, now)
    return Thread(
        root=subject.root,
        messages=tuple(
            _message(post, account)
            for post in sorted(found.posts.values(), key=lambda post: (post.time, post.uri))
        ),
        # When reading began: what came after may be missing.
        read_at=now,
        complete=found.complete and subject.root in found.posts,
    )


async def _node(session: Session, uri: str, *, above: bool) -> Json | None:
    answer = await session.read(
        "app.bsky.feed.getPostThread",
        {"uri": uri, "depth": _DEPTH, "parentHeight": _DEPTH if above else 0},
        absent=("NotFound",),
    )
    node = as_map((answer or {}).get("thread"))
    return node if as_map(node.get("post")) else None


async def _correct(session: Session, found: _Conversation, root: str, now: datetime) -> None:
    """Add our own posts of this thread, and take out those that we have deleted.

    Reads the repository after the AppView: what is in the AppView alone was deleted in between.
    """
    first = found.posts.get(root)
    since = max(first.time, now - _BEHIND) if first else now - _BEHIND

    def reached(page: list[Post]) -> bool:
        return any(post.time < since for post in page)

    own = await list_own(session, reached, _OWN_PAGES)
    account = await session.account()
    for uri, post in list(found.posts.items()):
        if post.writer.did == account.did and own.lacks(post.rkey):
            del found.posts[uri]
    for post in own.posts:
        if post.root == root:
            found.posts[post.uri] = post


async def read_own_messages(session: Session) -> tuple[Message, ...]:
    """Every post in our repository, oldest first."""
    account = await session.account()
    own = await list_own(session, lambda _page: False, _AUDIT_PAGES)
    if own.from_key:
        raise Retryable(
            f"bluesky: this account has more than {len(own.posts)} posts; not all can be compared"
        )
    return tuple(_message(post, account) for post in reversed(own.posts))


def _message(post: Post, account: Account) -> Message:
    ours = post.writer.did == account.did
    return Message(
        id=post.uri,
        revision=post.cid,
        parent=post.parent,
        author_id=post.writer.did,
        handle=post.writer.handle,
        text=post.text,
        time=post.time,
        ours=ours,
        key=post.rkey if ours else None,
        url=web_page(post.writer, post.rkey),
    )

"""Our own repository on the PDS. Unlike the AppView it shows a write at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from integrations.bluesky.records import (
    POST,
    Json,
    Post,
    Uri,
    Writer,
    as_list,
    as_map,
    as_text,
    read_post,
)
from integrations.bluesky.session import Account, Session
from remit.model import Gone

_PAGE = 100


@dataclass(frozen=True)
class OwnPosts:
    """Our newest posts, in the order of their keys, newest first."""

    posts: tuple[Post, ...]
    from_key: str
    """The listing has every post whose key is not below."""

    @property
    def roots(self) -> dict[str, str]:
        """Address to the first message of its thread, for those that are answers."""
        return {post.uri: post.root for post in self.posts if post.answers}

    def lacks(self, rkey: str) -> bool:
        """Whether a post of that key was there and is gone."""
        return rkey >= self.from_key and all(post.rkey != rkey for post in self.posts)


async def list_own(
    session: Session, reached: Callable[[list[Post]], bool], at_most: int
) -> OwnPosts:
    """Pages of our posts until `reached` says that a page goes back far enough."""
    account = await session.account()
    posts: dict[str, Post] = {}
    cursor: str | None = None
    for _ in range(at_most):
        params: dict[str, str | int] = {"repo": account.did, "collection": POST, "limit": _PAGE}
        if cursor:
            params["cursor"] = cursor
        answer = as_map(await session.read("com.atproto.repo.listRecords", params))
        records = as_list(answer.get("records"))
        page = [post for post in (_own(as_map(record), account) for record in records) if post]
        posts |= {post.uri: post for post in page}
        following = as_text(answer.get("cursor"))
        # Keys only fall from page to page: a cursor that does not fall is a loop.
        if len(records) < _PAGE or not following or (cursor and following >= cursor):
            return OwnPosts(tuple(posts.values()), from_key="")
        cursor = following
        if reached(page):
            break
    return OwnPosts(tuple(posts.values()), from_key=cursor or "")


async def read_record(session: Session, uri: Uri) -> Json:
    """A record of anybody, with its cid. Raises Gone."""
    found = await session.read(
        "com.atproto.repo.getRecord",
        {"repo": uri.repo, "collection": uri.collection, "rkey": uri.rkey},
        absent=("RecordNotFound",),
    )
    if found is None:
        raise Gone(f"bluesky: {uri} does not exist any more")
    return found


async def read_own(session: Session, uri: Uri) -> Post | None:
    """A post of ours that the AppView may not have yet."""
    account = await session.account()
    if uri.repo != account.did:
        return None
    try:
        return _own(await read_record(session, uri), account)
    except Gone:
        return None


def _own(record: Json, account: Account) -> Post | None:
    writer = Writer(account.did, account.handle)
    return read_post(record.get("uri"), record.get("cid"), writer, record.get("value"), None)

"""The platform port over the AT Protocol."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta

import httpx
from pydantic import SecretStr

from integrations.bluesky import listening, threads, writing
from integrations.bluesky.arrivals import PLATFORM, from_view, in_order
from integrations.bluesky.limits import LIMITS
from integrations.bluesky.records import as_count, as_list, as_map, as_text, stamp
from integrations.bluesky.session import Session, is_loopback
from integrations.http import Http
from integrations.secrets import read_secret
from integrations.wire import now
from remit.model import (
    Arrival,
    Batch,
    Channel,
    Content,
    Counts,
    CredentialsError,
    InputError,
    Message,
    Prepared,
    Receipt,
    Thread,
)

SERVICE = "https://bsky.social"
_POSTS = 25
_SEARCH_PAGES = 10
_BYTES = 40_000_000
"""A thread with thousands of comments is one answer."""
_COUNTS = {
    "likes": "likeCount",
    "replies": "replyCount",
    "reposts": "repostCount",
    "quotes": "quoteCount",
}


class BlueskyPlatform:
    """One account, entered by app password."""

    platform = PLATFORM
    limits = LIMITS
    idempotent = True
    settle = timedelta(seconds=2)
    absence_is_proof = True

    def __init__(
        self,
        service_url: str,
        handle: str,
        app_password: SecretStr,
        *,
        transport: httpx.AsyncBaseTransport | None = None,
        clock: Callable[[], datetime] = now,
    ) -> None:
        self.handle = handle
        self._clock = clock
        self._http = Http(
            service_url,
            platform=PLATFORM,
            secrets=(app_password,),
            transport=transport,
            max_bytes=_BYTES,
            clock=clock,
        )
        self._session = Session(self._http, handle, app_password, clock)

    def __repr__(self) -> str:
        return f"BlueskyPlatform({self._http.base_url!r}, {self.handle!r})"

    async def listen(self, cursor: str | None, since: datetime | None = None) -> Batch:
        return await listening.listen(self._session, cursor, since, self._clock())

    async def thread(self, message: str) -> Thread:
        return await threads.read_thread(self._session, message, self._clock())

    async def prepare(self, content: Content, key: str, now: datetime) -> Prepared:
        return await writing.prepare(self._session, content, key, now)

    async def send(self, prepared: Prepared, deadline: datetime) -> Receipt:
        return await writing.send(self._session, prepared, deadline)

    async def find(self, prepared: Prepared) -> Receipt | None:
        return await writing.find(self._session, prepared)

    async def measure(self, ids: Sequence[str]) -> Mapping[str, Counts]:
        uris = [each for each in dict.fromkeys(ids) if each.startswith("at://")]
        measured: dict[str, Counts] = {}
        for first in range(0, len(uris), _POSTS):
            asked = [("uris", uri) for uri in uris[first : first + _POSTS]]
            answer = as_map(await self._session.read("app.bsky.feed.getPosts", asked))
            for post in map(as_map, as_list(answer.get("posts"))):
                counts = {name: as_count(post.get(field)) for name, field in _COUNTS.items()}
                known = {name: count for name, count in counts.items() if count is not None}
                measured[as_text(post.get("uri")) or ""] = Counts(counts=known)
        return {uri: measured[uri] for uri in uris if uri in measured}

    async def search(
        self, query: str, since: datetime | None = None, at_most: int = 100
    ) -> tuple[Arrival, ...]:
        """Public posts that match, the newest of them, oldest first."""
        account = await self._session.account()
        found: list[Arrival] = []
        page: str | None = None
        visited: set[str] = set()
        for _ in range(_SEARCH_PAGES):
            params: dict[str, str | int] = {
                "q": query,
                "sort": "latest",
                "limit": min(at_most, 100),
            }
            params |= {"since": stamp(since)} if since else {}
            params |= {"cursor": page} if page else {}
            answer = as_map(await self._session.read("app.bsky.feed.searchPosts", params))
            views = [from_view(view, account) for view in as_list(answer.get("posts"))]
            found += [each for each in views if each is not None]
            page = as_text(answer.get("cursor"))
            if not page or page in visited or len(found) >= at_most:
                break
            visited.add(page)
        return in_order(await listening.with_followers(self._session, found[:at_most]))

    async def own_messages(self) -> Sequence[Message]:
        return await threads.read_own_messages(self._session)

    async def close(self) -> None:
        await self._http.close()


def connect(channel: Channel, brand: str) -> BlueskyPlatform:
    """The adapter of a channel: `account` is the handle, `url` the PDS."""
    where = f"channel {channel.id} of {brand}"
    if not channel.account:
        raise InputError(f"{where}: bluesky needs `account`, the handle: kopi.example.com")
    if not channel.credentials:
        raise CredentialsError(
            f"{where}: bluesky needs `credentials`, env:NAME or file:PATH of an app password",
        )
    return BlueskyPlatform(
        _service(channel.url or SERVICE, where),
        channel.account.removeprefix("@"),
        read_secret(channel.credentials),
    )


def _service(url: str, where: str) -> str:
    try:
        address = httpx.URL(url)
    except httpx.InvalidURL:
        raise InputError(f"{where}: `url` is no address: write it like {SERVICE}") from None
    if address.userinfo:
        raise InputError(f"{where}: `url` holds a password: name it under `credentials` instead")
    if address.scheme == "http" and is_loopback(url):
        return url
    if address.scheme != "https" or not address.host:
        raise InputError(f"{where}: `url` must begin with https://, or the password is readable")
    return url

"""The sandbox as a platform: the port over its HTTP API."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import httpx
from pydantic import SecretStr

from integrations.graphemes import graphemes
from integrations.http import Http, Reply, Timeouts, understood
from integrations.sandbox.limits import LIMITS
from integrations.secrets import read_secret
from integrations.wire import now as wall_clock
from remit.model import (
    Arrival,
    Author,
    Batch,
    Channel,
    Content,
    ContentRefused,
    Counts,
    Event,
    Gone,
    Limits,
    Message,
    Prepared,
    Receipt,
    Thread,
)

URL = "http://127.0.0.1:4300"
KINDS: Mapping[str, str] = {
    "comment": "conversation.comment",
    "reply": "conversation.reply",
    "mention": "conversation.mention",
    "like": "audience.reaction",
    "repost": "audience.share",
    "follow": "audience.follow",
}


def connect(channel: Channel, brand: str) -> SandboxPlatform:
    """The channel's account; the address and the token come from the environment by default."""
    return SandboxPlatform(
        channel.url or os.environ.get("REMIT_SANDBOX_URL") or URL,
        channel.account or brand,
        read_secret(channel.credentials or "env:REMIT_SANDBOX_TOKEN"),
        channel=channel.id,
    )


class SandboxPlatform:
    """One brand's account in the sandbox. What it promises is asked of the sandbox itself."""

    platform = "sandbox"

    def __init__(
        self,
        url: str,
        account: str,
        token: SecretStr,
        *,
        channel: str | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self.limits: Limits = LIMITS
        self.account = account.lstrip("@").casefold()
        # Until the sandbox has been asked, nothing is promised.
        self.idempotent = False
        self.settle = timedelta(0)
        self.absence_is_proof = False
        self._channel = channel
        self._token = token
        self._known = False
        self._http = Http(
            url,
            platform="sandbox",
            secrets=[token],
            transport=transport,
            # On loopback, who has not answered after five seconds does so on purpose.
            timeouts=Timeouts(connect=2, read=5, write=5, total=10),
        )
        self._home = f"/api/accounts/{quote(self.account, safe='')}"

    def __repr__(self) -> str:
        return f"SandboxPlatform({self._http.base_url!r}, {self.account!r})"

    async def refresh(self) -> None:
        """Asks what the sandbox promises now, and makes the account on the first time."""
        reply = await self._http.get("/api/about")
        if not self._known:
            await self._http.request("PUT", self._home, json={}, token=self._token, safe=True)
            self._known = True
        with understood(reply):
            about = reply.json()
            settle = timedelta(seconds=float(about["settle_seconds"]))
            self.idempotent = about["idempotent"] is True
        self.settle = settle
        self.absence_is_proof = not settle

    async def listen(self, cursor: str | None, since: datetime | None = None) -> Batch:
        await self.refresh()
        params: dict[str, str] = {}
        if cursor is not None:
            params["cursor"] = cursor
        elif since is not None:
            params["since"] = since.isoformat()
        reply = await self._get("/notifications", params)
        with understood(reply):
            raw = reply.json()
            return Batch(
                arrivals=tuple(self._arrival(item) for item in raw["items"]),
                cursor=raw["cursor"],
                # The same place again would be read forever.
                more=raw["more"] is True and raw["cursor"] != cursor,
            )

    async def thread(self, message: str) -> Thread:
        # The time before asking: what is written while it answers may be missing.
        read_at = wall_clock()
        reply = await self._http.get(f"/api/posts/{_part(message)}/thread", token=self._token)
        with understood(reply):
            raw = reply.json()
            return Thread(
                root=raw["root"],
                messages=tuple(self._message(post) for post in raw["posts"]),
                read_at=read_at,
            )

    async def prepare(self, content: Content, key: str, now: datetime) -> Prepared:  # noqa: ARG002 - the sandbox dates posts itself
        self._check(content)
        await self.refresh()
        images = []
        for media in content.media:
            blob = hashlib.sha256(media.data).hexdigest()
            await self._http.request(
                "PUT",
                f"/api/blobs/{blob}",
                content=media.data,
                headers={"Content-Type": media.mime},
                token=self._token,
                safe=True,  # named by its own hash
            )
            images.append({"blob": blob, "alt": media.alt})
        body: dict[str, object] = {"text": content.text}
        if content.reply_to is not None:
            body["parent"] = content.reply_to
        if content.language is not None:
            body["language"] = content.language
        if images:
            body["images"] = images
        return Prepared(key=key, body=body)

    async def send(self, prepared: Prepared, deadline: datetime) -> Receipt:
        reply = await self._http.request(
            "POST",
            f"{self._home}/posts",
            json=dict(prepared.body),
            headers={"Idempotency-Key": prepared.key},
            token=self._token,
            deadline=deadline,
        )
        with understood(reply):
            return self._receipt(reply.json())

    async def find(self, prepared: Prepared) -> Receipt | None:
        await self.refresh()
        reply = await self._get("/posts", {"key": prepared.key})
        with understood(reply):
            posts = reply.json()["posts"]
            return self._receipt(posts[0]) if posts else None

    async def measure(self, ids: Sequence[str]) -> Mapping[str, Counts]:
        found: dict[str, Counts] = {}
        for start in range(0, len(ids), 100):
            params = {"ids": ",".join(ids[start : start + 100])}
            reply = await self._http.get("/api/counts", params=params)
            with understood(reply):
                raw = reply.json()["counts"]
                found |= {post: Counts(counts=counts) for post, counts in raw.items()}
        return found

    async def own_messages(self) -> Sequence[Message]:
        reply = await self._get("/received", {})
        with understood(reply):
            return tuple(self._message(post) for post in reply.json()["posts"])

    async def close(self) -> None:
        await self._http.close()

    async def _get(self, path: str, params: Mapping[str, str]) -> Reply:
        return await self._http.get(self._home + path, params=params, token=self._token)

    def _check(self, content: Content) -> None:
        length = graphemes(content.text)
        if length > LIMITS.graphemes:
            raise ContentRefused(
                f"the text has {length} characters; the sandbox takes {LIMITS.graphemes}: shorten it"
            )
        if len(content.media) > LIMITS.images:
            raise ContentRefused(f"{len(content.media)} images; the sandbox takes {LIMITS.images}")
        for media in content.media:
            if media.mime not in LIMITS.mimes or len(media.data) > LIMITS.image_bytes:
                raise ContentRefused(
                    f"the image {media.name} must be {' or '.join(LIMITS.mimes)}"
                    f" of at most {LIMITS.image_bytes} bytes"
                )

    def _arrival(self, item: Mapping[str, Any]) -> Arrival:
        who, post = item["account"], item["post"]
        said = item["subject"] is None and post is not None
        ours = item["kind"] == "own"
        kind = KINDS.get(item["kind"], item["kind"])
        if ours:
            kind = "content.published" if post["parent"] is None else "conversation.reply"
        event = Event(
            id=item["id"],
            kind=kind,
            platform=self.platform,
            channel=self._channel,
            time=_time(item["at"]),
            text=post["text"] if said else None,
            language=post["language"] if said else None,
            thread=post["root"] if post is not None else None,
            parent=post["parent"] if said else item["subject"],
            ours=ours,
            author=Author(
                id=who["id"],
                handle=who["handle"],
                followers=who["followers"],
                verified=who["verified"],
            ),
        )
        return Arrival(
            event=event,
            revision=str(item["revision"]),
            deleted=item["deleted"],
            key=post.get("key") if ours else None,
            url=None if post is None else self._http.base_url + post["url"],
        )

    def _message(self, post: Mapping[str, Any]) -> Message:
        who = post["account"]
        return Message(
            id=post["id"],
            revision=str(post["revision"]),
            parent=post["parent"],
            author_id=who["id"],
            handle=who["handle"],
            text=post["text"],
            time=_time(post["at"]),
            ours=who["handle"] == self.account,
            deleted=post["deleted"],
            key=post.get("key") if who["handle"] == self.account else None,
            url=self._http.base_url + post["url"],
        )

    def _receipt(self, post: Mapping[str, Any]) -> Receipt:
        return Receipt(id=post["id"], url=self._http.base_url + post["url"], time=_time(post["at"]))


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def _part(message: str) -> str:
    """An id as one part of a path."""
    if message in {"", ".", ".."}:
        raise Gone("there is no message of that id")
    return quote(message, safe="")

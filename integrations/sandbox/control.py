"""Acting as the public, and looking behind the sandbox: for the demo, tests and benchmarks."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote

import httpx
from pydantic import SecretStr

from integrations.http import Http
from remit.model import Message, Retryable


class Sandbox:
    """A visitor, an audience, and whoever turns the faults on."""

    def __init__(
        self,
        url: str,
        token: SecretStr,
        *,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self.url = url.rstrip("/")
        self._token = token
        self._http = Http(url, platform="sandbox", secrets=[token], transport=transport)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    async def close(self) -> None:
        await self._http.close()

    async def wait_ready(self, seconds: float = 15.0) -> None:
        """Returns when the sandbox answers. Raises Retryable when it did not in time."""
        until = datetime.now(UTC) + timedelta(seconds=seconds)
        while True:
            try:
                await self._http.get("/api/about")
            except Retryable:
                if datetime.now(UTC) >= until:
                    raise
                await asyncio.sleep(0.1)
            else:
                return

    async def about(self) -> Mapping[str, Any]:
        raw: Mapping[str, Any] = (await self._http.get("/api/about")).json()
        return raw

    async def account(
        self,
        handle: str,
        *,
        name: str | None = None,
        followers: int | None = None,
        verified: bool | None = None,
        brand: bool = False,
    ) -> str:
        """Makes or changes an account, with what only the platform can say of it."""
        fields = {"name": name, "followers": followers, "verified": verified}
        given: dict[str, object] = {k: v for k, v in fields.items() if v is not None}
        if brand:
            path = f"/api/accounts/{quote(handle, safe='')}"
            reply = await self._http.request("PUT", path, json=given, token=self._token, safe=True)
        else:
            body = {"handle": handle, **given}
            reply = await self._http.request(
                "POST", "/api/public/accounts", json=body, token=self._token, safe=True
            )
        return str(reply.json()["handle"])

    async def write(
        self,
        handle: str,
        text: str,
        *,
        under: str | None = None,
        name: str | None = None,
        language: str | None = None,
    ) -> str:
        """A visitor's post, or with `under` a comment on that message. Returns its id."""
        body: dict[str, object] = {"handle": handle, "text": text}
        optional = {"parent": under, "name": name, "language": language}
        body |= {field: value for field, value in optional.items() if value is not None}
        reply = await self._http.request("POST", "/api/public/posts", json=body)
        return str(reply.json()["id"])

    async def edit(self, handle: str, post: str, text: str) -> None:
        body = {"handle": handle, "text": text}
        await self._http.request("PUT", f"/api/public/posts/{post}", json=body, safe=True)

    async def delete(self, handle: str, post: str) -> None:
        await self._http.request("DELETE", f"/api/public/posts/{post}", json={"handle": handle})

    async def like(self, handle: str, post: str) -> None:
        await self._react("like", handle, post)

    async def repost(self, handle: str, post: str) -> None:
        await self._react("repost", handle, post)

    async def follow(self, handle: str, brand: str) -> None:
        await self._react("follow", handle, brand)

    async def write_as_brand(
        self, account: str, text: str, *, under: str | None = None, key: str | None = None
    ) -> str:
        """A post or reply that the brand's people make by hand, outside Remit."""
        body: dict[str, object] = {"text": text}
        if under is not None:
            body["parent"] = under
        headers = {} if key is None else {"Idempotency-Key": key}
        path = f"/api/accounts/{quote(account, safe='')}/posts"
        reply = await self._http.request(
            "POST", path, json=body, headers=headers, token=self._token
        )
        return str(reply.json()["id"])

    async def delete_as_brand(self, post: str) -> None:
        await self._http.request("DELETE", f"/api/posts/{post}", token=self._token)

    async def received(self, account: str) -> tuple[Message, ...]:
        """All that the platform ever accepted from a brand, oldest first: the truth for audits.

        Hidden and deleted ones are in it, and each of two posts under one key.
        """
        path = f"/api/accounts/{quote(account, safe='')}/received"
        posts = (await self._http.get(path, token=self._token)).json()["posts"]
        return tuple(
            Message(
                id=post["id"],
                revision=str(post["revision"]),
                parent=post["parent"],
                author_id=post["account"]["id"],
                handle=post["account"]["handle"],
                text=post["text"],
                time=datetime.fromisoformat(post["at"]),
                ours=True,
                deleted=post["deleted"],
                key=post["key"],
                url=self.url + post["url"],
            )
            for post in posts
        )

    async def faults(self, **switches: object) -> Mapping[str, Any]:
        """Sets all switches at once; what is not named is off. See `faults.Faults`.

        `await sandbox.faults(delayed_visibility=2, fail_500=0.1, timeout_after_accept={"next": 1})`
        """
        reply = await self._http.request(
            "PUT", "/api/faults", json=switches, token=self._token, safe=True
        )
        raw: Mapping[str, Any] = reply.json()
        return raw

    async def reset(self) -> None:
        """An empty sandbox, all faults off."""
        await self._http.request("POST", "/api/reset", token=self._token, safe=True)

    async def _react(self, kind: str, handle: str, subject: str) -> None:
        body = {"handle": handle, "subject": subject}
        await self._http.request("POST", f"/api/public/{kind}", json=body, safe=True)

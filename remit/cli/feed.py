"""Playing a feed through the sandbox, as the public would write it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

from integrations.sandbox.control import Sandbox

ORGANIC = "Selamat pagi! Kopi pertama hari ini apa? ☕"


class Feed:
    """The messages of feed.yaml, in order; each is written once."""

    def __init__(
        self, sandbox: Sandbox, account: str, messages: Sequence[Mapping[str, Any]]
    ) -> None:
        self._sandbox = sandbox
        self._account = account
        self._messages = messages
        self._ids: dict[str, str] = {}

    async def organic(self) -> str:
        """The brand's own post of the morning, written outside Remit."""
        self._ids["organic"] = await self._sandbox.write_as_brand(
            self._account, ORGANIC, key="demo-organic"
        )
        return self._ids["organic"]

    def campaign(self, post: str) -> None:
        """The post that comments `on: campaign` go under."""
        self._ids["campaign"] = post

    async def play(self, pause: float) -> AsyncIterator[str]:
        """Write one message after the other; yields the id of each in feed.yaml."""
        for message in self._messages:
            handle = message["as"]
            await self._sandbox.account(
                handle,
                name=message.get("name"),
                followers=message.get("followers"),
                verified=message.get("verified"),
            )
            await self._act(handle, message)
            yield message["id"]
            await asyncio.sleep(pause)

    async def _act(self, handle: str, message: Mapping[str, Any]) -> None:
        on = message.get("on")
        target = self._ids[on] if on else None
        text = message.get("text", "")
        match message["do"]:
            case "post" | "mention" | "comment" | "reply":
                self._ids[message["id"]] = await self._sandbox.write(handle, text, under=target)
            case "edit" if target:
                await self._sandbox.edit(handle, target, text)
            case "delete" if target:
                await self._sandbox.delete(handle, target)
            case "like" if target:
                await self._sandbox.like(handle, target)
            case "repost" if target:
                await self._sandbox.repost(handle, target)
            case "follow":
                await self._sandbox.follow(handle, self._account)
            case other:
                raise ValueError(f"feed.yaml: {message['id']} does {other!r}, which nobody can")

"""Bluesky passes what every platform passes, on a real network."""

from __future__ import annotations

from datetime import datetime

import httpx
import pytest
from pydantic import SecretStr

from integrations.bluesky.adapter import BlueskyPlatform
from remit.model import Message, Platform
from tests.integrations.contract import Over, PlatformContract, Respond, Stage
from tests.servers.processes import poll

PASSWORD = "abcd-efgh-ijkl-mnop"
LET_PASS = frozenset({"com.atproto.server.createSession", "com.atproto.server.refreshSession"})


class TestBluesky(PlatformContract):
    @pytest.fixture
    def secrets(self) -> list[str]:
        return [PASSWORD, "access-token-1", "refresh-token-1"]

    @pytest.fixture
    def over(self, app) -> Over:
        def make(respond: Respond) -> BlueskyPlatform:
            def answer(request: httpx.Request) -> httpx.Response:
                known = request.url.path.removeprefix("/xrpc/") in LET_PASS
                return app(request) if known else respond(request)

            return BlueskyPlatform(
                "https://bluesky.test",
                "kopi.test",
                SecretStr(PASSWORD),
                transport=httpx.MockTransport(answer),
            )

        return make

    @pytest.fixture
    def stuck(self, app, over) -> Platform:
        page = {"notifications": [], "cursor": "again"}

        def respond(request: httpx.Request) -> httpx.Response:
            if request.url.path.endswith("listNotifications"):
                return httpx.Response(200, json=page)
            return httpx.Response(200, json={"records": [{}] * 100, "cursor": "again"})

        platform: Platform = over(respond)
        return platform

    @pytest.fixture
    def stage(self, channel, brand, fan) -> Stage:
        async def published() -> list[Message]:
            return [
                Message(
                    id=each["uri"],
                    author_id=brand.did,
                    handle=brand.handle,
                    text=each["value"]["text"],
                    time=datetime.fromisoformat(each["value"]["createdAt"]),
                )
                for each in reversed(brand.records())
            ]

        async def mention(text: str) -> str:
            said = fan.post(text, mention=brand)
            poll(lambda: said.uri in [each["uri"] for each in brand.notifications("mention")])
            return str(said.uri)

        return Stage(platform=channel, published=published, mention=mention)

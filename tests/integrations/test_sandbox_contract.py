"""The sandbox passes what every platform passes, against its real server."""

from __future__ import annotations

import httpx
import pytest

from integrations.sandbox.adapter import SandboxPlatform
from integrations.sandbox.control import Sandbox
from remit.model import Platform
from tests.integrations.contract import Over, PlatformContract, Respond, Stage


class TestSandbox(PlatformContract):
    @pytest.fixture
    def secrets(self, sandbox_token) -> list[str]:
        return [sandbox_token.get_secret_value()]

    @pytest.fixture
    def over(self, sandbox_token) -> Over:
        def make(respond: Respond) -> SandboxPlatform:
            def answer(request: httpx.Request) -> httpx.Response:
                if request.url.path == "/api/about":
                    return httpx.Response(200, json={"idempotent": True, "settle_seconds": 0})
                if request.method == "PUT":
                    return httpx.Response(200, json={})
                return respond(request)

            return SandboxPlatform(
                "http://sandbox.test",
                "kopi",
                sandbox_token,
                transport=httpx.MockTransport(answer),
            )

        return make

    @pytest.fixture
    def stuck(self, over: Over) -> Platform:
        page = {"items": [], "cursor": "7.7", "more": True}
        return over(lambda _: httpx.Response(200, json=page))

    @pytest.fixture
    def stage(self, sandbox: Sandbox, connected) -> Stage:
        async def published():
            return list(await sandbox.received("kopi"))

        async def mention(text: str) -> str:
            return await sandbox.write("sari", f"@kopi {text}")

        return Stage(platform=connected(), published=published, mention=mention)

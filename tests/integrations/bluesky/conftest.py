"""Accounts on the real network, and a network of a few lines that stands for it."""

from __future__ import annotations

import json
import os
import secrets
import struct
import zlib
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from integrations.bluesky.adapter import BlueskyPlatform

DID = "did:plc:brand"
NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
ALPHABET = "234567abcdefghijklmnopqrstuvwxyz"

Answer = Callable[[httpx.Request], httpx.Response]


class App:
    """A PDS with a session, and an answer for each method that a test names."""

    def __init__(self) -> None:
        self.answers: dict[str, Answer] = {}
        self.calls: list[tuple[str, httpx.Request]] = []
        self.tokens = 0
        self.answers["com.atproto.server.createSession"] = lambda _: self.session()
        self.answers["com.atproto.server.refreshSession"] = lambda _: self.session()
        self.answers["com.atproto.repo.listRecords"] = lambda _: httpx.Response(
            200, json={"records": []}
        )

    def session(self, **more: Any) -> httpx.Response:
        self.tokens += 1
        given = {
            "did": DID,
            "handle": "kopi.test",
            "accessJwt": f"access-token-{self.tokens}",
            "refreshJwt": f"refresh-token-{self.tokens}",
        }
        return httpx.Response(200, json=given | more)

    def say(self, method: str, *bodies: Any, status: int = 200) -> None:
        """Answers of a method, one after the other; the last one stays."""
        queue = list(bodies)

        def answer(_: httpx.Request) -> httpx.Response:
            return httpx.Response(status, json=queue.pop(0) if len(queue) > 1 else queue[0])

        self.answers[method] = answer

    def called(self, method: str) -> list[httpx.Request]:
        return [request for name, request in self.calls if name == method]

    def __call__(self, request: httpx.Request) -> httpx.Response:
        method = request.url.path.removeprefix("/xrpc/")
        self.calls.append((method, request))
        return self.answers[method](request)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What needs the network is marked so, also where it is inherited from the contract."""
    for item in items:
        if "bluesky_network" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.server)


@pytest.fixture
def app() -> App:
    return App()


@pytest.fixture
def bluesky(app: App) -> BlueskyPlatform:
    return BlueskyPlatform(
        "http://localhost:1",
        "kopi.test",
        SecretStr("abcd-efgh-ijkl-mnop"),
        transport=httpx.MockTransport(app),
        clock=lambda: NOW,
    )


@pytest.fixture
def payload() -> Callable[[str], Any]:
    """A recorded answer of the real network, by file name."""
    shared = Path(os.environ.get("REMIT_SHARED") or Path(__file__).resolve().parents[4] / "shared")
    folder = shared / "payloads" / "bluesky"

    def load(name: str) -> Any:
        if not folder.is_dir():
            pytest.skip("the recorded payloads are not here: set REMIT_SHARED to their folder")
        text = (folder / name).read_text("utf-8")
        return json.loads(text) if name.endswith(".json") else text

    return load


@pytest.fixture
def new_key() -> Callable[[], str]:
    """A key as the network wants it: what time it is, and something random."""

    def make() -> str:
        number = int(datetime.now(UTC).timestamp() * 1_000_000) << 10 | secrets.randbits(10)
        return "".join(ALPHABET[number >> shift & 31] for shift in range(60, -1, -5))

    return make


@pytest.fixture
def png() -> Callable[[int, int], bytes]:
    """A red picture."""

    def make(width: int, height: int) -> bytes:
        def chunk(kind: bytes, data: bytes) -> bytes:
            return (
                struct.pack(">I", len(data))
                + kind
                + data
                + struct.pack(">I", zlib.crc32(kind + data))
            )

        rows = zlib.compress((b"\0" + b"\xff\0\0" * width) * height)
        head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
        return (
            b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")
        )

    return make


@pytest.fixture
def brand(bluesky_network) -> Any:
    return bluesky_network.create_account("kopi")


@pytest.fixture
def fan(bluesky_network) -> Any:
    return bluesky_network.create_account("fan")


@pytest.fixture
async def channel(bluesky_network, brand) -> AsyncIterator[BlueskyPlatform]:
    """The brand's account as Remit sees it."""
    platform = BlueskyPlatform(bluesky_network.pds, brand.handle, SecretStr(brand.app_password))
    yield platform
    await platform.close()

"""Accounts on the real network, and a network of a few lines that stands for it."""

from __future__ import annotations

import itertools
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
from integrations.bluesky.records import stamp

DID, FAN = "did:plc:brand", "did:plc:fan"
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


class Network:
    """Notifications sorted as the AppView sorts them, our records as the PDS does; `now` moves."""

    def __init__(self, app) -> None:
        self.now = NOW
        self.notifications: list[dict] = []
        self.records: list[dict] = []
        self.asked = 0
        self.numbers = itertools.count()
        app.answers["app.bsky.notification.listNotifications"] = self.list_notifications
        app.answers["com.atproto.repo.listRecords"] = self.list_records
        app.answers["app.bsky.actor.getProfiles"] = self.get_profiles
        self.profiles_asked: list[str] = []
        self.platform = BlueskyPlatform(
            "http://localhost:1",
            "kopi.test",
            SecretStr("abcd-efgh"),
            transport=httpx.MockTransport(app),
            clock=lambda: self.now,
        )
        self.cursor: str | None = None

    async def listen(self) -> list:
        batch = await self.platform.listen(self.cursor)
        self.cursor = batch.cursor
        return list(batch.arrivals)

    def notify(self, at: datetime | None = None, reason: str = "mention", **record) -> str:
        number = next(self.numbers)
        kind = {"like": "like", "repost": "repost"}.get(reason, "post")
        uri = f"at://{FAN}/app.bsky.feed.{kind}/r{number:05}"
        subject = record.pop("subject", None)
        self.notifications.append(
            {
                "uri": uri,
                "cid": f"cid{number}",
                "author": {"did": FAN, "handle": "fan.test"},
                "reason": reason,
                "reasonSubject": subject,
                "indexedAt": stamp(at or self.now),
                "record": {"text": "halo", "createdAt": stamp(at or self.now), **record},
            }
        )
        return uri

    def write(self, rkey: str, at: datetime | None = None, **record) -> str:
        uri = f"at://{DID}/app.bsky.feed.post/{rkey}"
        value = {"text": "kami", "createdAt": stamp(at or self.now), **record}
        self.records.append({"uri": uri, "cid": f"c{rkey}", "value": value})
        return uri

    def list_notifications(self, request: httpx.Request) -> httpx.Response:
        self.asked += 1
        before = request.url.params.get("cursor", "9")
        older = sorted(
            (each for each in self.notifications if each["indexedAt"] < before),
            key=lambda each: each["indexedAt"],
            reverse=True,
        )
        page = older[: int(request.url.params["limit"])]
        body = {"notifications": page}
        if len(older) > len(page):
            body["cursor"] = page[-1]["indexedAt"]
        return httpx.Response(200, json=body)

    def list_records(self, request: httpx.Request) -> httpx.Response:
        before = request.url.params.get("cursor", "zzz")
        older = sorted(
            (each for each in self.records if each["uri"].rpartition("/")[2] < before),
            key=lambda each: each["uri"],
            reverse=True,
        )
        page = older[: int(request.url.params["limit"])]
        body = {"records": page}
        if page:
            body["cursor"] = page[-1]["uri"].rpartition("/")[2]
        return httpx.Response(200, json=body)

    def get_profiles(self, request: httpx.Request) -> httpx.Response:
        asked = request.url.params.get_list("actors")
        self.profiles_asked += asked
        assert len(asked) <= 25
        found = [{"did": did, "followersCount": 12} for did in asked]
        return httpx.Response(200, json={"profiles": found})


@pytest.fixture
def network(app) -> Network:
    return Network(app)

"""The real servers do what the tests of the adapters and of the ledger count on."""

import asyncio
import struct
import subprocess
import zlib

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from tests.servers.bluesky import BlueskyNetwork, Record
from tests.servers.databases import Postgres, Redis
from tests.servers.fixtures import Chromium
from tests.servers.processes import poll, poll_async

pytestmark = pytest.mark.server

POST = "app.bsky.feed.post"


def png_chunk(kind: bytes, content: bytes) -> bytes:
    check = struct.pack(">I", zlib.crc32(kind + content))
    return struct.pack(">I", len(content)) + kind + content + check


def red_square(side: int = 8) -> bytes:
    header = png_chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0))
    rows = png_chunk(b"IDAT", zlib.compress((b"\0" + b"\xff\0\0" * side) * side))
    return b"\x89PNG\r\n\x1a\n" + header + rows + png_chunk(b"IEND", b"")


async def ask(url: str, *statements: str) -> object:
    """What the last of the statements answers."""
    engine = create_async_engine(url, poolclass=NullPool)
    async with engine.begin() as connection:
        *before, last = statements
        for statement in before:
            await connection.execute(text(statement))
        return await connection.scalar(text(last))


async def test_each_postgres_database_is_its_own(postgres: Postgres) -> None:
    first, second = postgres.create_database(), postgres.create_database()
    assert await ask(first, "create table seen (what text)", "select count(*) from seen") == 0
    assert await ask(second, "select to_regclass('seen')") is None


async def test_a_database_can_be_copied_from_a_template(postgres: Postgres) -> None:
    template = postgres.create_database()
    await ask(template, "create table kept (what text)", "insert into kept values (1) returning 1")
    copy = postgres.create_database(template=template.rsplit("/", 1)[1])
    assert await ask(copy, "select what from kept") == "1"


async def test_redis_answers(redis: Redis) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", redis.port)
    writer.write(b"SET greeting hello\r\nGET greeting\r\n")
    assert await reader.readexactly(16) == b"+OK\r\n$5\r\nhello\r\n"
    writer.close()
    await writer.wait_closed()
    assert redis.url() == f"redis://127.0.0.1:{redis.port}/0"


def test_the_network_is_up(bluesky_network: BlueskyNetwork) -> None:
    for service in (bluesky_network.pds, bluesky_network.appview):
        assert httpx.get(f"{service}/xrpc/_health", trust_env=False).status_code == 200


def test_an_app_password_opens_a_session(bluesky_network: BlueskyNetwork) -> None:
    account = bluesky_network.create_account("brand")
    opened = httpx.post(
        f"{bluesky_network.pds}/xrpc/com.atproto.server.createSession",
        json={"identifier": account.handle, "password": account.app_password},
        trust_env=False,
    ).json()
    assert opened["did"] == account.did
    assert opened["didDoc"]["service"][0]["serviceEndpoint"] == bluesky_network.pds


def test_a_mention_of_the_brand_reaches_its_notifications(bluesky_network: BlueskyNetwork) -> None:
    brand, fan = bluesky_network.create_account("brand"), bluesky_network.create_account("fan")
    mention = fan.post("¿dónde está mi café?", mention=brand)
    [notification] = poll(lambda: brand.notifications("mention"))
    assert notification["uri"] == mention.uri
    assert notification["author"]["did"] == fan.did
    assert notification["record"]["text"] == f"@{brand.handle} ¿dónde está mi café?"


async def test_a_reply_and_a_like_reach_the_thread(bluesky_network: BlueskyNetwork) -> None:
    brand, fan = bluesky_network.create_account("brand"), bluesky_network.create_account("fan")
    post = brand.post("Launch day!")
    assert poll(lambda: fan.thread(post.uri))
    reply = fan.post("does it ship to Spain?", reply=post)
    fan.like(post.uri, post.cid)

    async def complete() -> bool:
        thread = fan.thread(post.uri)
        if thread is None or thread["post"]["likeCount"] != 1:
            return False
        return [answer["post"]["uri"] for answer in thread.get("replies", [])] == [reply.uri]

    assert await poll_async(complete)
    assert sorted(seen["reason"] for seen in brand.notifications()) == ["like", "reply"]


def test_a_deleted_post_leaves_the_thread(bluesky_network: BlueskyNetwork) -> None:
    brand, fan = bluesky_network.create_account("brand"), bluesky_network.create_account("fan")
    post = fan.post("I take that back", mention=brand)
    assert poll(lambda: brand.thread(post.uri))
    fan.delete(post.uri)
    assert poll(lambda: brand.thread(post.uri) is None)
    assert fan.records() == []


def test_a_picture_is_kept_with_its_alternative_text(bluesky_network: BlueskyNetwork) -> None:
    brand, fan = bluesky_network.create_account("brand"), bluesky_network.create_account("fan")
    blob = brand.upload(red_square(), "image/png")
    assert brand.upload(red_square(), "image/png") == blob
    picture = {"image": blob, "alt": "a red square"}
    post = brand.post("look", embed={"$type": "app.bsky.embed.images", "images": [picture]})
    thread = poll(lambda: fan.thread(post.uri))
    assert [image["alt"] for image in thread["post"]["embed"]["images"]] == ["a red square"]


def test_the_same_put_twice_is_one_record(bluesky_network: BlueskyNetwork) -> None:
    brand = bluesky_network.create_account("brand")
    record = {"text": "once", "createdAt": "2026-01-02T03:04:05Z"}
    first = brand.put(POST, "3laaaaaaaaa22", record)
    assert brand.put(POST, "3laaaaaaaaa22", record) == first
    assert [Record(kept["uri"], kept["cid"]) for kept in brand.records()] == [first]


@pytest.mark.browser
def test_chromium_renders_a_page(chromium: Chromium) -> None:
    page = "data:text/html,<p id=seen></p><script>seen.textContent = 6 * 7</script>"
    shown = subprocess.run(
        [chromium.path, *chromium.flags, "--dump-dom", page],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert '<p id="seen">42</p>' in shown.stdout

"""The one HTTP client: families of failure, waiting, deadlines and silence about secrets."""

from __future__ import annotations

import asyncio
import os
import signal
import ssl
import sys
import textwrap
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from pydantic import SecretStr

from integrations.http import Http, Reply, Timeouts, pages, understood
from integrations.rates import read_rate
from integrations.redaction import Redactor, clip
from integrations.wire import Wire
from remit.model import (
    ContentRefused,
    Gone,
    NotAllowed,
    OutcomeUnknown,
    PlatformError,
    Retryable,
)

NOW = datetime(2027, 3, 1, 12, 0, tzinfo=UTC)
TOKEN = SecretStr("tok/en+4711=?")


class App:
    """Answers from a list; the last one is repeated. Keeps what it was asked."""

    def __init__(self, *answers: httpx.Response | Exception) -> None:
        self.answers = list(answers)
        self.requests: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer


class Naps:
    """A sleep that only notes how long."""

    def __init__(self) -> None:
        self.seconds: list[float] = []

    async def __call__(self, seconds: float) -> None:
        self.seconds.append(seconds)


def client(app: App, naps: Naps | None = None, **options) -> Http:
    return Http(
        "http://platform.test",
        platform="test",
        transport=httpx.MockTransport(app),
        sleep=naps or Naps(),
        clock=lambda: NOW,
        **options,
    )


@pytest.mark.parametrize(
    ("status", "family"),
    [
        (301, NotAllowed),
        (400, ContentRefused),
        (401, NotAllowed),
        (403, NotAllowed),
        (404, Gone),
        (405, NotAllowed),
        (408, Retryable),
        (409, ContentRefused),
        (410, Gone),
        (413, ContentRefused),
        (418, ContentRefused),
        (422, ContentRefused),
        (429, Retryable),
        (500, Retryable),
        (503, Retryable),
    ],
)
async def test_each_status_of_a_read_has_its_family(status, family):
    with pytest.raises(PlatformError) as caught:
        await client(App(httpx.Response(status))).get("/path")
    assert type(caught.value) is family


async def test_a_read_is_repeated_and_a_write_is_not():
    reading = App(httpx.Response(500), httpx.ReadTimeout("late"), httpx.Response(200))
    assert (await client(reading).get("/path")).status == 200
    assert len(reading.requests) == 3
    writing = App(httpx.Response(500), httpx.Response(200))
    with pytest.raises(OutcomeUnknown):
        await client(writing).request("POST", "/path", json={})
    assert len(writing.requests) == 1


async def test_a_write_that_is_safe_to_repeat_is_repeated():
    app = App(httpx.ReadTimeout("late"), httpx.Response(200))
    assert (await client(app).request("POST", "/session", json={}, safe=True)).status == 200


async def test_a_read_gives_up_after_three_tries():
    app = App(httpx.Response(502))
    with pytest.raises(Retryable):
        await client(app).get("/path")
    assert len(app.requests) == 3


async def test_the_wait_that_was_asked_for_is_kept():
    naps = Naps()
    app = App(httpx.Response(429, headers={"Retry-After": "7"}), httpx.Response(200))
    await client(app, naps).get("/path")
    assert naps.seconds == [7]


async def test_a_long_wait_is_left_to_the_caller():
    naps = Naps()
    app = App(httpx.Response(429, headers={"Retry-After": "900"}))
    with pytest.raises(Retryable) as caught:
        await client(app, naps).get("/path")
    assert caught.value.retry_after == 900
    assert naps.seconds == []


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ({"Retry-After": "12"}, 12),
        ({"Retry-After": format_datetime(NOW + timedelta(seconds=90), usegmt=True)}, 90),
        ({"Retry-After": format_datetime(NOW - timedelta(seconds=90), usegmt=True)}, 0),
        ({"RateLimit-Remaining": "0", "RateLimit-Reset": "30"}, 30),
        ({"ratelimit-remaining": "0", "ratelimit-reset": str(int(NOW.timestamp()) + 45)}, 45),
        ({"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "2027-03-01T12:00:20Z"}, 20),
        ({"X-Rate-Limit-Remaining": "0", "X-Rate-Limit-Reset": "15"}, 15),
        ({"RateLimit": '"default";r=0;t=25'}, 25),
        ({"RateLimit": "limit=100, remaining=0, reset=26"}, 26),
        ({"RateLimit-Remaining": "5", "RateLimit-Reset": "30"}, None),
        ({"Retry-After": "soon", "RateLimit-Reset": "never"}, None),
        ({"Retry-After": "9" * 400}, None),
        ({}, None),
    ],
)
def test_waiting_times_are_read_from_every_family_of_headers(headers, wait):
    assert read_rate(httpx.Headers(headers), NOW).wait == wait


async def test_accepted_statuses_are_returned():
    reply = await client(App(httpx.Response(400, json={"error": "ExpiredToken"}))).get(
        "/path", accept={400}
    )
    assert reply.json() == {"error": "ExpiredToken"}


async def test_too_long_an_answer_is_cut_off():
    app = App(httpx.Response(200, content=b"x" * 2000))
    with pytest.raises(Retryable, match="longer than 1000 bytes"):
        await client(app, max_bytes=1000, attempts=1).get("/path")
    with pytest.raises(OutcomeUnknown):
        await client(app, max_bytes=1000).request("POST", "/path")


async def test_an_answer_of_another_shape_is_not_understood():
    reply: Reply = await client(App(httpx.Response(200, json=[]))).get("/path")
    with pytest.raises(Retryable), understood(reply):
        reply.json()["id"]


async def test_secrets_in_path_query_and_answer_are_never_told():
    app = App(httpx.Response(403, json={"message": f"{TOKEN.get_secret_value()} is wrong"}))
    http = client(app, secrets=[TOKEN])
    path = f"/bot{TOKEN.get_secret_value()}/send"
    with pytest.raises(NotAllowed) as caught:
        await http.get(path, params={"access_token": "else"}, token=SecretStr("other-secret"))
    told = str(caught.value) + repr(http)
    assert "en+4711" not in told
    assert "else" not in told
    assert app.requests[0].headers["authorization"] == "Bearer other-secret"


def test_every_form_of_a_secret_is_cut_out():
    hide = Redactor([TOKEN, SecretStr('quo"te-secret')])
    for form in (
        "tok/en+4711=?",
        "tok%2Fen%2B4711%3D%3F",
        "dG9rL2VuKzQ3MTE9Pw==",
        'quo\\"te-secret',
    ):
        assert form not in hide(f"a {form} b")
    assert hide("Authorization: Bearer abcdef123456") == "Authorization: Bearer [secret]"
    assert clip("a\x00\x1b[31m\n b" + "c" * 500).isprintable()


async def test_pages_end_when_a_platform_gives_the_same_cursor_forever():
    async def stuck(cursor: str | None) -> tuple[int, str | None]:
        return 1, "same"

    assert [page async for page in pages(stuck)] == [1, 1]

    async def turning(cursor: str | None) -> tuple[str | None, str | None]:
        return cursor, {None: "a", "a": "b", "b": "a"}[cursor]

    assert [page async for page in pages(turning)] == [None, "a", "b"]


async def test_pages_end_after_a_given_number():
    async def endless(cursor: str | None) -> tuple[int, str | None]:
        return 1, str(int(cursor or 0) + 1)

    assert len([page async for page in pages(endless, at_most=5)]) == 5


Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[object]]


class Peer:
    """A server on a real socket that counts connections and keeps the bytes that came."""

    def __init__(self, behave: Serve, context: ssl.SSLContext | None = None) -> None:
        self.behave, self.context = behave, context
        self.connections = 0
        self.got = b""

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            self.got += await reader.readuntil(b"\r\n\r\n")
            await self.behave(reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    async def __aenter__(self) -> str:
        self.server = await asyncio.start_server(self, "127.0.0.1", 0, ssl=self.context)
        scheme = "https" if self.context else "http"
        return f"{scheme}://localhost:{self.server.sockets[0].getsockname()[1]}"

    async def __aexit__(self, *_: object) -> None:
        self.server.close()


async def test_a_connection_lost_after_sending_leaves_the_outcome_unknown():
    async def hang_up(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.transport.abort()

    peer = Peer(hang_up)
    async with peer as url:
        http = Http(url, platform="test")
        with pytest.raises(OutcomeUnknown):
            await http.request("POST", "/post", json={})
        assert peer.connections == 1
        await http.close()


async def test_an_answer_that_never_comes_or_only_drips_ends_in_time():
    async def drip(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
        while True:
            writer.write(b"x")
            await writer.drain()
            await asyncio.sleep(0.02)

    async with Peer(drip) as url:
        http = Http(url, platform="test", timeouts=Timeouts(total=0.3))
        with pytest.raises(OutcomeUnknown, match="timeout"):
            await http.request("POST", "/post", json={})
        await http.close()


async def test_nobody_listening_means_nothing_was_sent():
    async with Peer(lambda *_: asyncio.sleep(0)) as url:
        pass
    http = Http(url, platform="test")
    with pytest.raises(Retryable, match="nothing was sent"):
        await http.request("POST", "/post", json={})
    await http.close()


async def test_a_deadline_that_passes_while_connecting_sends_nothing():
    clock = iter([NOW, NOW + timedelta(seconds=61)])
    peer = Peer(lambda *_: asyncio.sleep(0))
    async with peer as url:
        http = Http(url, platform="test", clock=lambda: next(clock))
        with pytest.raises(Retryable, match="deadline passed, nothing was sent"):
            await http.request("POST", "/post", json={}, deadline=NOW + timedelta(seconds=60))
        await http.close()
    assert peer.got == b""


async def test_a_deadline_that_passes_between_head_and_body_leaves_the_outcome_unknown():
    clock = iter([NOW, NOW, NOW + timedelta(seconds=61)])
    async with Peer(lambda reader, _: reader.readexactly(2)) as url:
        http = Http(url, platform="test", clock=lambda: next(clock))
        with pytest.raises(OutcomeUnknown, match="half-way"):
            await http.request("POST", "/post", json={}, deadline=NOW + timedelta(seconds=60))
        await http.close()


STALLED = """
    import asyncio, os, signal, sys
    from datetime import UTC, datetime, timedelta
    from integrations.http import Http

    readings = 0

    def clock():
        global readings
        readings += 1
        if readings == 2:  # the connection stands, the bytes are ready
            os.kill(os.getpid(), signal.SIGSTOP)
        return datetime.now(UTC)

    async def main():
        http = Http(sys.argv[1], platform="test", clock=clock)
        try:
            deadline = datetime.now(UTC) + timedelta(seconds=1)
            await http.request("POST", "/post", json={}, deadline=deadline)
        except Exception as error:
            print(type(error).__name__, error)
        await http.close()

    asyncio.run(main())
"""


async def test_a_stalled_process_continued_after_the_deadline_sends_nothing():
    peer = Peer(lambda *_: asyncio.sleep(0))
    async with peer as url:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-c",
            textwrap.dedent(STALLED),
            url,
            stdout=asyncio.subprocess.PIPE,
        )
        await asyncio.to_thread(os.waitid, os.P_PID, process.pid, os.WSTOPPED | os.WNOWAIT)
        await asyncio.sleep(1.1)  # the deadline passes meanwhile
        assert peer.connections == 1
        os.kill(process.pid, signal.SIGCONT)
        told, _ = await process.communicate()
    assert told.decode().strip() == "Retryable test: POST /post: deadline passed, nothing was sent"
    assert peer.got == b""


async def test_reads_share_a_connection_and_one_that_was_closed_is_not_used():
    async def answer(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        await writer.drain()

    peer = Peer(answer)  # answers once a connection, and closes it
    async with peer as url:
        http = Http(url, platform="test", attempts=1)
        for _ in range(3):
            assert (await http.get("/path")).status == 200
            await asyncio.sleep(0.05)
        await http.close()
    assert peer.connections == 3


async def test_the_loudest_logging_shows_no_token(caplog):
    async def answer(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        await writer.drain()

    caplog.set_level("DEBUG")
    peer = Peer(answer)
    async with peer as url:
        http = Http(url, platform="test")
        await http.get("/path", params={"key": "query-secret"}, token=SecretStr("header-secret"))
        await http.close()
    assert b"header-secret" in peer.got
    assert "header-secret" not in caplog.text
    assert "query-secret" not in caplog.text


def certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate for localhost and its key, as files."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    today = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(today - timedelta(days=1))
        .not_valid_after(today + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    chain, private = folder / "chain.pem", folder / "key.pem"
    chain.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return chain, private


async def test_encrypted_connections_carry_large_answers_and_keep_the_deadline(tmp_path):
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2000000\r\n\r\n" + b"x" * 2_000_000)
        await writer.drain()

    chain, private = certificate(tmp_path)
    serving = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    serving.load_cert_chain(chain, private)
    peer = Peer(answer, serving)
    clock = iter([NOW, NOW, NOW + timedelta(seconds=61)])
    async with peer as url:
        http = Http(
            url,
            platform="test",
            transport=Wire(ssl.create_default_context(cafile=str(chain))),
            clock=lambda: next(clock),
        )
        assert len((await http.get("/path")).body) == 2_000_000
        got = peer.got
        with pytest.raises(Retryable, match="deadline passed, nothing was sent"):
            await http.request("POST", "/post", json={}, deadline=NOW + timedelta(seconds=60))
        assert peer.got == got
        stranger = Http(url, platform="test")
        with pytest.raises(Retryable, match="nothing was sent"):
            await stranger.request("POST", "/post", json={})
        await stranger.close()
        await http.close()

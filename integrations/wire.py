"""The last line before the socket: a transport that sends nothing after a deadline.

A process may be stopped at any line and continued an hour later. So the wall clock is read between
the moment the bytes are ready and the one call that hands them to the operating system, with no
`await` between the two.
"""

from __future__ import annotations

import asyncio
import select
import ssl
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, cast

import httpcore
import httpx


def now() -> datetime:
    """The wall clock."""
    return datetime.now(UTC)


class DeadlinePassed(httpx.TransportError):
    """The clock had passed the deadline when the bytes were ready."""


@dataclass
class Gate:
    """What one request may still do, and what it has done."""

    deadline: datetime | None = None
    clock: Callable[[], datetime] = now
    sent: bool = False
    """True once a byte of the request may have left."""

    def check(self) -> None:
        if self.deadline is not None and self.clock() >= self.deadline:
            raise DeadlinePassed("deadline passed")


_gate: ContextVar[Gate | None] = ContextVar("gate", default=None)


class _Stream(httpcore.AsyncNetworkStream):
    """A connection on asyncio's own streams: their `write` calls the socket at once."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ASYNC109 - httpcore's signature
        with _named(TimeoutError, httpcore.ReadTimeout), _named(OSError, httpcore.ReadError):
            return await asyncio.wait_for(self._reader.read(max_bytes), timeout)

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ASYNC109 - httpcore's signature
        if not buffer:
            return
        with _named(TimeoutError, httpcore.WriteTimeout), _named(OSError, httpcore.WriteError):
            gate = _gate.get()
            if gate is not None:
                before, gate.sent = gate.sent, True
                try:
                    gate.check()
                except DeadlinePassed:
                    gate.sent = before
                    raise
            self._writer.write(buffer)
            await asyncio.wait_for(self._writer.drain(), timeout)

    async def aclose(self) -> None:
        self._writer.close()
        try:
            await asyncio.wait_for(self._writer.wait_closed(), 2)
        except (OSError, TimeoutError):
            self._writer.transport.abort()

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore's signature
    ) -> httpcore.AsyncNetworkStream:
        with _named(TimeoutError, httpcore.ConnectTimeout), _named(OSError, httpcore.ConnectError):
            try:
                await asyncio.wait_for(
                    self._writer.start_tls(ssl_context, server_hostname=server_hostname),
                    timeout,
                )
            except (OSError, TimeoutError):
                self._writer.close()
                raise
        return self

    def get_extra_info(self, info: str) -> Any:  # noqa: ANN401 - httpcore's signature
        if info == "is_readable":
            # An idle connection that can be read was closed by the other side.
            sock = self._writer.get_extra_info("socket")
            if sock is None or sock.fileno() < 0 or self._reader.at_eof():
                return True
            poll = select.poll()
            poll.register(sock.fileno(), select.POLLIN)
            return bool(poll.poll(0))
        names = {"client_addr": "sockname", "server_addr": "peername"}
        return self._writer.get_extra_info(names.get(info, info))


class _Network(httpcore.AsyncNetworkBackend):
    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore's signature
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,  # noqa: ARG002 - httpcore's signature
    ) -> httpcore.AsyncNetworkStream:
        with _named(TimeoutError, httpcore.ConnectTimeout), _named(OSError, httpcore.ConnectError):
            local = (local_address, 0) if local_address else None
            pair = await asyncio.wait_for(
                asyncio.open_connection(host, port, local_addr=local, happy_eyeballs_delay=0.25),
                timeout,
            )
        return _Stream(*pair)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


class Wire(httpx.AsyncBaseTransport):
    """httpx's transport over connections that know the deadline of the request they carry.

    A request with a gate that has a deadline gets a fresh connection: on a kept one that the other
    side has just closed, nobody could tell whether a write was carried out.
    """

    def __init__(self, context: ssl.SSLContext | None = None) -> None:
        context = context or httpx.create_ssl_context()
        self._kept = httpcore.AsyncConnectionPool(
            ssl_context=context, max_connections=20, keepalive_expiry=5, network_backend=_Network()
        )
        self._fresh = httpcore.AsyncConnectionPool(
            ssl_context=context,
            max_connections=20,
            max_keepalive_connections=0,
            network_backend=_Network(),
        )

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        gate = cast("Gate", request.extensions.get("gate") or Gate())
        pool = self._kept if gate.deadline is None else self._fresh
        outgoing = httpcore.Request(
            method=request.method,
            url=httpcore.URL(
                scheme=request.url.raw_scheme,
                host=request.url.raw_host,
                port=request.url.port,
                target=request.url.raw_path,
            ),
            headers=request.headers.raw,
            content=cast("AsyncIterator[bytes]", request.stream),
            extensions={"timeout": request.extensions.get("timeout", {})},
        )
        token = _gate.set(gate)
        try:
            with _as_httpx():
                answer = await pool.handle_async_request(outgoing)
        finally:
            _gate.reset(token)
        return httpx.Response(
            status_code=answer.status,
            headers=answer.headers,
            stream=_Body(answer),
        )

    async def aclose(self) -> None:
        await self._kept.aclose()
        await self._fresh.aclose()


class _Body(httpx.AsyncByteStream):
    def __init__(self, answer: httpcore.Response) -> None:
        self._answer = answer

    async def __aiter__(self) -> AsyncIterator[bytes]:
        with _as_httpx():
            async for part in self._answer.aiter_stream():
                yield part

    async def aclose(self) -> None:
        with _as_httpx():
            await self._answer.aclose()


@contextmanager
def _named(caught: type[Exception], raised: type[Exception]) -> Iterator[None]:
    try:
        yield
    except DeadlinePassed:
        raise
    except caught as error:
        raise raised(type(error).__name__) from error


@contextmanager
def _as_httpx() -> Iterator[None]:
    """httpx and httpcore give the same names to the same failures."""
    try:
        yield
    except httpx.TransportError:
        raise
    except Exception as error:
        named = getattr(httpx, type(error).__name__, None)
        if not type(error).__module__.startswith("httpcore") or named is None:
            raise
        raise cast("type[httpx.TransportError]", named)(type(error).__name__) from error

"""One HTTP client for all platforms: what failed, and what the caller must do about it.

no byte was sent (no connection, deadline passed)   Retryable
it may have been carried out (time-out, reset, 5xx)  OutcomeUnknown for a write, Retryable for a read
408, 425, 429                                        Retryable, with the platform's own waiting time
400, 409, 413, 422 and other 4xx                     ContentRefused
401, 402, 403, 405 to 407, 451, and any redirect     NotAllowed
404, 410                                             Gone

Only requests that are safe to repeat are repeated here: GET and HEAD, or `safe=True`.
"""

from __future__ import annotations

import asyncio
import json as jsonlib
import random
from collections.abc import (
    AsyncIterator,
    Awaitable,
    Callable,
    Collection,
    Iterable,
    Iterator,
    Mapping,
)
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

import httpx
import tenacity
from pydantic import SecretStr

from integrations.rates import Rate, read_rate
from integrations.redaction import Redactor, clip
from integrations.wire import DeadlinePassed, Gate, Wire, now
from remit.model import (
    ContentRefused,
    Gone,
    NotAllowed,
    OutcomeUnknown,
    PlatformError,
    Retryable,
)

DEADLINE_PASSED = "deadline passed, nothing was sent"
LONGEST_WAIT = 20.0
"""Who asks for a longer wait is told so at once, and the caller plans it."""

_REPEAT = frozenset({408, 425, 429})
_NOT_ALLOWED = frozenset({401, 402, 403, 405, 406, 407, 451})
_GONE = frozenset({404, 410})
_NOTHING_SENT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.UnsupportedProtocol,
    httpx.LocalProtocolError,
)

T = TypeVar("T")
Params = Mapping[str, str | int | float | bool | None] | list[tuple[str, str]]


@dataclass(frozen=True)
class Reply:
    """An answer that was read to its end."""

    status: int
    headers: Mapping[str, str]
    """Names are case-insensitive."""
    body: bytes = field(repr=False)
    rate: Rate
    what: str
    """`POST /path`, for messages."""
    safe: bool

    def json(self) -> Any:  # noqa: ANN401 - JSON is anything; who reads it checks it
        """The body as JSON. What cannot be read was not understood: the outcome is unknown."""
        try:
            return jsonlib.loads(self.body)
        except ValueError:
            raise _lost(
                f"{self.what}: answered {self.status} with something other than JSON",
                safe=self.safe,
            ) from None


@dataclass(frozen=True)
class Timeouts:
    """Seconds. `total` bounds one attempt, however slowly the answer drips."""

    connect: float = 5.0
    read: float = 20.0
    write: float = 20.0
    total: float = 60.0


class Http:
    """A client for one server. Raises the PlatformError families alone."""

    def __init__(
        self,
        base_url: str,
        *,
        platform: str,
        secrets: Iterable[SecretStr] = (),
        transport: httpx.AsyncBaseTransport | None = None,
        timeouts: Timeouts | None = None,
        attempts: int = 3,
        max_bytes: int = 10_000_000,
        clock: Callable[[], datetime] = now,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.base_url = base_url.rstrip("/")
        self.platform = platform
        self.rate = Rate()
        """What the newest answer said of its limits."""
        self._redactor = Redactor(secrets)
        self._transport = transport or Wire()
        self._timeouts = timeouts or Timeouts()
        self._attempts = attempts
        self._max_bytes = max_bytes
        self._clock = clock
        self._sleep = sleep

    def __repr__(self) -> str:
        return f"Http({self.redact(self.base_url)!r})"

    def keep_secret(self, secret: SecretStr) -> None:
        """From now on it is cut out of every message: call it for tokens got from the platform."""
        self._redactor.add(secret)

    def redact(self, text: str) -> str:
        """The text without any known secret."""
        return self._redactor(text)

    async def close(self) -> None:
        await self._transport.aclose()

    async def get(
        self,
        path: str,
        *,
        params: Params | None = None,
        token: SecretStr | None = None,
        headers: Mapping[str, str] | None = None,
        accept: Collection[int] = (),
    ) -> Reply:
        """Read. Repeated on failure."""
        return await self.request(
            "GET", path, params=params, token=token, headers=headers, accept=accept
        )

    async def request(
        self,
        method: str,
        path: str,
        *,
        params: Params | None = None,
        json: object = None,
        content: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        token: SecretStr | None = None,
        safe: bool | None = None,
        deadline: datetime | None = None,
        accept: Collection[int] = (),
    ) -> Reply:
        """One request; `path` may be a whole URL.

        `token` goes into `Authorization: Bearer`. `safe` says that repeating it does no harm (GET
        and HEAD are). No byte leaves after `deadline`. Statuses in `accept` are returned, not raised.
        """
        method = method.upper()
        safe = method in {"GET", "HEAD"} if safe is None else safe
        sent_headers = dict(headers or {})
        if token is not None:
            self.keep_secret(token)
            sent_headers["Authorization"] = f"Bearer {token.get_secret_value()}"
        url = path if path.startswith(("http://", "https://")) else self.base_url + path
        # Redacted before it is cut: a half of a secret would not be known again.
        shown = self.redact(url).removeprefix(self.redact(self.base_url)).partition("?")[0]
        what = f"{self.platform}: {method} {clip(shown)}"

        async def once() -> Reply:
            request = httpx.Request(
                method,
                url,
                params=_query(params),
                json=json,
                content=content,
                headers={"User-Agent": "Remit", "Accept-Encoding": "gzip", **sent_headers},
                extensions={"timeout": self._phases(), "gate": Gate(deadline, self._clock)},
            )
            reply = await self._exchange(request, what, safe=safe)
            self.rate = reply.rate
            if 200 <= reply.status < 300 or reply.status in accept:
                return reply
            raise self.refusal(reply)

        if not safe:
            return await once()
        retrying = tenacity.AsyncRetrying(
            retry=tenacity.retry_if_exception(_worth_waiting),
            stop=tenacity.stop_after_attempt(self._attempts),
            wait=_wait,
            sleep=self._sleep,
            reraise=True,
        )
        return await retrying(once)

    def refusal(self, reply: Reply) -> PlatformError:
        """The error that a status means, in the platform's own words as far as they can be told."""
        said = self.redact(clip(_said(reply)))
        message = f"{reply.what}: answered {reply.status}{': ' + said if said else ''}"
        status = reply.status
        if status in _REPEAT:
            return Retryable(message, reply.rate.wait)
        if status >= 500:
            if reply.safe:
                return Retryable(message, reply.rate.wait)
            return OutcomeUnknown(message + "; it may have been carried out")
        if status in _GONE:
            return Gone(message)
        if 300 <= status < 400:
            return NotAllowed(message + "; redirects are not followed: correct the channel's url")
        if status in _NOT_ALLOWED:
            return NotAllowed(message)
        return ContentRefused(message)

    async def _exchange(self, request: httpx.Request, what: str, *, safe: bool) -> Reply:
        gate: Gate = request.extensions["gate"]
        try:
            gate.check()
            async with asyncio.timeout(self._timeouts.total):
                response = await self._transport.handle_async_request(request)
                try:
                    body = await self._read(response, what, safe=safe)
                finally:
                    await response.aclose()
        except DeadlinePassed:
            if gate.sent:
                raise OutcomeUnknown(f"{what}: deadline passed half-way") from None
            raise Retryable(f"{what}: {DEADLINE_PASSED}") from None
        except _NOTHING_SENT as error:
            raise Retryable(f"{what}: {_named(error)}, nothing was sent") from None
        except (httpx.TransportError, httpx.DecodingError, TimeoutError, OSError) as error:
            # A fake transport has no gate: it is taken to have sent something.
            if isinstance(self._transport, Wire) and not gate.sent:
                raise Retryable(f"{what}: {_named(error)}, nothing was sent") from None
            raise _lost(f"{what}: {_named(error)}", safe=safe) from None
        return Reply(
            status=response.status_code,
            headers=response.headers,
            body=body,
            rate=read_rate(response.headers, self._clock()),
            what=what,
            safe=safe,
        )

    async def _read(self, response: httpx.Response, what: str, *, safe: bool) -> bytes:
        parts: list[bytes] = []
        size = 0
        async for part in response.aiter_bytes():
            size += len(part)
            if size > self._max_bytes:
                raise _lost(f"{what}: the answer is longer than {self._max_bytes} bytes", safe=safe)
            parts.append(part)
        return b"".join(parts)

    def _phases(self) -> dict[str, float | None]:
        wait = self._timeouts
        return httpx.Timeout(
            wait.total, connect=wait.connect, read=wait.read, write=wait.write
        ).as_dict()


@contextmanager
def understood(reply: Reply) -> Iterator[None]:
    """Around reading an answer: one of another shape than promised was not understood."""
    try:
        yield
    except (KeyError, TypeError, ValueError, IndexError, AttributeError) as error:
        message = f"{reply.what}: the answer is not what the platform describes"
        raise _lost(f"{message} ({type(error).__name__})", safe=reply.safe) from None


async def pages(
    fetch: Callable[[str | None], Awaitable[tuple[T, str | None]]],
    start: str | None = None,
    at_most: int = 100,
) -> AsyncIterator[T]:
    """Page after page; ends when there is no next cursor, or one that was seen before."""
    cursor, seen = start, {start}
    for _ in range(at_most):
        page, cursor = await fetch(cursor)
        yield page
        if cursor is None or cursor in seen:
            return
        seen.add(cursor)


def _query(params: Params | None) -> httpx.QueryParams | None:
    return httpx.QueryParams(params) if params else None  # type: ignore[arg-type]  # list is invariant


def _lost(message: str, *, safe: bool) -> PlatformError:
    if safe:
        return Retryable(message)
    return OutcomeUnknown(message + "; it may have been carried out")


def _named(error: BaseException) -> str:
    """The kind of failure in words; its own text may hold what must not be told."""
    name = type(error).__name__
    return "".join(f" {c.lower()}" if c.isupper() else c for c in name).strip()


def _worth_waiting(error: BaseException) -> bool:
    return isinstance(error, Retryable) and (error.retry_after or 0) <= LONGEST_WAIT


def _wait(state: tenacity.RetryCallState) -> float:
    error = state.outcome.exception() if state.outcome else None
    asked = error.retry_after if isinstance(error, Retryable) else None
    if asked is not None:
        return asked
    # Spread, so that many clients do not come back at one moment.
    return float(min(8.0, 0.5 * 2 ** (state.attempt_number - 1)) * random.uniform(0.5, 1.5))  # noqa: S311 - no secret


def _said(reply: Reply) -> str:
    """The platform's explanation: the fields that APIs put it in."""
    try:
        raw = jsonlib.loads(reply.body)
    except ValueError:
        return ""
    if not isinstance(raw, dict):
        return ""
    words = [raw.get(name) for name in ("error", "message", "error_description", "detail")]
    return ": ".join(word for word in words if isinstance(word, str) and word)

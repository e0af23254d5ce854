"""The contract that every platform passes.

A platform's test module subclasses `PlatformContract` and gives four fixtures:
- `stage`: a `Stage` whose platform talks to the real server;
- `over`: given `respond(request) -> httpx.Response`, a platform over a fake transport that lets
  everything pass that comes before, and answers the publishing and the listening request by it;
- `stuck`: a platform over a fake transport whose pages all name the same next cursor;
- `secrets`: what must never be seen in an error, a log or a repr.
"""

from __future__ import annotations

import logging
import traceback
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from remit.model import (
    Content,
    ContentRefused,
    Gone,
    Message,
    NotAllowed,
    OutcomeUnknown,
    Platform,
    PlatformError,
    Prepared,
    Retryable,
)

Respond = Callable[[httpx.Request], httpx.Response]
Over = Callable[[Respond], Platform]


@dataclass
class Stage:
    """The real server, as the outside world sees and moves it."""

    platform: Platform
    published: Callable[[], Awaitable[Sequence[Message]]]
    """What the platform took from the brand, oldest first."""
    mention: Callable[[str], Awaitable[str]]
    """A stranger mentions the brand in a post of this text. Returns its id."""


WRITE_STATUSES = [
    (400, ContentRefused),
    (401, NotAllowed),
    (403, NotAllowed),
    (404, Gone),
    (410, Gone),
    (413, ContentRefused),
    (422, ContentRefused),
    (429, Retryable),
    (500, OutcomeUnknown),
    (502, OutcomeUnknown),
    (503, OutcomeUnknown),
    (504, OutcomeUnknown),
]
LOST = [
    (httpx.ConnectError, Retryable),
    (httpx.ConnectTimeout, Retryable),
    (httpx.ReadTimeout, OutcomeUnknown),
    (httpx.ReadError, OutcomeUnknown),
    (httpx.WriteError, OutcomeUnknown),
    (httpx.RemoteProtocolError, OutcomeUnknown),
]
HOSTILE = "\x1b[31m" + "A" * 5000


def soon() -> datetime:
    return datetime.now(UTC) + timedelta(seconds=30)


async def prepared(platform: Platform, key: str = "3mabcdefgh222", text: str = "halo") -> Prepared:
    return await platform.prepare(Content(text=text, language="id"), key, datetime.now(UTC))


class PlatformContract:
    """Each test here holds for every platform."""

    @pytest.mark.parametrize(("status", "family"), WRITE_STATUSES)
    async def test_a_refused_publication_raises_its_family(self, over: Over, status, family):
        platform = over(lambda _: httpx.Response(status, json={"error": "X", "message": "no"}))
        ready = await prepared(platform)
        with pytest.raises(PlatformError) as caught:
            await platform.send(ready, soon())
        assert type(caught.value) is family
        assert str(status) in str(caught.value)
        await platform.close()

    @pytest.mark.parametrize(("failure", "family"), LOST)
    async def test_a_lost_connection_says_whether_it_may_have_been_done(
        self, over: Over, failure, family
    ):
        def fail(request: httpx.Request) -> httpx.Response:
            raise failure("lost", request=request)

        platform = over(fail)
        ready = await prepared(platform)
        with pytest.raises(PlatformError) as caught:
            await platform.send(ready, soon())
        assert type(caught.value) is family
        await platform.close()

    async def test_a_publication_is_never_repeated_by_itself(self, over: Over):
        tries: list[str] = []

        def fail(request: httpx.Request) -> httpx.Response:
            tries.append(request.method)
            return httpx.Response(500)

        platform = over(fail)
        ready = await prepared(platform)
        with pytest.raises(OutcomeUnknown):
            await platform.send(ready, soon())
        assert len(tries) == 1
        await platform.close()

    @pytest.mark.parametrize(
        "headers",
        [
            {"Retry-After": "37"},
            {"RateLimit-Remaining": "0", "RateLimit-Reset": "37"},
            {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset-After": "37"},
        ],
    )
    async def test_the_platforms_waiting_time_is_handed_on(self, over: Over, headers):
        platform = over(lambda _: httpx.Response(429, headers=headers))
        ready = await prepared(platform)
        with pytest.raises(Retryable) as caught:
            await platform.send(ready, soon())
        assert caught.value.retry_after == 37
        with pytest.raises(Retryable) as caught:
            await platform.listen("1.1")
        assert caught.value.retry_after == 37
        await platform.close()

    @pytest.mark.parametrize("status", [400, 401, 403, 404, 418, 429, 500])
    async def test_no_secret_is_seen_in_an_error_or_a_log(
        self, over: Over, secrets: Sequence[str], status, caplog
    ):
        caplog.set_level(logging.DEBUG)

        def echo(request: httpx.Request) -> httpx.Response:
            said = f"your {request.headers.get('authorization')} and {' '.join(secrets)}"
            return httpx.Response(
                status, headers={"Retry-After": "60"}, json={"error": said, "message": said}
            )

        platform = over(echo)
        ready = await prepared(platform)
        with pytest.raises(PlatformError) as caught:
            await platform.send(ready, soon())
        told = [
            str(caught.value),
            "".join(traceback.format_exception(caught.value)),
            repr(platform),
            repr(vars(platform)),
            ready.model_dump_json(),
            caplog.text,
        ]
        for secret in secrets:
            assert not any(secret in text for text in told)
        await platform.close()

    async def test_a_hostile_answer_becomes_one_short_printable_line(self, over: Over):
        platform = over(lambda _: httpx.Response(400, json={"error": HOSTILE, "message": HOSTILE}))
        ready = await prepared(platform)
        with pytest.raises(ContentRefused) as caught:
            await platform.send(ready, soon())
        assert str(caught.value).isprintable()
        assert len(str(caught.value)) < 600
        await platform.close()

    @pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b"null", b'{"id": 5}'])
    async def test_an_unreadable_answer_to_a_publication_leaves_its_outcome_unknown(
        self, over: Over, body
    ):
        platform = over(lambda _: httpx.Response(200, content=body))
        ready = await prepared(platform)
        with pytest.raises(OutcomeUnknown):
            await platform.send(ready, soon())
        await platform.close()

    async def test_nothing_is_sent_after_the_deadline(self, over: Over):
        requests: list[httpx.Request] = []

        def note(request: httpx.Request) -> httpx.Response:
            requests.append(request)
            return httpx.Response(500)

        platform = over(note)
        ready = await prepared(platform)
        with pytest.raises(Retryable, match="deadline passed, nothing was sent"):
            await platform.send(ready, datetime.now(UTC) - timedelta(milliseconds=1))
        assert requests == []
        await platform.close()

    @pytest.fixture
    def stuck(self) -> Platform:
        pytest.skip("this platform's tests give no `stuck` yet")

    async def test_a_platform_that_gives_the_same_cursor_forever_is_not_read_forever(
        self, stuck: Platform
    ):
        cursor, more, polls = "1.1", True, 0
        while more and polls < 20:
            batch = await stuck.listen(cursor)
            cursor, more, polls = batch.cursor, batch.more, polls + 1
        assert polls < 5
        await stuck.close()

    async def test_the_same_publication_sent_twice_is_there_once(self, stage: Stage):
        ready = await prepared(stage.platform, key="3mabcdefgh234", text="kopi pagi")
        first = await stage.platform.send(ready, soon())
        second = await stage.platform.send(ready, soon())
        assert first.id == second.id
        assert [message.text for message in await stage.published()] == ["kopi pagi"]

    async def test_what_was_published_is_found_by_its_key(self, stage: Stage):
        ready = await prepared(stage.platform, key="3mabcdefgh235")
        assert await stage.platform.find(ready) is None
        receipt = await stage.platform.send(ready, soon())
        found = await stage.platform.find(ready)
        assert found is not None
        assert found.id == receipt.id

    async def test_listening_starts_at_now_and_brings_each_message_once(self, stage: Stage):
        await stage.mention("lama")
        batch = await stage.platform.listen(None)
        assert batch.arrivals == ()
        new = await stage.mention("baru")
        batch = await stage.platform.listen(batch.cursor)
        assert [arrival.event.id for arrival in batch.arrivals] == [new]
        again = await stage.platform.listen(batch.cursor)
        assert again.arrivals == ()

    async def test_too_long_a_text_is_refused_before_anything_is_sent(self, stage: Stage):
        with pytest.raises(ContentRefused):
            await prepared(stage.platform, text="a" * (stage.platform.limits.graphemes + 1))
        assert await stage.published() == []

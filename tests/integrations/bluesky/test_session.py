"""Sessions: opened late, renewed once for all, and silent about their secrets."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from pydantic import SecretStr

from integrations.bluesky.adapter import BlueskyPlatform, connect
from remit.model import (
    Channel,
    CredentialsError,
    InputError,
    NotAllowed,
    PlatformError,
    Retryable,
)

NOTIFICATIONS = "app.bsky.notification.listNotifications"
CREATE = "com.atproto.server.createSession"
REFRESH = "com.atproto.server.refreshSession"


def refuse_access(app, *tokens: str, error: str = "ExpiredToken") -> None:
    """The network takes these access tokens no more."""
    spoilt = {f"Bearer {token}" for token in tokens}

    def answer(request: httpx.Request) -> httpx.Response:
        if request.headers["authorization"] in spoilt:
            return httpx.Response(400, json={"error": error, "message": "Token has expired"})
        return httpx.Response(200, json={"notifications": [], "posts": []})

    app.answers[NOTIFICATIONS] = app.answers["app.bsky.feed.getPosts"] = answer


async def test_nothing_is_asked_before_the_first_call(app, bluesky):
    assert app.calls == []


async def test_a_session_is_opened_once(app, bluesky):
    refuse_access(app)
    await bluesky.listen(None)
    await bluesky.listen(None)
    assert len(app.called(CREATE)) == 1
    assert json.loads(app.called(CREATE)[0].content)["identifier"] == "kopi.test"


@pytest.mark.parametrize("error", ["ExpiredToken", "InvalidToken"])
async def test_an_expired_token_is_renewed_and_the_call_repeated(app, bluesky, error):
    refuse_access(app, "access-token-1", error=error)
    await bluesky.listen(None)
    (renewal,) = app.called(REFRESH)
    assert renewal.headers["authorization"] == "Bearer refresh-token-1"
    assert len(app.called(CREATE)) == 1


async def test_many_callers_renew_once(app, bluesky):
    refuse_access(app, "access-token-1")
    uri = "at://did:plc:brand/app.bsky.feed.post/3laaaaaaaaa22"
    await asyncio.gather(*(bluesky.measure([uri]) for _ in range(20)))
    assert len(app.called(CREATE)) == 1
    assert len(app.called(REFRESH)) == 1


async def test_where_the_session_has_ended_the_password_opens_a_new_one(app, bluesky):
    refuse_access(app, "access-token-1")
    app.say(REFRESH, {"error": "ExpiredToken"}, status=400)
    await bluesky.listen(None)
    assert len(app.called(CREATE)) == 2


async def test_a_token_that_is_refused_after_renewal_is_not_tried_for_ever(app, bluesky):
    refuse_access(app, "access-token-1", "access-token-2", "access-token-3")
    with pytest.raises(NotAllowed, match="app password"):
        await bluesky.listen(None)
    assert len(app.called(NOTIFICATIONS)) == 2


async def test_a_refused_password_is_not_tried_again_at_once(app):
    start = datetime(2026, 1, 1, tzinfo=UTC)
    moment = [start]
    platform = BlueskyPlatform(
        "http://localhost:1",
        "kopi.test",
        SecretStr("abcd-efgh"),
        transport=httpx.MockTransport(app),
        clock=lambda: moment[0],
    )
    app.say(CREATE, {"error": "AuthenticationRequired", "message": "for abcd-efgh"}, status=401)
    for _ in range(3):
        with pytest.raises(NotAllowed, match=r"kopi\.test cannot log in") as refused:
            await platform.listen(None)
        assert "abcd-efgh" not in str(refused.value)
    assert len(app.called(CREATE)) == 1
    moment[0] = start + timedelta(minutes=6)
    with pytest.raises(NotAllowed):
        await platform.listen(None)
    assert len(app.called(CREATE)) == 2


async def test_an_account_that_is_not_active_says_so(app, bluesky):
    app.answers[CREATE] = lambda _: app.session(active=False, status="deactivated")
    with pytest.raises(NotAllowed, match="deactivated"):
        await bluesky.listen(None)


async def test_an_answer_that_is_no_session_is_refused(app, bluesky):
    app.say(CREATE, {"did": "did:plc:brand"})
    with pytest.raises(NotAllowed, match="PDS"):
        await bluesky.listen(None)


@pytest.mark.parametrize(
    ("service", "endpoint", "asked"),
    [
        ("https://bsky.social", "https://pds.example.com", "pds.example.com"),
        ("https://bsky.social", "http://pds.example.com", "bsky.social"),
        ("https://bsky.social", "https://a:b@pds.example.com", "bsky.social"),
        ("https://bsky.social", "nonsense", "bsky.social"),
        ("http://localhost:1", "https://pds.example.com", "localhost"),
    ],
)
async def test_calls_go_to_the_pds_that_the_did_document_names(app, service, endpoint, asked):
    entry = {"id": "#atproto_pds", "serviceEndpoint": endpoint}
    app.answers[CREATE] = lambda _: app.session(didDoc={"service": [entry]})
    refuse_access(app)
    platform = BlueskyPlatform(
        service, "kopi.test", SecretStr("abcd-efgh"), transport=httpx.MockTransport(app)
    )
    await platform.listen(None)
    assert {request.url.host for request in app.called(NOTIFICATIONS)} == {asked}
    assert app.called(CREATE)[0].url.host == httpx.URL(service).host


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 501])
async def test_no_error_and_no_repr_tells_a_secret(app, bluesky, status):
    secrets = ("abcd-efgh-ijkl-mnop", "access-token-1", "refresh-token-1")

    def echo(request: httpx.Request) -> httpx.Response:
        said = f"{request.headers['authorization']} {' '.join(secrets)}"
        return httpx.Response(status, json={"error": said, "message": said})

    app.answers[NOTIFICATIONS] = echo
    with pytest.raises(PlatformError) as raised:
        await bluesky.listen(None)
    shown = repr(bluesky) + repr(bluesky._session) + repr(bluesky._session._tokens)
    assert not any(secret in text for secret in secrets for text in (str(raised.value), shown))


async def test_a_rate_limit_is_told_with_its_wait(app, bluesky):
    headers = {"ratelimit-remaining": "0", "ratelimit-reset": "1795350000"}
    app.answers[NOTIFICATIONS] = lambda _: httpx.Response(
        429, json={"error": "RateLimitExceeded"}, headers=headers
    )
    with pytest.raises(Retryable) as raised:
        await bluesky.listen(None)
    assert raised.value.retry_after is not None
    assert raised.value.retry_after > 60


def channel(**more: str) -> Channel:
    return Channel.model_validate({"id": "bsky", "platform": "bluesky"} | more)


def test_a_channel_needs_a_handle_and_credentials(monkeypatch):
    monkeypatch.setenv("KOPI_BLUESKY", "abcd-efgh")
    with pytest.raises(InputError, match="account"):
        connect(channel(credentials="env:KOPI_BLUESKY"), "kopi")
    with pytest.raises(CredentialsError, match="credentials"):
        connect(channel(account="kopi.test"), "kopi")
    platform = connect(channel(account="@kopi.test", credentials="env:KOPI_BLUESKY"), "kopi")
    assert repr(platform) == "BlueskyPlatform('https://bsky.social', 'kopi.test')"


@pytest.mark.parametrize("url", ["http://pds.example.com", "ftp://x", "https://a:b@x.example", "x"])
def test_a_password_never_goes_out_in_the_clear(monkeypatch, url):
    monkeypatch.setenv("KOPI_BLUESKY", "abcd-efgh")
    with pytest.raises(InputError, match="url"):
        connect(channel(account="kopi.test", credentials="env:KOPI_BLUESKY", url=url), "kopi")

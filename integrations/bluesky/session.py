"""Calls to the PDS in the name of one account."""

from __future__ import annotations

import asyncio
import ipaddress
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

import httpx
from pydantic import SecretStr

from integrations.bluesky.nesting import read_json
from integrations.bluesky.records import Json, as_list, as_map, as_text
from integrations.http import Http, Params, Reply
from integrations.redaction import clip
from integrations.wire import now
from remit.model import Gone, NotAllowed, PlatformError

_STALE = frozenset({"ExpiredToken", "InvalidToken"})
_READ_ERRORS = (400, 401)
_COOL_OFF = timedelta(minutes=5)
"""A password that was refused is not tried again before: the network counts failed logins."""

_AGAIN = (
    "make an app password in the account's settings (Privacy and security, App passwords)"
    " and put it where the channel's credentials point"
)


@dataclass(frozen=True)
class Account:
    """Who we are, as the session says."""

    did: str
    handle: str


@dataclass(frozen=True)
class _Tokens:
    account: Account
    access: SecretStr = field(repr=False)
    refresh: SecretStr = field(repr=False)
    host: str
    """Where the repository lies: empty for the service that was configured."""


class Session:
    """A session by app password: opened when first needed, renewed when it expires."""

    def __init__(
        self,
        http: Http,
        handle: str,
        password: SecretStr,
        clock: Callable[[], datetime] = now,
    ) -> None:
        self._http = http
        self._handle = handle
        self._password = password
        self._clock = clock
        self._tokens: _Tokens | None = None
        self._renewing = asyncio.Lock()
        self._refused: tuple[datetime, str] | None = None
        http.keep_secret(password)

    def __repr__(self) -> str:
        return f"Session({self._handle!r})"

    async def account(self) -> Account:
        return (await self._open()).account

    async def read(
        self,
        method: str,
        params: Params,
        absent: Collection[str] = (),
    ) -> Json | None:
        """A query. None where it is refused with an error of `absent`; `*` stands for any 400."""
        return await self._call("GET", method, absent=absent, params=params)

    async def write(
        self,
        method: str,
        body: Mapping[str, object],
        deadline: datetime,
    ) -> Json:
        """A procedure that is never repeated here."""
        return await self._call("POST", method, json=body, deadline=deadline) or {}

    async def upload(self, data: bytes, mime: str) -> Json:
        """A blob. It is addressed by its content, so a second upload is the first."""
        answer = await self._call(
            "POST",
            "com.atproto.repo.uploadBlob",
            content=data,
            headers={"Content-Type": mime},
            safe=True,
        )
        return as_map((answer or {}).get("blob"))

    async def _call(
        self,
        verb: Literal["GET", "POST"],
        method: str,
        *,
        absent: Collection[str] = (),
        params: Params | None = None,
        json: object = None,
        content: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        safe: bool | None = None,
        deadline: datetime | None = None,
    ) -> Json | None:
        async def once(tokens: _Tokens) -> Reply:
            return await self._http.request(
                verb,
                f"{tokens.host}/xrpc/{method}",
                params=params,
                json=json,
                content=content,
                headers=headers,
                token=tokens.access,
                safe=safe,
                deadline=deadline,
                accept=_READ_ERRORS,
            )

        tokens = await self._open()
        reply = await once(tokens)
        if _error(reply) in _STALE:
            # An expired token was looked at before anything else: nothing was done.
            reply = await once(await self._open(stale=tokens))
        if reply.status < 300:
            return _read(reply)
        error = _error(reply)
        if error in absent or (reply.status == 400 and "*" in absent):
            return None
        raise self._meaning(reply, error)

    def _meaning(self, reply: Reply, error: str) -> PlatformError:
        if error in _STALE or error in {"AuthMissing", "AuthenticationRequired"}:
            return NotAllowed(f"{reply.what}: the session was refused ({error}); {_AGAIN}")
        if error in {"AccountTakedown", "AccountDeactivated", "AccountSuspended"}:
            return NotAllowed(f"{reply.what}: the account is not active ({error})")
        if error in {"RecordNotFound", "NotFound"}:
            return Gone(f"{reply.what}: {error}: it does not exist, or not any more")
        return self._http.refusal(reply)

    async def _open(self, stale: _Tokens | None = None) -> _Tokens:
        """The session that stands, or a new one instead of `stale`. One caller renews for all."""
        if self._tokens is not None and self._tokens is not stale:
            return self._tokens
        async with self._renewing:
            # Somebody else may have renewed it while we waited.
            if self._tokens is None or self._tokens is stale:
                self._tokens = await self._renew(stale) or await self._log_in()
            return self._tokens

    async def _renew(self, stale: _Tokens | None) -> _Tokens | None:
        if stale is None:
            return None
        reply = await self._http.request(
            "POST",
            "/xrpc/com.atproto.server.refreshSession",
            token=stale.refresh,
            safe=True,
            accept=_READ_ERRORS,
        )
        return self._read_session(reply) if reply.status < 300 else None

    async def _log_in(self) -> _Tokens:
        moment = self._clock()
        if self._refused is not None and moment < self._refused[0] + _COOL_OFF:
            raise NotAllowed(self._refused[1])
        reply = await self._http.request(
            "POST",
            "/xrpc/com.atproto.server.createSession",
            json={"identifier": self._handle, "password": self._password.get_secret_value()},
            safe=True,
            accept=(*_READ_ERRORS, 403),
        )
        if reply.status < 300:
            self._refused = None
            return self._read_session(reply)
        said = self._http.redact(clip(_error(reply) or str(reply.status)))
        message = f"{reply.what}: {self._handle} cannot log in ({said}): {_AGAIN}"
        self._refused = moment, message
        raise NotAllowed(message)

    def _read_session(self, reply: Reply) -> _Tokens:
        answer = as_map(reply.json())
        access, refresh = as_text(answer.get("accessJwt")), as_text(answer.get("refreshJwt"))
        did, handle = as_text(answer.get("did")), as_text(answer.get("handle"))
        if answer.get("active") is False:
            status = clip(as_text(answer.get("status")) or "inactive")
            raise NotAllowed(f"{reply.what}: the account {self._handle} is {status}: activate it")
        if not (access and refresh and did and did.startswith("did:")):
            raise NotAllowed(f"{reply.what}: the answer is no session: is the url that of a PDS?")
        tokens = _Tokens(
            account=Account(did=did, handle=handle or self._handle),
            access=SecretStr(access),
            refresh=SecretStr(refresh),
            host="" if is_loopback(self._http.base_url) else _host_of(answer.get("didDoc")),
        )
        self._http.keep_secret(tokens.access)
        self._http.keep_secret(tokens.refresh)
        return tokens


def is_loopback(url: str) -> bool:
    """Whether the address is this machine: then the bytes need no encryption."""
    host = httpx.URL(url).host
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _host_of(document: object) -> str:
    """The PDS that the DID document names: a service like bsky.social only lets people in."""
    for entry in as_list(as_map(document).get("service")):
        service = as_map(entry)
        endpoint = as_text(service.get("serviceEndpoint")) or ""
        named = (as_text(service.get("id")) or "").endswith("#atproto_pds")
        if named and _is_plain_https(endpoint):
            return endpoint.rstrip("/")
    return ""


def _is_plain_https(endpoint: str) -> bool:
    try:
        url = httpx.URL(endpoint)
    except httpx.InvalidURL:
        return False
    return url.scheme == "https" and bool(url.host) and not url.userinfo and url.path in {"", "/"}


def _read(reply: Reply) -> Json:
    try:
        return as_map(read_json(reply.body))
    except ValueError:
        return as_map(reply.json())  # says what the outcome is


def _error(reply: Reply) -> str:
    """The protocol's name of the error; empty where there is none to read."""
    if reply.status < 300:
        return ""
    try:
        return as_text(as_map(reply.json()).get("error")) or ""
    except PlatformError:
        return ""

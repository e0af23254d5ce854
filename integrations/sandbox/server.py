"""The sandbox's JSON API. The page is in page.py; both make one ASGI application.

A brand's account is made with `PUT /api/accounts/HANDLE` and written to with the one token that the
server was started with. Visitors need no token, and cannot take a brand's name.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import secrets
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, SecretStr, ValidationError
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from integrations.graphemes import graphemes
from integrations.sandbox import page, views
from integrations.sandbox.faults import Switches
from integrations.sandbox.store import (
    ALT_GRAPHEMES,
    GRAPHEMES,
    IMAGE_BYTES,
    IMAGES,
    Rejected,
    Store,
    Writing,
)

B = TypeVar("B", bound=BaseModel)
Endpoint = Callable[[Request], Awaitable[Response]]
_HOSTS = frozenset({"127.0.0.1", "localhost", "[::1]"})
_MAGIC = {"image/png": b"\x89PNG\r\n\x1a\n", "image/jpeg": b"\xff\xd8\xff"}


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class _Image(_Body):
    blob: str
    alt: str = ""


class _Post(_Body):
    text: str
    parent: str | None = None
    language: str | None = None
    images: tuple[_Image, ...] = ()


class _Account(_Body):
    name: str | None = None
    followers: int | None = None
    verified: bool | None = None


class _Public(_Body):
    handle: str
    text: str = ""
    parent: str | None = None
    subject: str | None = None
    language: str | None = None
    name: str | None = None


class Api:
    """The endpoints over one store."""

    def __init__(self, store: Store, token: SecretStr) -> None:
        self.store = store
        self.switches = Switches(store)
        self._token = token

    def routes(self) -> list[Route]:
        brand = "/api/accounts/{handle}"
        return [
            _route("/api/about", self.about),
            _route("/api/faults", self.faults, "GET", "PUT"),
            _route("/api/reset", self.reset, "POST"),
            _route(brand, self.account, "GET", "PUT"),
            _route(brand + "/posts", self.posts, "GET", "POST"),
            _route(brand + "/received", self.received),
            _route(brand + "/notifications", self.notifications),
            _route("/api/posts/{post}", self.change, "PUT", "DELETE"),
            _route("/api/posts/{post}/thread", self.thread),
            _route("/api/counts", self.counts),
            _route("/api/blobs/{blob}", self.blob, "PUT"),
            _route("/api/public/posts", self.public_post, "POST"),
            _route("/api/public/posts/{post}", self.public_change, "PUT", "DELETE"),
            _route("/api/public/{kind:str}", self.public_react, "POST"),
        ]

    async def about(self, _: Request) -> Response:
        now = self.switches.now
        return JSONResponse(
            {
                "name": "Remit sandbox",
                "sandbox": True,
                "idempotent": not now.no_idempotency,
                "settle_seconds": now.delayed_visibility,
                "limits": {
                    "graphemes": GRAPHEMES,
                    "images": IMAGES,
                    "image_bytes": IMAGE_BYTES,
                    "alt_graphemes": ALT_GRAPHEMES,
                },
            }
        )

    async def faults(self, request: Request) -> Response:
        self._brand(request)
        if request.method == "PUT":
            self.switches.put(await _json(request))
        return JSONResponse(self.switches.shown())

    async def reset(self, request: Request) -> Response:
        self._brand(request)
        self.store.reset()
        self.switches = Switches(self.store)
        return Response(status_code=204)

    async def account(self, request: Request) -> Response:
        handle = request.path_params["handle"]
        if request.method == "PUT":
            self._brand(request)
            body = _checked(_Account, await _json(request))
            handle = self.store.put_account(handle, **body.model_dump(), brand=True)
        return JSONResponse(views.account(self.store, handle))

    async def posts(self, request: Request) -> Response:
        handle = self._brand(request, request.path_params["handle"])
        if request.method == "GET":
            self._faulty_before(write=False)
            found = views.by_key(self.store, handle, request.query_params.get("key", ""))
            return JSONResponse({"posts": found})
        raw = await _bytes(request, 100_000)
        body = _checked(_Post, _parsed(raw))
        for image in body.images:
            if graphemes(image.alt) > ALT_GRAPHEMES:
                raise Rejected(422, "alt_too_long", f"an alt text has at most {ALT_GRAPHEMES}")
        self._faulty_before(write=True)
        writing = Writing(
            handle=handle,
            text=body.text,
            parent=self._seen(body.parent),
            language=body.language,
            images=[(image.blob, image.alt) for image in body.images],
            key=request.headers.get("idempotency-key"),
            body=hashlib.sha256(raw).hexdigest(),
            hidden_for=self.switches.now.delayed_visibility,
        )
        if self.switches.now.no_idempotency:
            post, new = self.store.write_again(writing), True
        else:
            post, new = self.store.write(writing)
        await self._faulty_after(request)
        row = self.store.db.execute("SELECT * FROM posts WHERE id = ?", (post,)).fetchone()
        return JSONResponse(views.post(self.store, row, keys=True), 201 if new else 200)

    async def received(self, request: Request) -> Response:
        handle = self._brand(request, request.path_params["handle"])
        return JSONResponse({"posts": views.received(self.store, handle)})

    async def notifications(self, request: Request) -> Response:
        handle = self._brand(request, request.path_params["handle"])
        self._faulty_before(write=False)
        query = request.query_params
        since = _instant(query["since"]) if "since" in query else None
        at_most = min(_whole(query.get("limit", "50")), 200)
        return JSONResponse(
            views.notices(self.store, handle, query.get("cursor"), since, at_most or 1)
        )

    async def change(self, request: Request) -> Response:
        """An edit or deletion by the brand that wrote it."""
        self._brand(request)
        post = request.path_params["post"]
        handle = str(views.visible(self.store, post)["handle"])
        self._brand(request, handle)
        hidden = self.switches.now.delayed_visibility
        self._faulty_before(write=True)
        if request.method == "DELETE":
            self.store.delete(post, handle, hidden)
        else:
            body = _checked(_Post, await _json(request))
            self.store.edit(post, handle, body.text, hidden)
        await self._faulty_after(request)
        return Response(status_code=204)

    async def thread(self, request: Request) -> Response:
        self._faulty_before(write=False)
        keys = self._is_brand(request)
        return JSONResponse(views.thread(self.store, request.path_params["post"], keys=keys))

    async def counts(self, request: Request) -> Response:
        self._faulty_before(write=False)
        ids = request.query_params.get("ids", "").split(",")[:200]
        return JSONResponse({"counts": views.counts_of(self.store, ids)})

    async def blob(self, request: Request) -> Response:
        self._brand(request)
        mime = request.headers.get("content-type", "")
        data = await _bytes(request, IMAGE_BYTES)
        if mime not in _MAGIC or not data.startswith(_MAGIC[mime]):
            raise Rejected(422, "bad_image", "an image is PNG or JPEG, and says which")
        if hashlib.sha256(data).hexdigest() != request.path_params["blob"]:
            raise Rejected(422, "bad_hash", "a blob is named by the SHA-256 of its bytes")
        self.store.put_blob(request.path_params["blob"], mime, data)
        return Response(status_code=204)

    async def public_post(self, request: Request) -> Response:
        body = _checked(_Public, await _json(request))
        handle = self.store.put_account(body.handle, body.name)
        parent = self._seen(body.parent)
        post, _ = self.store.write(Writing(handle, body.text, parent, body.language))
        row = views.visible(self.store, post)
        return JSONResponse(views.post(self.store, row), 201)

    async def public_change(self, request: Request) -> Response:
        body = _checked(_Public, await _json(request))
        handle, post = self._visitor(body.handle), request.path_params["post"]
        if request.method == "DELETE":
            self.store.delete(post, handle)
        else:
            self.store.edit(post, handle, body.text)
        return Response(status_code=204)

    async def public_react(self, request: Request) -> Response:
        """like, repost (`subject`: a post) and follow (`subject`: a brand's handle), and accounts."""
        kind = request.path_params["kind"]
        raw = await _json(request)
        if kind == "accounts":
            self._brand(request)
            fields = dict(raw) if isinstance(raw, dict) else {}
            handle = self.store.put_account(
                str(fields.pop("handle", "")), **_checked(_Account, fields).model_dump()
            )
            return JSONResponse(views.account(self.store, handle))
        if kind not in {"like", "repost", "follow"}:
            raise Rejected(404, "no_such_path", "there is no such path")
        body = _checked(_Public, raw)
        handle = self.store.put_account(body.handle, body.name)
        subject = body.subject or ""
        if kind == "follow":
            subject = str(views.account(self.store, subject.lstrip("@").casefold())["handle"])
        else:
            views.visible(self.store, subject)
        return JSONResponse({"id": self.store.react(kind, handle, subject)}, 201)

    def _seen(self, parent: str | None) -> str | None:
        """Nobody answers what nobody can see yet."""
        return None if parent is None else str(views.visible(self.store, parent)["id"])

    def _visitor(self, handle: str) -> str:
        known = views.account(self.store, handle.lstrip("@").casefold())
        if known["brand"]:
            raise Rejected(403, "taken", "a visitor cannot speak for a brand")
        return str(known["handle"])

    def _is_brand(self, request: Request) -> bool:
        scheme, _, given = request.headers.get("authorization", "").partition(" ")
        expected = self._token.get_secret_value().encode()
        return scheme.lower() == "bearer" and secrets.compare_digest(given.encode(), expected)

    def _brand(self, request: Request, handle: str = "") -> str:
        if not self._is_brand(request):
            raise Rejected(401, "no_token", "this needs the brand's token")
        handle = handle.lstrip("@").casefold()
        if handle and not views.account(self.store, handle)["brand"]:
            raise Rejected(403, "no_brand", f"@{handle} is not a brand's account")
        return handle

    def _faulty_before(self, *, write: bool) -> None:
        now = self.switches.now
        if self.switches.strikes("rate_limit_429", write=write):
            raise Rejected(429, f"wait:{now.rate_limit_429.retry_after}", "too many requests")
        if self.switches.strikes("fail_500", write=write):
            raise Rejected(500, "fault", "the sandbox was told to fail")
        if self.switches.strikes("fail_before_accept", write=write):
            raise _Drop

    async def _faulty_after(self, request: Request) -> None:
        if self.switches.strikes("timeout_after_accept", write=True):
            seconds = self.switches.now.timeout_after_accept.seconds
            try:
                async with asyncio.timeout(seconds):
                    while (await request.receive())["type"] != "http.disconnect":
                        pass
            except (TimeoutError, ClientDisconnect):
                pass
            raise _Drop


class _Drop(Exception):
    """The connection ends here, without an answer."""


class Guard:
    """Outside everything: refuses strangers' hosts and origins."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = {
            name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]
        }
        host = headers.get("host", "").lower()
        refusal = _foreign(host, headers, scope["method"])
        if refusal is not None:
            await _refusal(refusal)(scope, receive, send)
            return
        await self._app(scope, receive, send)


class _Cut(Response):
    """Announces a body and never sends it: the server then closes the connection."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - ASGI
        headers = [(b"content-length", b"9")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})


async def _rejected(_: Request, error: Exception) -> Response:
    assert isinstance(error, Rejected)
    return _refusal(error)


async def _dropped(_: Request, __: Exception) -> Response:
    return _Cut()


def application(store: Store, token: SecretStr) -> ASGIApp:
    """The whole sandbox."""
    api = Api(store, token)
    routes = [*api.routes(), *page.Page(store).routes()]
    answers = {Rejected: _rejected, _Drop: _dropped}
    return Guard(Starlette(routes=routes, exception_handlers=answers))


def _foreign(host: str, headers: Mapping[str, str], method: str) -> Rejected | None:
    name = host.rpartition(":")[0] if host.rpartition(":")[2].isdigit() else host
    if name not in _HOSTS:
        # A page elsewhere whose name was pointed at loopback must not read this one.
        return Rejected(403, "foreign_host", "open this page as 127.0.0.1 or localhost")
    if method in {"GET", "HEAD"}:
        return None
    origin = headers.get("origin")
    site = headers.get("sec-fetch-site", "same-origin")
    if site != "same-origin" or (origin is not None and origin != f"http://{host}"):
        return Rejected(403, "foreign_origin", "only the sandbox's own page may write")
    return None


def _refusal(error: Rejected) -> JSONResponse:
    headers: dict[str, str] = {}
    code = error.code
    if code.startswith("wait:"):
        code, _, seconds = code.partition(":")
        whole = str(max(1, round(float(seconds))))
        headers = {"Retry-After": whole, "RateLimit-Remaining": "0", "RateLimit-Reset": whole}
        code = "too_many_requests"
    return JSONResponse({"error": code, "message": error.message}, error.status, headers)


def _route(path: str, endpoint: Endpoint, *methods: str) -> Route:
    return Route(path, endpoint, methods=list(methods or ("GET",)))


async def _bytes(request: Request, at_most: int) -> bytes:
    data = bytearray()
    async for part in request.stream():
        data += part
        if len(data) > at_most:
            raise Rejected(413, "too_large", f"at most {at_most} bytes are taken")
    return bytes(data)


async def _json(request: Request) -> Any:  # noqa: ANN401 - checked by who asks
    if not request.headers.get("content-type", "").startswith("application/json"):
        # Another site's form cannot send this type without asking first.
        raise Rejected(415, "not_json", "send application/json")
    return _parsed(await _bytes(request, 100_000))


def _parsed(raw: bytes) -> Any:  # noqa: ANN401 - checked by who asks
    try:
        return json.loads(raw)
    except ValueError:
        raise Rejected(400, "not_json", "the body is not JSON") from None


def _checked(of: type[B], raw: object) -> B:
    try:
        # As JSON: strict about numbers and booleans, while a list may fill a tuple.
        return of.model_validate_json(json.dumps(raw))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise Rejected(422, "bad_request", f"{where}: {first['msg']}") from None


def _instant(text: str) -> int:
    try:
        return int(datetime.fromisoformat(text).timestamp() * 1_000_000)
    except ValueError:
        raise Rejected(400, "bad_time", "since is an ISO time with its offset") from None


def _whole(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 6):
        raise Rejected(400, "bad_number", "limit is a whole number")
    return int(text)

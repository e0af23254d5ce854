"""The sandbox's JSON API.

A brand's account is made with `PUT /api/accounts/HANDLE` and written to with the one token that the
server was started with. Visitors need no token, and cannot take a brand's name.
"""

from __future__ import annotations

import asyncio
import hashlib
import secrets
from collections.abc import Awaitable, Callable

from pydantic import SecretStr
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from integrations.graphemes import graphemes
from integrations.sandbox import views
from integrations.sandbox.faults import Switches
from integrations.sandbox.reading import (
    AccountBody,
    PostBody,
    PublicBody,
    checked,
    instant,
    parsed,
    read_bytes,
    read_json,
    whole,
)
from integrations.sandbox.store import (
    ALT_GRAPHEMES,
    GRAPHEMES,
    IMAGE_BYTES,
    IMAGES,
    Rejected,
    Store,
    Writing,
)

Endpoint = Callable[[Request], Awaitable[Response]]
_MAGIC = {"image/png": b"\x89PNG\r\n\x1a\n", "image/jpeg": b"\xff\xd8\xff"}


class Dropped(Exception):
    """The connection ends here, without an answer."""


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
            self.switches.put(await read_json(request))
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
            body = checked(AccountBody, await read_json(request))
            handle = self.store.put_account(handle, **body.model_dump(), brand=True)
        return JSONResponse(views.account(self.store, handle))

    async def posts(self, request: Request) -> Response:
        handle = self._brand(request, request.path_params["handle"])
        if request.method == "GET":
            self._faulty_before(write=False)
            found = views.by_key(self.store, handle, request.query_params.get("key", ""))
            return JSONResponse({"posts": found})
        raw = await read_bytes(request, 100_000)
        body = checked(PostBody, parsed(raw))
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
        since = instant(query["since"]) if "since" in query else None
        at_most = min(whole(query.get("limit", "50")), 200)
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
            body = checked(PostBody, await read_json(request))
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
        data = await read_bytes(request, IMAGE_BYTES)
        if mime not in _MAGIC or not data.startswith(_MAGIC[mime]):
            raise Rejected(422, "bad_image", "an image is PNG or JPEG, and says which")
        if hashlib.sha256(data).hexdigest() != request.path_params["blob"]:
            raise Rejected(422, "bad_hash", "a blob is named by the SHA-256 of its bytes")
        self.store.put_blob(request.path_params["blob"], mime, data)
        return Response(status_code=204)

    async def public_post(self, request: Request) -> Response:
        body = checked(PublicBody, await read_json(request))
        handle = self.store.put_account(body.handle, body.name)
        parent = self._seen(body.parent)
        post, _ = self.store.write(Writing(handle, body.text, parent, body.language))
        row = views.visible(self.store, post)
        return JSONResponse(views.post(self.store, row), 201)

    async def public_change(self, request: Request) -> Response:
        body = checked(PublicBody, await read_json(request))
        handle, post = self._visitor(body.handle), request.path_params["post"]
        if request.method == "DELETE":
            self.store.delete(post, handle)
        else:
            self.store.edit(post, handle, body.text)
        return Response(status_code=204)

    async def public_react(self, request: Request) -> Response:
        """like, repost (`subject`: a post) and follow (`subject`: a brand's handle), and accounts."""
        kind = request.path_params["kind"]
        raw = await read_json(request)
        if kind == "accounts":
            self._brand(request)
            fields = dict(raw) if isinstance(raw, dict) else {}
            handle = self.store.put_account(
                str(fields.pop("handle", "")), **checked(AccountBody, fields).model_dump()
            )
            return JSONResponse(views.account(self.store, handle))
        if kind not in {"like", "repost", "follow"}:
            raise Rejected(404, "no_such_path", "there is no such path")
        body = checked(PublicBody, raw)
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
            wait = now.rate_limit_429.retry_after
            raise Rejected(429, "too_many_requests", "wait", retry_after=wait)
        if self.switches.strikes("fail_500", write=write):
            raise Rejected(500, "fault", "the sandbox was told to fail")
        if self.switches.strikes("fail_before_accept", write=write):
            raise Dropped

    async def _faulty_after(self, request: Request) -> None:
        if self.switches.strikes("timeout_after_accept", write=True):
            seconds = self.switches.now.timeout_after_accept.seconds
            try:
                async with asyncio.timeout(seconds):
                    while (await request.receive())["type"] != "http.disconnect":
                        pass
            except (TimeoutError, ClientDisconnect):
                pass
            raise Dropped


def _route(path: str, endpoint: Endpoint, *methods: str) -> Route:
    return Route(path, endpoint, methods=list(methods or ("GET",)))

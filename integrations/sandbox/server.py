"""The sandbox as one ASGI application: the API, the page, and the guard before both."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import SecretStr
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from integrations.sandbox import api, page
from integrations.sandbox.store import Rejected, Store

_HOSTS = frozenset({"127.0.0.1", "localhost", "[::1]"})


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
    routes = [*api.Api(store, token).routes(), *page.Page(store).routes()]
    answers = {Rejected: _rejected, api.Dropped: _dropped}
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
    if error.retry_after is not None:
        seconds = str(max(1, round(error.retry_after)))
        headers = {"Retry-After": seconds, "RateLimit-Remaining": "0", "RateLimit-Reset": seconds}
    return JSONResponse({"error": error.code, "message": error.message}, error.status, headers)

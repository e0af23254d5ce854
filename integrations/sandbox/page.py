"""The page for people: the public timeline, and a form to write as a visitor."""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jinja2
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from integrations.sandbox import views
from integrations.sandbox.store import GRAPHEMES, Rejected, Store, Writing

HERE = Path(__file__).parent
_STATIC = {"page.css": "text/css", "page.js": "text/javascript", "icon.svg": "image/svg+xml"}
_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self';"
    " form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
}


class Page:
    """What people see and fill in, over one store."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._templates = jinja2.Environment(
            loader=jinja2.FileSystemLoader(HERE / "templates"),
            autoescape=True,
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._templates.filters["clock"] = _clock

    def routes(self) -> list[Route]:
        return [
            Route("/", self.timeline),
            Route("/timeline", self.fragment),
            Route("/posts/{post}", self.conversation),
            Route("/write", self.write, methods=["POST"]),
            Route("/images/{blob}", self.image),
            Route("/static/{name}", self.static),
        ]

    async def timeline(self, request: Request) -> Response:
        return self._whole(request)

    async def fragment(self, _: Request) -> Response:
        """The timeline alone, for the refresh."""
        return self._show("timeline.html", threads=views.timeline(self._store), only=None)

    async def conversation(self, request: Request) -> Response:
        try:
            row = views.visible(self._store, request.path_params["post"])
        except Rejected as error:
            return self._whole(request, error.status, threads=[], problem=error.message)
        threads = [views.nest(views.thread_rows(self._store, row["root"]))]
        return self._whole(request, threads=threads, only=row["id"])

    async def write(self, request: Request) -> Response:
        form = await request.form(max_files=0, max_fields=10)
        name, text, parent = (str(form.get(field, "")) for field in ("name", "text", "parent"))
        try:
            handle = self._store.put_account(handle_of(name), name.strip()[:60])
            if parent:
                views.visible(self._store, parent)
            text = text.replace("\r\n", "\n").strip()
            self._store.write(Writing(handle, text, parent or None))
        except Rejected as error:
            return self._whole(
                request,
                error.status,
                typed={"name": name, "text": text},
                problem=error.message,
                answered=_answered(self._store, parent),
            )
        return RedirectResponse("/", 303, headers=_HEADERS)

    async def image(self, request: Request) -> Response:
        row = self._store.db.execute(
            "SELECT mime, data FROM blobs WHERE id = ?", (request.path_params["blob"],)
        ).fetchone()
        if row is None:
            raise Rejected(404, "no_such_image", "there is no such image")
        headers = {**_HEADERS, "Cache-Control": "private, max-age=31536000, immutable"}
        return Response(row["data"], media_type=row["mime"], headers=headers)

    async def static(self, request: Request) -> Response:
        name = request.path_params["name"]
        if name not in _STATIC:
            raise Rejected(404, "no_such_path", "there is no such path")
        return FileResponse(HERE / "static" / name, media_type=_STATIC[name], headers=_HEADERS)

    def _show(self, name: str, status: int = 200, **values: object) -> Response:
        text = self._templates.get_template(name).render(values)
        return HTMLResponse(text, status, headers=_HEADERS)

    def _whole(self, request: Request, status: int = 200, **values: object) -> Response:
        query = request.query_params
        shown: dict[str, object] = {
            "brands": _brands(self._store),
            "answered": _answered(self._store, query.get("reply_to")),
            "typed": {"name": query.get("name", ""), "text": ""},
            "problem": None,
            "graphemes": GRAPHEMES,
            "only": None,
            **values,
        }
        if "threads" not in shown:
            shown["threads"] = views.timeline(self._store)
        return self._show("page.html", status, **shown)


def handle_of(name: str) -> str:
    """A handle from the name that a visitor picked: `Bu Sari W.` is `bu.sari.w`."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    handle = re.sub(r"[^a-z0-9_-]+", ".", plain).strip("._-")[:40].strip("._-")
    if handle:
        return handle
    if not name.strip():
        raise Rejected(422, "no_name", "Tulis nama dulu · Pick a name first")
    # A name in another script still gets a handle, the same one each time.
    return "v" + "".join(f"{ord(letter):x}" for letter in name.strip())[:40]


def _answered(store: Store, post: str | None) -> views.View | None:
    if not post:
        return None
    try:
        row = views.visible(store, post)
    except Rejected:
        return None
    return None if row["deleted"] else views.post(store, row)


def _brands(store: Store) -> list[Any]:
    rows = store.db.execute("SELECT handle, name FROM accounts WHERE brand = 1 ORDER BY handle")
    return [dict(row) for row in rows]


def _clock(at: str) -> str:
    moment = datetime.fromisoformat(at).astimezone(UTC)
    return moment.strftime("%d.%m. %H:%M UTC")

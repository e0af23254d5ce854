"""A way to the PDS on which listening can be kept waiting, as a slow network keeps it."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx

LISTENING = "app.bsky.notification.listNotifications"
_OF_ONE_HOP = frozenset(
    {"accept-encoding", "connection", "content-encoding", "content-length", "date", "host"}
    | {"keep-alive", "server", "transfer-encoding"}
)


class Gate:
    """Passes every request on and every answer back; while shut, those that listen wait at it."""

    def __init__(self, upstream: str) -> None:
        self.waiting = threading.Event()
        """Set once somebody waits: from here on nobody hears what happens."""
        self._open = threading.Event()
        self._open.set()
        self._client = httpx.Client(base_url=upstream, timeout=30, trust_env=False)
        self._server = _Server(("127.0.0.1", 0), _passing_through(self))
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def shut(self) -> None:
        self.waiting.clear()
        self._open.clear()

    def open(self) -> None:
        self._open.set()

    def stop(self) -> None:
        self.open()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(10)
        self._client.close()

    def ask(self, verb: str, path: str, headers: dict[str, str], body: bytes) -> httpx.Response:
        if LISTENING in path and not self._open.is_set():
            self.waiting.set()
            self._open.wait(60)
        return self._client.request(verb, path, headers=headers, content=body)


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Nothing: who asked may be gone before the answer."""


def _passing_through(gate: Gate) -> type[BaseHTTPRequestHandler]:
    class PassingThrough(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _pass(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            headers = {k: v for k, v in self.headers.items() if k.lower() not in _OF_ONE_HOP}
            answer = gate.ask(self.command, self.path, headers, body)
            self.send_response(answer.status_code)
            for name, value in answer.headers.items():
                if name.lower() not in _OF_ONE_HOP:
                    self.send_header(name, value)
            self.send_header("content-length", str(len(answer.content)))
            self.end_headers()
            self.wfile.write(answer.content)

        do_GET = do_POST = _pass  # noqa: N815 - the names are the library's

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - as above
            """Nothing."""

    return PassingThrough

"""`remit up` in a process of its own, as a user starts it, and a visitor who watches and decides.

The brand is tests/flows/kedai. Every secret that the house is given is recognisable: after the
house has stopped, none of them may be found in anything that it kept.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from base64 import b64encode
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, closing, contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

import pytest
from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterTags
from prefect.client.schemas.objects import FlowRun, StateType
from prefect.exceptions import ObjectNotFound, PrefectHTTPStatusError
from pydantic import SecretStr

from integrations.sandbox.control import Sandbox
from remit.cli.people import resume
from remit.ledger import Ledger, cases
from remit.model import Case, Message
from tests.servers.processes import free_ports, poll

ROOT = Path(__file__).parents[2]
REMIT = str(Path(sys.executable).with_name("remit"))
KEDAI = Path(__file__).parent / "kedai"
BRAND = "kedai"
BOOT = 150.0
"""Seconds that a first start may take on a busy machine."""
SECRETS = {
    "token": "token-CANARY-4f1c9a7e",
    "password": "password-CANARY-92bb03d1",
    "notify": "notify-CANARY-c05e6f28",
    "unreachable": "unreachable-CANARY-7d30a1f4",
}

T = TypeVar("T")
_authors = count(1)


class Receiver:
    """Takes what Apprise sends to `json://` on loopback."""

    def __init__(self) -> None:
        self.titles: list[str] = []
        received = self.titles

        class Taking(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                length = int(self.headers.get("Content-Length", 0))
                received.append(json.loads(self.rfile.read(length))["title"])
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Says nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Taking)
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@dataclass
class Up:
    """A house that runs."""

    home: Path
    env: dict[str, str]
    process: subprocess.Popen[bytes]
    server: str
    sandbox: str
    received: Receiver = field(repr=False)

    @property
    def api(self) -> str:
        return f"{self.server}/api"

    def said(self) -> str:
        return (self.home.parent / "up.log").read_text(errors="replace")

    def pid(self, child: str) -> int:
        return int((self.home / f"{child}.pid").read_text())

    def kill(self, child: str) -> None:
        """kill -9 of one child; the house starts it again."""
        with suppress(ProcessLookupError):
            os.kill(self.pid(child), signal.SIGKILL)

    def remit(self, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
        """A command of the user, beside the house."""
        return command(*arguments, env=self.env | {"PREFECT_API_URL": self.api})

    def notice(self, case: int) -> str | None:
        """What `remit cases` says of it."""
        done = self.remit("cases", "--all", "--format", "json")
        assert done.returncode == 0, done.stderr
        found: str | None = next(r["notice"] for r in json.loads(done.stdout) if r["id"] == case)
        return found

    def found(self, *words: str) -> set[str]:
        """Where one of the words stands in what was kept: files as bytes, databases row by row.

        A table is named like `prefect.db:flow_run`. The folder of secrets is left out.
        """
        places = set()
        for path in self.home.parent.rglob("*"):
            name = str(path.relative_to(self.home.parent))
            if not path.is_file() or "/secrets/" in name:
                continue
            kept = {name: path.read_bytes()}
            if path.suffix == ".db":
                kept |= {f"{path.name}:{table}": rows for table, rows in _dump(path)}
            places |= {
                place
                for place, text in kept.items()
                if any(word.encode() in text for word in words)
            }
        return places

    def leaks(self) -> set[str]:
        """Where a secret stands, as it is or in the header of a basic authentication."""
        basic = [b64encode(f"petugas:{secret}".encode()).decode() for secret in SECRETS.values()]
        return self.found(*SECRETS.values(), *basic)


def _dump(path: Path) -> Iterator[tuple[str, bytes]]:
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=30)) as database:
        names = database.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        for (name,) in names:
            rows = database.execute(f'SELECT * FROM "{name}"').fetchall()
            yield name, repr(rows).encode()


def command(
    *arguments: str | Path, env: Mapping[str, str] | None = None, cwd: Path = ROOT
) -> subprocess.CompletedProcess[str]:
    """Run `remit` as a user does."""
    return subprocess.run(
        [REMIT, *map(str, arguments)],
        env=env,
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@contextmanager
def started(folder: Path, playbook: Path = KEDAI, first: Sequence[str] = ("up",)) -> Iterator[Up]:
    """A house below `folder`; when it has stopped, no process and no secret is left."""
    receiver = Receiver()
    server_port, sandbox_port = free_ports(2)
    address = f"json://petugas:{SECRETS['notify']}@127.0.0.1:{receiver.port}/"
    home = folder / "home"
    env = {name: value for name, value in os.environ.items() if not name.startswith(_OURS)} | {
        "REMIT_HOME": str(home),
        "REMIT_LEASE_SECONDS": "8",
        "REMIT_SANDBOX_TOKEN": SECRETS["token"],
        "KEDAI_BLUESKY": SECRETS["password"],
        "KEDAI_NOTIFY_SARI": address,
        "KEDAI_NOTIFY_BAYU": address,
        "KEDAI_NOTIFY_RATNA": f"json://petugas:{SECRETS['unreachable']}@127.0.0.1:9/",
    }
    ports = ["--port", str(server_port), "--sandbox-port", str(sandbox_port)]
    with (folder / "up.log").open("wb") as log:
        process = subprocess.Popen(
            [REMIT, *first, str(playbook), *ports],
            env=env,
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    server, sandbox = (f"http://127.0.0.1:{port}" for port in (server_port, sandbox_port))
    up = Up(home, env | {"REMIT_SANDBOX_URL": sandbox}, process, server, sandbox, receiver)
    try:
        poll(lambda: process.poll() is not None or "Ctrl-C stops" in up.said(), BOOT)
        assert process.poll() is None, up.said()
        children = [up.pid(child) for child in ("sandbox", "server", "worker")]
        yield up
        children += [up.pid(child) for child in ("sandbox", "server", "worker")]
    finally:
        process.terminate()
        try:
            process.wait(60)
        finally:
            process.kill()
            process.wait()
            receiver.close()
    assert not [pid for pid in children if Path(f"/proc/{pid}").exists()]
    assert up.leaks() == set()


_BUSY = {"500", "503"}
_OURS = ("REMIT_", "PREFECT_", "KEDAI_")


@dataclass(frozen=True)
class Form:
    """What a person sees of a run that waits."""

    run: FlowRun
    key: str
    description: str
    draft: str


class Visit:
    """What a test sees of a house, and does in it."""

    def __init__(self, up: Up, ledger: Ledger, client: PrefectClient, sandbox: Sandbox) -> None:
        self.up, self.ledger, self.client, self.sandbox = up, ledger, client, sandbox

    async def write(self, text: str, *, under: str | None = None, author: str | None = None) -> str:
        """Somebody, who is new unless named, says something to the brand; the message's id."""
        author = author or self.author()
        return await self.sandbox.write(author, f"@{BRAND} {text}", under=under)

    def author(self) -> str:
        return f"tamu{next(_authors)}"

    async def until(
        self, what: str, look: Callable[[], Awaitable[T | None]], seconds: float = 60
    ) -> T:
        """The first true value; the test fails with what the house has said."""
        end = time.monotonic() + seconds
        while not (seen := await look()):
            if time.monotonic() > end:
                logs = "\n".join(
                    f"--- {log.name}\n{log.read_text(errors='replace')[-2500:]}"
                    for log in sorted((self.up.home / "logs").iterdir())
                )
                found = "\n".join(map(repr, await cases.find(self.ledger, BRAND, unfinished=True)))
                pytest.fail(f"{what} did not come in {seconds:.0f} s\n{found}\n{logs}")
            await asyncio.sleep(0.2)
        return seen

    async def case_of(self, message: str) -> Case | None:
        found = await cases.find(self.ledger, BRAND)
        return next((case for case in found if case.subject == message), None)

    async def stored(self, message: str) -> Case:
        return await self.until("its case", lambda: self.case_of(message))

    async def form(self, message: str, seconds: float = 90, *, after: Form | None = None) -> Form:
        """The form that waits for the case of that message; with `after`, one that follows it."""

        async def shown() -> Form | None:
            case = await self.case_of(message)
            if case is None or case.lease_run is None:
                return None
            try:
                run = await self.client.read_flow_run(UUID(case.lease_run))
            except ObjectNotFound:
                return None
            state = run.state
            if state is None or state.type is not StateType.PAUSED:
                return None
            keys = state.state_details.run_input_keyset or {}
            if after is not None and (run.id, keys["schema"]) == (after.run.id, after.key):
                return None
            schema = json.loads(await self._input(run, keys["schema"]) or "null")
            said = await self._input(run, keys["description"])
            if schema is None or said is None:
                return None
            draft = schema["properties"]["text"].get("default", "")
            return Form(run, keys["schema"], json.loads(said), draft)

        return await self.until("a form", shown, seconds)

    async def _input(self, run: FlowRun, key: str) -> str | None:
        try:
            return await self.client.read_flow_run_input(run.id, key)
        except PrefectHTTPStatusError as absent:
            if absent.response.status_code == 404:
                return None
            raise

    async def resume(self, form: Form, **answer: Any) -> Mapping[str, Any]:
        """Hand it in as the UI does; what the server says to that."""
        return await resume(self.client, form.run, answer)

    async def approve(self, form: Form, who: str = "sari") -> None:
        """Hand it in as it is shown, and be taken; a server that was too busy is asked again."""

        async def taken() -> bool:
            said = await self.resume(form, who=who, decision="approve", text=form.draft)
            assert said["status"] == "ACCEPT" or said["details"]["reason"] in _BUSY, said
            return bool(said["status"] == "ACCEPT")

        await self.until("an answered form", taken)

    async def replies(self, message: str) -> list[Message]:
        """What the platform has ever accepted as an answer to it."""
        received = await self.sandbox.received(BRAND)
        return [each for each in received if each.parent == message]

    async def answered(self, message: str, seconds: float = 60) -> Message:
        """The one reply, once the case is closed."""

        async def finished() -> Case | None:
            case = await self.case_of(message)
            return case if case and case.state.finished else None

        await self.until("an answer", finished, seconds)
        (reply,) = await self.replies(message)
        return reply

    async def runs_of(self, case: int) -> list[FlowRun]:
        tags = FlowRunFilterTags(all_=[f"brand:{BRAND}", f"case:{case}"])
        return await self.client.read_flow_runs(flow_run_filter=FlowRunFilter(tags=tags))

    @asynccontextmanager
    async def server_is_down(self) -> AsyncIterator[None]:
        """Killed, and as often as the house starts it again."""

        async def keep() -> None:
            while True:
                self.up.kill("server")
                await asyncio.sleep(0.3)

        keeping = asyncio.create_task(keep())
        try:
            yield
        finally:
            keeping.cancel()


@asynccontextmanager
async def visiting(up: Up) -> AsyncIterator[Visit]:
    """A visit by the roads that a user has: Prefect's API, the sandbox, and the ledger's file."""
    ledger = await Ledger.open(f"sqlite:///{up.home / 'ledger.db'}")
    try:
        async with (
            PrefectClient(up.api) as client,
            Sandbox(up.sandbox, SecretStr(SECRETS["token"])) as sandbox,
        ):
            await sandbox.account(BRAND, brand=True)
            yield Visit(up, ledger, client, sandbox)
    finally:
        await ledger.close()

"""Starting everything on one machine."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import sys
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from remit.cli.home import SANDBOX_PORT, SERVER_PORT, environment, remember_ports
from remit.cli.output import say
from remit.cli.supervisor import Child, Supervisor, supervised
from remit.ledger.ingest import cursor_of
from remit.model import Playbook, RemitError
from remit.playbook import load_playbook, read_bundle

FIRST_LOOK = 30.0
"""Seconds that a fresh worker may take to read the sandbox."""
BOOT = 120.0
"""Seconds that a fresh server may take."""


@dataclass(frozen=True)
class House:
    """What runs, and where."""

    supervisor: Supervisor
    server: str
    sandbox: str | None
    playbooks: tuple[Playbook, ...]
    worker: Child


def _free(port: int, what: str, option: str) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as taken:
            raise RemitError(
                f"port {port} is taken, and {what} needs it; stop what listens there, "
                f"or choose another with {option}"
            ) from taken


async def answers(url: str, child: Child, seconds: float = BOOT) -> None:
    """Wait until a child answers. Raises RemitError with the end of its log if it does not."""

    def ask() -> bool:
        with contextlib.suppress(URLError, OSError), urlopen(url, timeout=2) as response:  # noqa: S310 - loopback
            return bool(response.status == 200)
        return False

    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if await asyncio.to_thread(ask):
            return
        if not child.alive and child.starts > 2:
            break
        await asyncio.sleep(0.25)
    raise RemitError(
        f"{child.name} does not answer at {url}; the end of its log says:\n{child.tail()}"
    )


@contextlib.asynccontextmanager
async def house(
    paths: Sequence[Path],
    *,
    port: int = SERVER_PORT,
    sandbox_port: int = SANDBOX_PORT,
    isolated: bool = False,
) -> AsyncIterator[House]:
    """Server, sandbox, deployed playbooks and worker; all of it stops on leaving.

    `isolated`: each run has a process of its own, by Prefect's process worker.
    """
    loaded = [load_playbook(path) for path in paths]
    elsewhere = os.environ.get("PREFECT_API_URL")
    needs_sandbox = "REMIT_SANDBOX_URL" not in os.environ and any(
        channel.platform == "sandbox" for each in loaded for channel in each.channels.values()
    )
    if not elsewhere:
        _free(port, "the Prefect server", "--port")
    if needs_sandbox:
        _free(sandbox_port, "the sandbox", "--sandbox-port")
    shared = environment(port, sandbox_port)
    async with supervised(shared) as supervisor:
        remember_ports(port, sandbox_port)
        api = shared["PREFECT_API_URL"]
        if needs_sandbox:
            page = await supervisor.start(
                Child(
                    "sandbox",
                    without=_secrets(loaded) - {"REMIT_SANDBOX_TOKEN"},
                    command=[
                        sys.executable,
                        "-m",
                        "integrations.sandbox",
                        "--port",
                        str(sandbox_port),
                        "--db",
                        str(Path(shared["REMIT_HOME"]) / "sandbox.db"),
                    ],
                )
            )
        if not elsewhere:
            server = await supervisor.start(
                Child(
                    "server",
                    without=_secrets(loaded),
                    command=[
                        sys.executable,
                        "-m",
                        "flows.server",
                        "--host",
                        "127.0.0.1",
                        "--port",
                        str(port),
                    ],
                )
            )
            await answers(f"{api}/health", server)
        if needs_sandbox:
            await answers(f"{shared['REMIT_SANDBOX_URL']}/api/about", page)
        os.environ.update(shared)
        from flows.deploy import deploy, process_pool
        from flows.desk import close_desk, open_desk
        from flows.names import POOL

        if isolated:
            await process_pool()
        desk = await open_desk()
        for path, playbook in zip(paths, loaded, strict=True):
            changes = await deploy(desk, read_bundle(path), playbook)
            said = f"{len(changes)} changes in Prefect" if changes else "as it was"
            say(f"Playbook of {playbook.brand}: in force, {said}")
        await close_desk()
        loops = ["--loops"] if isolated else []
        worker = await supervisor.start(Child("worker", [sys.executable, "-m", "flows", *loops]))
        if isolated:
            await supervisor.start(
                Child("runs", [sys.executable, "-m", "prefect", "worker", "start", "--pool", POOL])
            )
        await _listening(loaded, worker)
        yield House(
            supervisor=supervisor,
            server=api.removesuffix("/api"),
            sandbox=shared["REMIT_SANDBOX_URL"] if needs_sandbox else None,
            playbooks=tuple(loaded),
            worker=worker,
        )


def _secrets(playbooks: Sequence[Playbook]) -> frozenset[str]:
    """The variables that hold what Prefect's server must never see."""
    references = [
        reference
        for playbook in playbooks
        for reference in (
            *(channel.credentials for channel in playbook.channels.values()),
            *(each.to for each in playbook.notify.values()),
        )
        if reference
    ]
    named = {each.removeprefix("env:") for each in references if each.startswith("env:")}
    return frozenset({*named, "REMIT_SANDBOX_TOKEN", "REMIT_DATABASE_URL", "REMIT_ENROL_KEY"})


async def _listening(playbooks: Sequence[Playbook], worker: Child) -> None:
    """Wait for the worker's first look at each channel that answers: what is written before it is history."""
    from flows.desk import close_desk, open_desk

    desk = await open_desk()
    until = time.monotonic() + FIRST_LOOK
    wanted = [(each.brand, channel.id) for each in playbooks for channel in each.channels.values()]
    try:
        while wanted and time.monotonic() < until:
            wanted = [pair for pair in wanted if await cursor_of(desk.ledger, *pair) is None]
            if wanted:
                await asyncio.sleep(0.2)
    finally:
        await close_desk()
    if wanted:
        say(f"Not every channel could be read yet; what the worker says is in {worker.log}")


INBOX = "runs?state=Suspended&flow-runs-sort=NAME_ASC"
"""Names of runs begin with what is due next."""


async def up(
    paths: Sequence[Path], *, port: int, sandbox_port: int, isolated: bool = False
) -> None:
    """Run until Ctrl-C or SIGTERM."""
    say("Starting Remit; a first start takes about half a minute.")
    ports = {"port": port, "sandbox_port": sandbox_port}
    async with house(paths, **ports, isolated=isolated) as running:
        say(f"Prefect (approvals, runs, reports): {running.server}")
        say(f"What is due first, as an inbox:     {running.server}/{INBOX}")
        say(f"A page a role and a case:           {running.server}/artifacts")
        if running.sandbox:
            say(f"Sandbox (write as the public):      {running.sandbox}")
        say("Ctrl-C stops all of it.")
        await running.supervisor.stopping.wait()
        say("Stopping.")

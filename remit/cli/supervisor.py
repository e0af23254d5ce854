"""`remit up`: the server, the worker and the sandbox as children that live and die together."""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import fcntl
import os
import signal
import sys
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from remit.cli.home import home
from remit.cli.output import complain
from remit.model import RemitError

GRACE = 12.0
"""Seconds between SIGTERM and SIGKILL."""
_PR_SET_PDEATHSIG = 1


def _die_with_parent() -> None:
    """Linux: a child gets SIGTERM when this process is gone, even by kill -9."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


@dataclass
class Child:
    """One process of the house, in a session of its own so that only the supervisor stops it."""

    name: str
    command: Sequence[str]
    without: frozenset[str] = frozenset()
    """Names of the environment that this process has no business with."""
    process: asyncio.subprocess.Process | None = field(default=None, repr=False)
    starts: int = 0

    @property
    def log(self) -> Path:
        return home() / "logs" / f"{self.name}.log"

    async def start(self, environment: dict[str, str]) -> None:
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as out:
            self.process = await asyncio.create_subprocess_exec(
                *self.command,
                env={
                    name: value for name, value in environment.items() if name not in self.without
                },
                stdin=asyncio.subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                start_new_session=True,
                preexec_fn=_die_with_parent,
            )
        self.starts += 1
        (home() / f"{self.name}.pid").write_text(str(self.process.pid))

    @property
    def alive(self) -> bool:
        return self.process is not None and self.process.returncode is None

    def signal(self, number: signal.Signals) -> None:
        """Reach the whole group: a server's workers too."""
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, number)

    async def stop(self) -> None:
        if self.process is None:
            return
        self.signal(signal.SIGTERM)
        try:
            await asyncio.wait_for(self.process.wait(), GRACE)
        except TimeoutError:
            complain(f"{self.name} did not stop within {GRACE:.0f} s and was killed")
        self.signal(signal.SIGKILL)
        await self.process.wait()
        (home() / f"{self.name}.pid").unlink(missing_ok=True)

    def tail(self, lines: int = 15) -> str:
        if not self.log.exists():
            return ""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])


class Supervisor:
    """Starts children in order, restarts those that die, and stops all in the reverse order."""

    def __init__(self, environment: dict[str, str]) -> None:
        self.environment = environment
        self.children: list[Child] = []
        self.stopping = asyncio.Event()
        self._watch: set[asyncio.Task[None]] = set()

    async def start(self, child: Child) -> Child:
        await child.start(self.environment)
        self.children.append(child)
        watch = asyncio.create_task(self._keep(child))
        self._watch.add(watch)
        watch.add_done_callback(self._watch.discard)
        return child

    async def _keep(self, child: Child) -> None:
        """Start a child again when it dies, with a growing pause; a second start continues its work."""
        while not self.stopping.is_set():
            assert child.process is not None
            code = await child.process.wait()
            if self.stopping.is_set():
                return
            pause = min(2.0 ** min(child.starts - 1, 5), 30.0)
            complain(
                f"{child.name} ended with {code}; it is started again in {pause:.0f} s (log: {child.log})"
            )
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self.stopping.wait(), pause)
                return
            child.signal(signal.SIGKILL)  # what it left behind in its group
            await child.start(self.environment)

    async def stop(self) -> None:
        self.stopping.set()
        for child in reversed(self.children):
            await child.stop()
        await asyncio.gather(*self._watch, return_exceptions=True)


@contextlib.asynccontextmanager
async def supervised(environment: dict[str, str]) -> AsyncIterator[Supervisor]:
    """A supervisor that holds the home: a second one of the same home is refused."""
    home().mkdir(parents=True, exist_ok=True, mode=0o700)
    with (home() / "up.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as held:
            raise RemitError(
                f"Remit is running already in {home()}; stop it first, or set REMIT_HOME to another folder"
            ) from held
        supervisor = Supervisor(environment)
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(number, supervisor.stopping.set)
        try:
            yield supervisor
        finally:
            await supervisor.stop()

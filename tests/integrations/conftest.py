"""The real sandbox server on a free port, started once and emptied for each test."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from pydantic import SecretStr

from integrations.sandbox.adapter import SandboxPlatform
from integrations.sandbox.control import Sandbox

TOKEN = "sandbox-token-4711/x+y="


@dataclass
class Server:
    """A sandbox process that can be killed and started again on the same file and port."""

    db: Path
    port: int = 0
    process: subprocess.Popen[str] | None = None
    url: str = field(default="")

    def start(self) -> None:
        command = [sys.executable, "-m", "integrations.sandbox"]
        self.process = subprocess.Popen(
            [*command, "--port", str(self.port), "--db", str(self.db)],
            env={**os.environ, "REMIT_SANDBOX_TOKEN": TOKEN},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line.startswith("Sandbox on http://127.0.0.1:"), line
        self.url = line.split()[2]
        self.port = int(self.url.rpartition(":")[2])

    def stop(self) -> int:
        """SIGTERM; returns the exit code."""
        assert self.process is not None
        self.process.terminate()
        self.process.communicate(timeout=10)
        return self.process.returncode

    def kill(self) -> None:
        assert self.process is not None
        self.process.kill()
        self.process.communicate(timeout=10)


@pytest.fixture(scope="session")
def sandbox_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = Server(tmp_path_factory.mktemp("sandbox") / "sandbox.db")
    server.start()
    yield server
    server.stop()


@pytest.fixture
def own_server(tmp_path: Path) -> Iterator[Server]:
    """For tests that kill it."""
    server = Server(tmp_path / "sandbox.db")
    server.start()
    yield server
    if server.process is not None and server.process.poll() is None:
        server.stop()


@pytest.fixture
def sandbox_token() -> SecretStr:
    return SecretStr(TOKEN)


@pytest.fixture
async def sandbox(sandbox_server: Server, sandbox_token: SecretStr) -> AsyncIterator[Sandbox]:
    """The public and the switches, on an empty sandbox with the brand `kopi`."""
    async with Sandbox(sandbox_server.url, sandbox_token) as control:
        await control.reset()
        await control.account("kopi", name="Kopi Senja", brand=True)
        yield control


@pytest.fixture
async def connected(
    sandbox: Sandbox, sandbox_token: SecretStr
) -> AsyncIterator[Callable[[], SandboxPlatform]]:
    """Makes adapters for the brand `kopi`."""
    made: list[SandboxPlatform] = []

    def make() -> SandboxPlatform:
        made.append(SandboxPlatform(sandbox.url, "kopi", sandbox_token, channel="page"))
        return made[-1]

    yield make
    for platform in made:
        await platform.close()

"""One house for all tests here: a real Prefect server, a real sandbox, and workers that may be killed.

The brand is tests/flows/warung. Each test has messages of its own authors, and starts its workers
itself; leases are short, and the sandbox publishes again whatever it is sent again.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

import pytest
import pytest_asyncio
from prefect.client.orchestration import PrefectClient
from pydantic import SecretStr

from flows.desk import Desk
from integrations.sandbox.adapter import SandboxPlatform
from integrations.sandbox.control import Sandbox
from remit.cli.home import environment
from remit.ledger import Ledger, cases, ingest
from tests.flows.killed_stage import BRAND, CHANNEL, HERE, House, Stage
from tests.servers.processes import Server, free_ports

LEASE = 5
WINDOW = 4
"""Seconds, in place of 45 and 20."""


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """The server and the sandbox, with the brand deployed."""
    home = tmp_path_factory.mktemp("house")
    server_port, sandbox_port = free_ports(2)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("REMIT_HOME", str(home))
        for name in ("PREFECT_API_URL", "REMIT_SANDBOX_URL", "REMIT_DATABASE_URL"):
            patch.delenv(name, raising=False)
        env = environment(server_port, sandbox_port) | {
            "REMIT_LEASE_SECONDS": str(LEASE),
            "REMIT_SEND_WINDOW_SECONDS": str(WINDOW),
            "PREFECT_LOGGING_LEVEL": "INFO",
        }
    python = [sys.executable, "-m"]
    sandbox = Server(
        [
            *python, "integrations.sandbox",
            "--port", str(sandbox_port), "--db", str(home / "sandbox.db"),
        ],
        home / "sandbox.log",
        env=env,
    )  # fmt: skip
    server = Server(
        [*python, "prefect", "server", "start", "--host", "127.0.0.1", "--port", str(server_port)],
        home / "server.log",
        env=env,
    )
    try:
        server.wait_until(lambda: _answers(f"{env['PREFECT_API_URL']}/health"), timeout=150)
        sandbox.wait_until(lambda: _answers(f"{env['REMIT_SANDBOX_URL']}/api/about"), timeout=30)
        deployed = subprocess.run(
            [sys.executable, "-c", "from remit.cli import main; main()", "deploy", HERE / BRAND],
            env=env,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert deployed.returncode == 0, deployed.stderr
        yield House(home, env)
    finally:
        server.stop()
        sandbox.stop()


def _answers(url: str) -> bool:
    try:
        with urlopen(url, timeout=2) as response:
            return bool(response.status == 200)
    except (URLError, OSError):
        return False


@pytest_asyncio.fixture
async def stage(house: House) -> AsyncIterator[Stage]:
    """An empty desk in a house where nobody works yet."""
    ledger = await Ledger.open(f"sqlite:///{house.home / 'ledger.db'}")
    token = SecretStr(house.env["REMIT_SANDBOX_TOKEN"])
    async with (
        PrefectClient(house.api) as client,
        Sandbox(house.env["REMIT_SANDBOX_URL"], token) as sandbox,
    ):
        await sandbox.account(BRAND, brand=True)
        await sandbox.faults(no_idempotency=True)
        made = Stage(house, Desk(ledger), client, sandbox)
        await _listens_from_now(made.desk, sandbox.url, token)
        try:
            yield made
        finally:
            for worker in made.workers:
                worker.end()
            await _leave_nothing(ledger)
            await ledger.close()


async def _listens_from_now(desk: Desk, url: str, token: SecretStr) -> None:
    """The first listening starts at now: here it is done before anybody writes."""
    if await ingest.cursor_of(desk.ledger, BRAND, CHANNEL) is not None:
        return
    playbook = await desk.deployed(BRAND)
    platform = SandboxPlatform(url, BRAND, token, channel=CHANNEL)
    first = await platform.listen(None)
    await platform.close()
    await ingest.ingest(
        desk.ledger,
        playbook,
        await desk.router(playbook),
        first.arrivals,
        channel=CHANNEL,
        cursor=first.cursor,
        now=desk.now(),
    )


async def _leave_nothing(ledger: Ledger) -> None:
    """A test that failed leaves no work to the next one."""
    desk = Desk(ledger)
    for case in await cases.find(ledger, BRAND, unfinished=True):
        await cases.resolve(ledger, case.id, None, "the test is over", "command", desk.now())


def pytest_collection_modifyitems(items: list[Any]) -> None:
    """With xdist one process runs all tests of the house, so that it starts once."""
    for item in items:
        if "house" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.xdist_group("house"))

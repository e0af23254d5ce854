"""A fresh server takes a playbook once; the same again changes nothing, whoever came between."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import httpx
import orjson
import pytest

from tests.servers.processes import free_ports, poll

pytestmark = [pytest.mark.server, pytest.mark.timeout(180)]

ROOT = Path(__file__).parents[2]
KOPI, KEDAI = ROOT / "playbooks" / "kopi", ROOT / "tests" / "flows" / "kedai"
APPLY = """
import asyncio, json, sys
from prefect.client.orchestration import get_client
from flows.compile import wanted
from flows.deploy import apply
from remit.playbook import load_playbook

async def main():
    async with get_client() as client:
        said = []
        for path in sys.argv[1:]:
            said.append(await apply(client, wanted(load_playbook(path))))
        print(json.dumps(said))

asyncio.run(main())
"""


@pytest.fixture
def server(tmp_path):
    """A Prefect server that nobody has used, without a worker; its environment and address."""
    (port,) = free_ports(1)
    address = f"http://127.0.0.1:{port}/api"
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PREFECT_")} | {
        "PREFECT_HOME": str(tmp_path / "prefect"),
        "PREFECT_API_URL": address,
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_LOGGING_LEVEL": "ERROR",
    }
    with (tmp_path / "server.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "flows.server", "--host", "127.0.0.1", "--port", str(port)],
            cwd=ROOT,
            env=environment,
            stdout=log,
            stderr=log,
        )

    def healthy():
        try:
            return httpx.get(f"{address}/health", timeout=2).status_code == 200
        except httpx.HTTPError:
            return False

    try:
        poll(healthy, timeout=90)
        yield environment, address
    finally:
        process.terminate()
        process.wait(timeout=30)


def test_the_same_playbook_again_changes_nothing_and_urgent_stays_before_normal(server):
    environment, address = server
    done = subprocess.run(
        [sys.executable, "-c", APPLY, KOPI, KOPI, KEDAI, KOPI, KEDAI],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    first, again, other, after_another, other_again = orjson.loads(done.stdout)
    assert "queue kopi-cm-urgent created" in first
    assert "queue kedai-cm-urgent created" in other
    assert (again, after_another, other_again) == ([], [], [])
    queues = httpx.post(f"{address}/work_pools/remit/queues/filter", json={}).json()
    order = [each["name"] for each in sorted(queues, key=lambda each: each["priority"])]
    served = [name.rpartition("-")[2] for name in order if name != "default"]
    assert "urgent" in served[served.index("normal") - 1 :: -1]
    assert set(served[served.index("normal") :]) == {"normal"}

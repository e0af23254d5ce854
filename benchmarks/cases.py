"""Cases from message to waiting draft, a minute: Remit's worker beside Prefect's process worker.

    python -m benchmarks.cases [--cases 60] [--peer-cases 16] [--rounds 1] [--json]

Each side has a house of its own, fresh: a Prefect server, the sandbox, and the same loops. So many
people write to the brand at once, each in a thread of their own, and the clock runs from the first
message until every case awaits approval. The peer runs the same flow, each run in a process of its own
(`remit up --isolated`); it gets fewer messages, for it takes longer. Where the time goes is printed from
the ledger: until half of the messages were cases, until half of these had a run, until half waited.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from statistics import median

from pydantic import SecretStr

from benchmarks._crowd import SAYINGS
from benchmarks._print import Figure, progress, show
from benchmarks.chaos import ACCOUNT, BRAND, playbook_copy
from integrations.sandbox.control import Sandbox
from remit.cli.up import house
from remit.ledger import Ledger, cases, journal
from remit.model import State

_PATIENCE = 600.0
"""Seconds for all drafts of one side."""


@dataclass(frozen=True)
class Side:
    """What one house did."""

    a_minute: float
    seconds: dict[str, float]
    """Until half of the cases were opened, claimed by a run, and waited."""


async def measure(count: int, home: Path, *, isolated: bool, port: int) -> Side:
    """One side, from an empty home."""
    for name in ("PREFECT_API_URL", "REMIT_SANDBOX_URL", "REMIT_DATABASE_URL"):
        os.environ.pop(name, None)
    os.environ["REMIT_HOME"] = str(home)
    copy = playbook_copy(home / "playbook" / BRAND)
    ports = {"port": port, "sandbox_port": port + 100}
    async with house([copy], **ports, isolated=isolated) as running:
        from flows.desk import close_desk, open_desk

        token = SecretStr(os.environ["REMIT_SANDBOX_TOKEN"])
        async with Sandbox(running.sandbox or "", token) as sandbox:
            desk = await open_desk()
            try:
                chance = random.Random(1)
                began, at = time.monotonic(), desk.now()
                for number in range(count):
                    said = f"@{ACCOUNT} {chance.choice(SAYINGS)}"
                    await sandbox.write(f"orang{number}", said)
                while len(await _waiting(desk.ledger)) < count:
                    if time.monotonic() - began > _PATIENCE:
                        raise SystemExit(f"after {_PATIENCE:.0f} s not every case has its draft")
                    await asyncio.sleep(0.2)
                took = time.monotonic() - began
                lines = [
                    await journal.of_case(desk.ledger, number)
                    for number in await _waiting(desk.ledger)
                ]
                return Side(count * 60 / took, _halves(lines, at))
            finally:
                await close_desk()


async def _waiting(ledger: Ledger) -> list[int]:
    found = await cases.find(ledger, BRAND, states=[State.awaiting_approval])
    return [case.id for case in found]


def _halves(lines: Sequence[Sequence[journal.JournalLine]], began: datetime) -> dict[str, float]:
    kinds = {"opened": "case.opened", "claimed": "case.claimed", "waits": "case.awaiting_approval"}
    return {
        name: median(
            next((each.at - began).total_seconds() for each in case if each.kind == kind)
            for case in lines
        )
        for name, kind in kinds.items()
    }


def apart(count: int, home: Path, *, isolated: bool, port: int) -> Side:
    """One side in a process of its own: Prefect reads where its server is but once."""
    words = ["--cases", str(count), "--port", str(port), "--home", str(home)]
    words += ["--isolated"] if isolated else []
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.cases", *words], stdout=subprocess.PIPE, check=False
    )
    if done.returncode:
        raise SystemExit(f"one side ended with {done.returncode}; its logs were in {home}")
    return Side(**json.loads(done.stdout))


def compare(given: argparse.Namespace, folder: Path) -> list[Figure]:
    ours: list[Side] = []
    peer: list[Side] = []
    for number in range(given.rounds):
        for sides, count, isolated in (
            (ours, given.cases, False),
            (peer, given.peer_cases, True),
        ):
            home = folder / f"{number}-{isolated}"
            side = apart(count, home, isolated=isolated, port=given.port + 10 * isolated)
            sides.append(side)
            halves = ", ".join(f"{name} {at:.1f} s" for name, at in side.seconds.items())
            who = "process worker" if isolated else "Remit"
            progress(f"{who}: {side.a_minute:.1f} cases a minute; half of them {halves}")
    return [
        Figure(
            "cases from message to waiting draft, beside the process worker",
            median(each.a_minute for each in ours),
            "cases/min",
            median(each.a_minute for each in peer),
        )
    ]


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.cases",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--cases", type=int, default=60)
    parser.add_argument("--peer-cases", type=int, default=16)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--port", type=int, default=4230)
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    parser.add_argument("--home", type=Path, help="measure one side alone, in this folder")
    parser.add_argument("--isolated", action="store_true", help="with --home: the process worker")
    given = parser.parse_args()
    if given.home:
        with contextlib.redirect_stdout(sys.stderr):
            measuring = measure(given.cases, given.home, isolated=given.isolated, port=given.port)
            side = asyncio.run(measuring)
        print(json.dumps(asdict(side)))
        return
    folder = Path(tempfile.mkdtemp(prefix="remit-cases-"))
    try:
        show(compare(given, folder), as_json=given.json)
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()

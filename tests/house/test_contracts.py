"""The rules of who may import whom, each seen to fail when it is broken."""

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"][
    "contracts"
]
ROOMS = ["check", "cli", "decide", "draft", "ledger", "measure", "model", "playbook", "signals"]

DOWN = "Imports point down; rooms on one line do not know each other"
PLACE = "Every room of remit has its place: there is no utils"
PURE = "What decides is pure: it touches no network, file, clock loop, log or template"
PREFECT = "Prefect is imported in flows, and late by the command line"
HTTP = "HTTP is spoken in integrations and by draft's model client"
SQL = "SQL is written in the ledger"

BREACHES = [
    ("remit/model/x.py", "import remit.decide", {DOWN, PLACE}),
    ("remit/decide/x.py", "import remit.playbook", {DOWN, PLACE}),
    ("remit/ledger/x.py", "import remit.signals", {DOWN, PLACE}),
    ("remit/measure/x.py", "import integrations", {DOWN}),
    ("integrations/x.py", "import remit.ledger", {DOWN}),
    ("integrations/x.py", "import flows", {DOWN}),
    ("flows/x.py", "import remit.cli", {DOWN}),
    ("remit/gateway/__init__.py", "import flows", {DOWN}),
    ("remit/check/x.py", "import remit.ledger", {DOWN, PLACE}),
    ("remit/utils/__init__.py", "", {PLACE}),
    ("remit/decide/x.py", "import asyncio", {PURE}),
    ("remit/decide/x.py", "def late():\n    import logging", {PURE}),
    ("remit/check/x.py", "import random", {PURE}),
    ("remit/decide/x.py", "import remit.check", {DOWN, PLACE}),
    ("remit/model/x.py", "import yaml", {PURE}),
    ("remit/model/x.py", "from sqlalchemy import orm", {PURE, SQL}),
    ("remit/decide/x.py", "from httpx import Client", {PURE, HTTP}),
    ("remit/ledger/x.py", "import prefect", {PREFECT}),
    ("integrations/x.py", "from prefect.blocks import core", {PREFECT}),
    ("flows/x.py", "import httpx", {HTTP}),
    ("flows/x.py", "import sqlalchemy", {SQL}),
    ("remit/cli/x.py", "import sqlalchemy", {SQL}),
]
ALLOWED = [
    ("flows/x.py", "import prefect, integrations, remit.ledger, remit.measure"),
    ("remit/cli/x.py", "def late():\n    import prefect, flows"),
    ("integrations/x.py", "import httpx, sqlite3, aiosqlite"),
    ("remit/check/x.py", "import remit.decide, pysat.solvers"),
    ("remit/draft/x.py", "import httpx, jinja2"),
    ("remit/ledger/x.py", "import sqlalchemy, alembic, asyncio, remit.decide"),
    ("remit/__main__.py", "import remit.cli"),
]


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """A house with the real rules and empty rooms."""
    packages = ["flows", "integrations", "remit", *(f"remit/{room}" for room in ROOMS)]
    for package in packages:
        (tmp_path / package).mkdir()
        (tmp_path / package / "__init__.py").touch()
    for contract in CONTRACTS:
        for excused in contract.get("ignore_imports", []):
            importer, imported = excused.split(" -> ")
            write(tmp_path, importer.replace(".", "/") + ".py", f"import {imported}")
    (tmp_path / "pyproject.toml").write_text((ROOT / "pyproject.toml").read_text())
    return tmp_path


def write(house: Path, where: str, what: str) -> None:
    file = house / where
    file.parent.mkdir(exist_ok=True)
    file.write_text(what + "\n")


def broken_contracts(house: Path) -> set[str]:
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
    done = subprocess.run(command, cwd=house, capture_output=True, text=True, check=False)
    said = done.stdout + done.stderr
    assert "Contracts: " in said, said
    broken = {name for c in CONTRACTS if f"{(name := c['name'])} BROKEN" in said}
    assert bool(broken) == bool(done.returncode), said
    return broken


@pytest.mark.parametrize(("where", "what", "breaks"), BREACHES)
def test_a_forbidden_import_breaks_its_contract(house, where, what, breaks):
    write(house, where, what)
    assert broken_contracts(house) == breaks


def test_imports_that_a_room_needs_break_nothing(house):
    for where, what in ALLOWED:
        write(house, where, what)
    assert broken_contracts(house) == set()


def test_every_contract_is_seen_to_fail():
    assert {c["name"] for c in CONTRACTS} == set().union(*(breaks for _, _, breaks in BREACHES))


def test_a_room_that_arrives_is_named_in_the_contracts():
    """import-linter refuses to name a room that does not exist yet, so this asks for it."""
    rooms = {f"remit.{init.parent.name}" for init in (ROOT / "remit").glob("*/__init__.py")}
    exempt = {
        PURE: rooms - {"remit.model", "remit.decide", "remit.check"},
        PREFECT: {"remit.cli"},
        HTTP: {"remit.draft", "remit.gateway"},
        SQL: {"remit.ledger"},
    }
    for contract in CONTRACTS:
        if contract["type"] == "forbidden":
            missing = rooms - exempt[contract["name"]] - set(contract["source_modules"])
            assert not missing, f"add to source_modules of {contract['name']!r}: {sorted(missing)}"

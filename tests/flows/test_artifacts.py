"""Pages in Prefect: one a case, updated and not multiplied, and without a word once it is closed.

The first tests speak to a small stand-in for the server's artifacts; the last one to a real server,
in whose database nothing of what a page said may be left.
"""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
import pytest_asyncio
from prefect.client.orchestration import PrefectClient

from flows import artifacts
from flows.desk import Desk
from flows.listen import poll
from flows.pages import case_key, find, slug, today_key
from remit.ledger import Ledger, absences, bundles, cases, ingest
from remit.model import Arrival, Author, Event, Playbook
from remit.playbook import load_playbook, read_bundle
from tests.flows.killed_stage import BRAND, CHANNEL, HERE

NOW = datetime(2027, 3, 1, 5, tzinfo=UTC)
"""A Monday noon in Jakarta."""
WORDS = "pesananku belum datang CANARY-7b2"
HANDLE = "galih-CANARY-7b2"


class Artifacts:
    """What Prefect's server does with artifacts, and how often it was asked to."""

    def __init__(self) -> None:
        self.kept: dict[str, dict[str, Any]] = {}
        self.created: list[dict[str, Any]] = []
        self.writes = 0
        self.clock = NOW

    def __call__(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path.removeprefix("/api")
        body = json.loads(request.content) if request.content else {}
        if path == "/artifacts/filter":
            return httpx.Response(200, json=self._find(body))
        if path == "/artifacts/":
            return self._create(body)
        if path.startswith("/artifacts/"):
            return self._change(request.method, path.rsplit("/", 1)[1], body)
        return httpx.Response(404, json={"detail": "Not found."})

    def _find(self, asked: dict[str, Any]) -> list[dict[str, Any]]:
        chosen = asked["artifacts"]["key"]
        keys = chosen.get("any_")
        found = [
            each
            for each in reversed(self.kept.values())
            if (each["key"] in keys if keys else chosen["like_"] in each["key"])
        ]
        return found[asked["offset"] : asked["offset"] + asked["limit"]]

    def _create(self, given: dict[str, Any]) -> httpx.Response:
        self.writes += 1
        self.created.append(given)
        number = str(uuid4())
        times = {"created": self.clock.isoformat(), "updated": self.clock.isoformat()}
        self.kept[number] = {"id": number, "metadata_": None, **times, **given}
        return httpx.Response(201, json=self.kept[number])

    def _change(self, method: str, number: str, given: dict[str, Any]) -> httpx.Response:
        self.writes += 1
        if number not in self.kept:
            return httpx.Response(404, json={"detail": "Artifact not found."})
        if method == "DELETE":
            del self.kept[number]
        else:
            self.kept[number] |= {**given, "updated": self.clock.isoformat()}
        return httpx.Response(204)

    def pages(self, begins: str) -> list[dict[str, Any]]:
        return [each for each in self.kept.values() if each["key"].startswith(begins)]

    def only(self, key: str) -> dict[str, Any]:
        (page,) = [each for each in self.kept.values() if each["key"] == key]
        return page


class At(Desk):
    """A desk at a given time."""

    time = NOW

    def now(self) -> datetime:
        return self.time


@pytest.fixture
def server() -> Artifacts:
    return Artifacts()


@pytest_asyncio.fixture
async def client(server):
    transport = httpx.MockTransport(server)
    settings = {"transport": transport}
    async with PrefectClient("http://prefect.test/api", httpx_settings=settings) as client:
        yield client


@pytest.fixture
def playbook() -> Playbook:
    return load_playbook(HERE / BRAND)


@pytest_asyncio.fixture
async def desk(tmp_path, playbook):
    desk = At(await Ledger.open(f"sqlite:///{tmp_path / 'ledger.db'}"))
    await bundles.keep(desk.ledger, read_bundle(HERE / BRAND), BRAND, NOW)
    await bundles.deploy(desk.ledger, BRAND, playbook.hash, NOW)
    yield desk
    await desk.close()


async def hear(desk: Desk, playbook: Playbook, *messages: str, text: str = WORDS) -> list[int]:
    """Messages of an author each come in; the numbers of the cases that they open."""
    arrivals = [
        Arrival(
            event=Event(
                id=message,
                kind="conversation.comment",
                platform="sandbox",
                channel=CHANNEL,
                thread=message,
                time=desk.now(),
                text=text,
                author=Author(id=f"id-{message}", handle=HANDLE),
            ),
            revision="1",
            url=f"https://net.example/{message}",
        )
        for message in messages
    ]
    router = await desk.router(playbook)
    done = await ingest.ingest(
        desk.ledger, playbook, router, arrivals, channel=CHANNEL, now=desk.now()
    )
    return list(done.opened)


async def test_a_case_has_one_page_which_is_updated(server, client, desk, playbook):
    (number,) = await hear(desk, playbook, "m1")
    await artifacts.refresh(desk, client, playbook)
    first = dict(server.only(case_key(BRAND, number)))
    assert "pesananku belum datang CANARY\\-7b2" in first["data"]
    assert "(https://net.example/m1)" in first["data"]
    assert first["description"] == f"03-01 13:00 · cm · sandbox · said · case {number} · answer"
    await cases.acknowledge(desk.ledger, number, "sari", "cli", NOW)
    await artifacts.refresh(desk, client, playbook)
    second = server.only(case_key(BRAND, number))
    assert second["id"] == first["id"]
    assert "| who has it | Sari" in second["data"]
    assert "| who has it | — |" in first["data"]


async def test_what_a_page_says_is_not_in_its_creation(server, client, desk, playbook):
    """The server keeps an event of each creation, with all of it."""
    await hear(desk, playbook, "m1")
    await artifacts.refresh(desk, client, playbook)
    assert len(server.created) == 1 + len(playbook.roles)
    assert "CANARY" not in json.dumps(server.created)


async def test_where_nothing_changed_nothing_is_written(server, client, desk, playbook):
    await hear(desk, playbook, "m1", "m2")
    await artifacts.refresh(desk, client, playbook)
    before = server.writes
    await artifacts.refresh(desk, client, playbook)
    desk.time = NOW + timedelta(minutes=5)
    await artifacts.refresh(desk, client, playbook)
    assert server.writes == before
    # Nor by a worker that has just started, and has to ask what there is.
    other = At(desk.ledger)
    await artifacts.refresh(other, client, playbook)
    assert server.writes == before


async def test_the_hour_alone_changes_a_page(server, client, desk, playbook):
    (number,) = await hear(desk, playbook, "m1")
    await artifacts.refresh(desk, client, playbook)
    assert "overdue" not in server.only(case_key(BRAND, number))["data"]
    desk.time = NOW + timedelta(hours=1, seconds=1)
    await artifacts.refresh(desk, client, playbook)
    assert (
        "| answer due | **03-01 13:00, overdue** |" in server.only(case_key(BRAND, number))["data"]
    )
    assert server.only(today_key(BRAND, "cm"))["description"].startswith("**1 breached**")


async def test_a_closed_case_leaves_a_line_and_no_word(server, client, desk, playbook):
    (number,) = await hear(desk, playbook, "m1")
    await artifacts.refresh(desk, client, playbook)
    assert "CANARY" in json.dumps(server.pages("case-"))
    await cases.resolve(desk.ledger, number, "sari", "settled", "cli", NOW)
    await artifacts.refresh(desk, client, playbook)
    assert server.only(case_key(BRAND, number))["data"].startswith(f"Case {number} is closed")
    assert server.only(case_key(BRAND, number))["description"] == "closed"
    assert "CANARY" not in json.dumps(server.kept)


async def test_a_case_that_closed_while_nobody_worked_is_forgotten_by_the_next(
    server, client, desk, playbook
):
    (number,) = await hear(desk, playbook, "m1")
    await artifacts.refresh(desk, client, playbook)
    await cases.resolve(desk.ledger, number, "sari", "settled", "cli", NOW)
    await artifacts.refresh(At(desk.ledger), client, playbook)
    assert "CANARY" not in json.dumps(server.kept)


async def test_a_page_that_two_workers_made_is_one_again(server, client, desk, playbook):
    (number,) = await hear(desk, playbook, "m1")
    await artifacts.refresh(desk, client, playbook)
    (page,) = server.pages("case-")
    twin = str(uuid4())
    server.kept[twin] = {**page, "id": twin}
    await artifacts.refresh(At(desk.ledger), client, playbook)
    assert [each["id"] for each in server.pages("case-")] == [twin]
    # Where it closes before anybody notices, both lose their words.
    server.kept[page["id"]] = page
    await cases.resolve(desk.ledger, number, "sari", "settled", "cli", NOW)
    await artifacts.refresh(desk, client, playbook)
    assert "CANARY" not in json.dumps(server.kept)


async def test_a_page_that_somebody_deleted_comes_back_when_it_changes(
    server, client, desk, playbook
):
    (number,) = await hear(desk, playbook, "m1")
    await artifacts.refresh(desk, client, playbook)
    server.kept.clear()
    await cases.acknowledge(desk.ledger, number, "sari", "cli", NOW)
    await artifacts.refresh(desk, client, playbook)
    assert "| who has it | Sari" in server.only(case_key(BRAND, number))["data"]


async def test_a_round_writes_so_many_and_the_next_go_on(server, client, desk, playbook):
    many = artifacts.AT_ONCE + 5
    numbers = await hear(desk, playbook, *(f"m{each}" for each in range(many)))
    assert len(numbers) == many
    await artifacts.refresh(desk, client, playbook)
    assert len(server.pages("case-")) == artifacts.AT_ONCE
    await artifacts.refresh(desk, client, playbook)
    assert len(server.pages("case-")) == many


async def test_a_page_says_who_is_on_leave(server, client, desk, playbook):
    (number,) = await hear(desk, playbook, "m1")
    await artifacts.refresh(desk, client, playbook)
    assert "on leave" not in server.only(case_key(BRAND, number))["data"]
    day = NOW.date()
    await absences.record(
        desk.ledger, BRAND, "sari", day, day, cover=None, by="ratna", now=desk.now()
    )
    await artifacts.refresh(desk, client, playbook)
    assert "Sari (cm, on leave)" in server.only(case_key(BRAND, number))["data"]


async def test_the_line_of_a_case_goes_after_a_month(server, client, desk, playbook):
    (number,) = await hear(desk, playbook, "m1")
    await artifacts.refresh(desk, client, playbook)
    await cases.resolve(desk.ledger, number, "sari", "settled", "cli", NOW)
    await artifacts.refresh(desk, client, playbook)
    desk.time = NOW + artifacts.KEPT - timedelta(hours=1)
    await artifacts.refresh(desk, client, playbook)
    assert len(server.pages("case-")) == 1
    desk.time = NOW + artifacts.KEPT + timedelta(hours=2)
    await artifacts.refresh(desk, client, playbook)
    assert server.pages("case-") == []


async def test_a_day_is_written_once_a_minute_and_has_no_word_of_anybody(
    server, client, desk, playbook
):
    await artifacts.refresh(desk, client, playbook)
    key = today_key(BRAND, "cm")
    assert "0 open" in server.only(key)["description"]
    (number,) = await hear(desk, playbook, "m1")
    desk.time = NOW + timedelta(seconds=59)
    await artifacts.refresh(desk, client, playbook)
    assert "0 open" in server.only(key)["description"]
    desk.time = NOW + timedelta(seconds=60)
    await artifacts.refresh(desk, client, playbook)
    page = server.only(case_key(BRAND, number))
    assert f"[{number}](" in server.only(key)["data"]
    assert f"/artifacts/artifact/{page['id']})" in server.only(key)["data"]
    assert server.only(key)["description"].startswith("0 breached · 0 due soon · 1 open")
    assert "CANARY" not in json.dumps(server.pages("today-"))


async def test_the_pages_of_a_brand_whose_name_goes_on_are_left_alone(
    server, client, desk, playbook
):
    foreign = {"id": str(uuid4()), "key": f"case-{BRAND}-jkt-1", "data": "x", "metadata_": None}
    server.kept[foreign["id"]] = foreign
    await artifacts.refresh(desk, client, playbook)
    assert server.only(foreign["key"]) == foreign


@pytest.mark.parametrize(
    ("name", "slugged"), [("kopi", "kopi"), ("Kopi_Nusa", "kopi-nusa"), ("a--b", "a-b")]
)
def test_a_key_has_only_what_prefect_takes(name, slugged):
    assert slug(name) == slugged


@pytest.mark.server
@pytest.mark.slow
async def test_on_a_real_server_nothing_of_a_closed_case_is_left(stage):
    desk, client = stage.desk, stage.client
    playbook = await desk.deployed(BRAND)
    message = await stage.sandbox.write(HANDLE.lower(), f"@{BRAND} {WORDS}")
    env = stage.house.env
    with pytest.MonkeyPatch.context() as patch:
        for name in ("REMIT_SANDBOX_URL", "REMIT_SANDBOX_TOKEN"):
            patch.setenv(name, env[name])
        await poll(desk, playbook, CHANNEL)
        await (await desk.platform(playbook, CHANNEL)).close()
    case = await stage.case_of(message)
    key = case_key(BRAND, case.id)
    await artifacts.refresh(desk, client, playbook)
    await cases.acknowledge(desk.ledger, case.id, "sari", "cli", desk.now())
    await artifacts.refresh(desk, client, playbook)
    (page,) = await find(client, key=key)
    assert "CANARY" in str(page.data)
    assert "| who has it | Sari" in str(page.data)
    assert "artifact" in _tables_with(stage.house.home, "CANARY")
    await cases.resolve(desk.ledger, case.id, "sari", "settled", "cli", desk.now())
    await artifacts.refresh(desk, client, playbook)
    (left,) = await find(client, key=key)
    assert left.id == page.id
    assert _tables_with(stage.house.home, "CANARY") == set()


def _tables_with(home: Path, word: str) -> set[str]:
    """The tables of Prefect's database with a row that holds the word."""
    path = home / "prefect" / "prefect.db"
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=30)) as database:
        names = database.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        return {
            name
            for (name,) in names
            if word in repr(database.execute(f'SELECT * FROM "{name}"').fetchall())
        }

"""The road of a day in a terminal: list, look, decide."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
import pytest_asyncio

from flows.desk import Desk
from remit.cli.caseview import quoted
from remit.decide.owed import owed
from remit.ledger import Ledger, bundles, cases, drafts
from remit.ledger.ingest import ingest
from remit.model import Arrival, Author, Event
from remit.playbook import read_bundle

REMIT = Path(sys.executable).with_name("remit")
PLAYBOOK = """\
remit: 1
brand: warung
timezone: Asia/Jakarta
languages: [id]
people: {sari: {name: Sari}, bayu: {name: Bayu}, dewi: {name: Dewi}}
roles:
  cm: {title: Community Manager, people: [sari, bayu]}
  smm: {title: Social Media Manager, people: [dewi]}
channels:
  toko: {platform: sandbox, account: warung, credentials: env:REMIT_SANDBOX_TOKEN}
topics: {refund: [balikin], collab: [kolaborasi]}
rules:
  - id: refund
    when: {kind: conversation, topic: refund}
    owner: cm
    play: reply
    severity: high
    due: {first_response: 1h, resolution: 9d, clock: calendar}
  - id: collab
    when: {kind: conversation, topic: collab}
    owner: smm
    play: reply
    due: {first_response: 4d, clock: calendar}
  - {id: said, when: {kind: conversation}, owner: cm, play: reply}
otherwise: {owner: cm, play: log, because: nobody is asked}
approvals: {replies: {by: [cm, smm]}}
defaults: {reply: {approval: replies}}
grouping: {by: author_in_thread, within: 24h}
"""
HOSTILE = "balikin duitnya \x1b[2J\u202ekcis\u2066 <b>\x07"


@pytest.fixture
def home(environment, tmp_path) -> Path:
    folder = tmp_path / "warung"
    folder.mkdir()
    (folder / "playbook.yaml").write_text(PLAYBOOK)
    made = Path(environment["REMIT_HOME"])
    made.mkdir()
    return made


@pytest_asyncio.fixture
async def desk(home, tmp_path):
    ledger = await Ledger.open(f"sqlite:///{home}/ledger.db")
    desk = Desk(ledger)
    bundle = read_bundle(tmp_path / "warung")
    await bundles.keep(ledger, bundle, "warung", desk.now())
    await bundles.deploy(ledger, "warung", bundle.hash, desk.now())
    yield desk
    await ledger.close()


@pytest_asyncio.fixture
async def known(desk) -> dict[str, int]:
    """By what it is called here: the number of a case."""
    playbook = await desk.deployed("warung")
    router = await desk.router(playbook)
    now = desk.now()
    numbers = {}
    for name, text, ago in (
        ("late", HOSTILE, timedelta(hours=2)),
        ("soon", "balikin dong", timedelta(minutes=55)),
        ("collab", "mau kolaborasi", timedelta(hours=1)),
        ("plain", "halo", timedelta(hours=1)),
    ):
        arrival = Arrival(
            event=Event(
                id=name,
                kind="conversation.comment",
                platform="sandbox",
                channel="toko",
                thread=name,
                time=now - ago,
                text=text,
                author=Author(id=f"id-{name}", handle=f"tamu-{name}\u202e"),
            ),
            revision="1",
            url=f"https://net.example/{name}",
        )
        done = await ingest(desk.ledger, playbook, router, [arrival], channel="toko", now=now)
        (numbers[name],) = done.opened
    return numbers


@pytest.fixture
def listed(remit):
    """The numbers of the cases that are listed, from the top."""

    def run(*words: str) -> list[int]:
        done = remit("cases", *words, "--format", "json")
        assert (done.returncode, done.stderr) == (0, "")
        return [each["id"] for each in json.loads(done.stdout)]

    return run


async def test_what_is_due_first_stands_on_top(known, listed):
    assert listed() == [known[name] for name in ("late", "soon", "collab", "plain")]


async def test_the_list_is_filtered(desk, known, listed):
    await cases.acknowledge(desk.ledger, known["collab"], "dewi", "cli", desk.now())
    await cases.resolve(desk.ledger, known["plain"], "sari", "", "cli", desk.now())
    late, soon, collab = (known[name] for name in ("late", "soon", "collab"))
    assert listed("--role", "cm") == [late, soon]
    assert listed("--person", "dewi") == [collab]
    assert listed("--topic", "refund") == [late, soon]
    assert listed("--severity", "high") == [late, soon]
    assert listed("--state", "acknowledged") == [collab]
    assert listed("--state", "resolved") == [known["plain"]]
    assert listed("--due", "overdue") == [late]
    assert listed("--due", "soon") == [soon]
    assert listed("--waiting") == []
    assert listed("--all")[-1] == known["plain"]
    assert listed("--role", "cm", "--topic", "collab") == []


async def test_a_day_is_the_brands_own(desk, known, listed):
    case = await cases.get(desk.ledger, known["collab"])
    due = owed(case)
    assert due is not None
    # Jakarta is seven hours ahead of UTC.
    day = (due.at + timedelta(hours=7)).date()
    assert listed("--due", day.isoformat()) == [case.id]
    assert listed("--due", (day + timedelta(days=1)).isoformat()) == []
    assert known["late"] in listed("--due", "today")
    assert case.id not in listed("--due", "today")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--role", "ceo"], "the playbook of warung has no role 'ceo'; choose cm, smm"),
        (["--person", "mallory"], "no person 'mallory'; choose sari, bayu, dewi"),
        (["--topic", "weather"], "no topic 'weather'; choose refund, collab"),
        (["--state", "asleep"], "no state 'asleep'; choose open, acknowledged"),
        (["--severity", "huge"], "no severity 'huge'; choose low, normal, high, critical"),
        (["--due", "tomorrow"], "write today, soon, overdue or a day like 2027-03-01"),
        (["--due", "2027-02-30"], "--due is '2027-02-30'"),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else "",
)
async def test_a_filter_that_there_is_not_is_refused_with_the_choices(known, refused, words, said):
    assert said in refused("cases", *words)


async def test_the_table_says_who_has_what_and_ends_with_counts(desk, known, remit):
    await cases.acknowledge(desk.ledger, known["soon"], "sari", "cli", desk.now())
    done = remit("cases")
    assert (done.returncode, done.stderr) == (0, "")
    rows = {
        int(cells[3]): cells
        for line in done.stdout.splitlines()
        if (cells := [cell.strip() for cell in line.split("│")])[3:4] and cells[3].isdigit()
    }
    assert rows[known["late"]][2] == "breached"
    assert rows[known["soon"]][6].startswith("sari")
    assert rows[known["collab"]][5] == "smm"
    assert "4 cases: 1 breached, 1 due soon, 2 open; cm 3, smm 1" in done.stdout
    assert f"remit case {known['late']}" in done.stdout


async def test_an_empty_list_is_said_to_be_empty(desk, remit):
    assert "No case." in remit("cases").stdout


async def test_a_case_is_shown_whole_and_nothing_of_it_moves_the_cursor(desk, known, remit):
    number = known["late"]
    await draft(desk, number)
    done = remit("case", str(number))
    assert (done.returncode, done.stderr) == (0, "")
    shown = done.stdout
    assert all(line.isprintable() for line in shown.splitlines())
    assert r"    | balikin duitnya \x1b[2J\u202ekcis\u2066 <b>\x07" in shown
    assert r"tamu-late\u202e" in shown
    assert "https://net.example/late" in shown
    assert "OVERDUE" in shown
    assert "    | Halo kak." in shown
    assert f"remit decide {number} edit --as PERSON" in shown
    assert "refund: matched" in shown


async def test_a_case_is_whole_for_machines_and_safe_for_a_terminal(desk, known, remit):
    number = known["late"]
    await draft(desk, number)
    done = remit("case", str(number), "--format", "json")
    assert all(line.isprintable() for line in done.stdout.splitlines())
    case = json.loads(done.stdout)
    assert case["messages"][0]["text"] == HOSTILE
    assert case["case"]["id"] == number
    assert (case["due"]["what"], case["standing"]) == ("answer", "breached")
    assert case["draft"]["text"] == "Halo kak."
    assert {name: case["trace"][0][name] for name in ("rule", "matched")} == {
        "rule": "refund",
        "matched": True,
    }


async def test_a_closed_case_offers_no_decision(desk, known, remit):
    await cases.resolve(desk.ledger, known["plain"], "sari", "", "cli", desk.now())
    assert "From here" not in remit("case", str(known["plain"])).stdout


async def test_a_case_that_there_is_not_is_said_so(desk, refused):
    assert "no case 77" in refused("case", "77")


def test_the_road_is_in_the_help(remit):
    said = " ".join(remit("cases", "--help").stdout.split())
    assert "remit case 12" in said
    assert "remit decide 12 approve --as sari" in said


async def test_an_edit_that_is_piped_asks_for_its_text(known, refused):
    said = refused("decide", str(known["late"]), "edit", "--as", "sari")
    assert "no terminal to edit it on: add --text" in said


@pytest.mark.parametrize(
    ("editor", "said"),
    [
        ("echo Halo Galih. >", "approved"),
        ("true", "the text was not saved, and nothing was decided"),
        ("touch -d 2099-01-01", "the text is as it was"),
        ("echo >", "the text is empty"),
        ("false", "the editor did not work"),
    ],
)
async def test_an_edit_opens_the_draft_in_the_persons_editor(
    desk, known, environment, tmp_path, editor, said
):
    number = known["late"]
    await draft(desk, number)
    script = tmp_path / "editor"
    script.write_text(f'#!/bin/sh\ngrep -q "Halo kak." "$1" && {editor} "$1"\n')
    script.chmod(0o755)
    shown = on_a_terminal(
        [str(REMIT), "decide", str(number), "edit", "--as", "sari"],
        environment | {"EDITOR": str(script), "VISUAL": ""},
    )
    assert "Traceback" not in shown
    case = await cases.get(desk.ledger, number)
    if said == "approved":
        assert case.draft is not None
        assert (await drafts.get(desk.ledger, case.draft)).text == "Halo Galih."
    else:
        assert said in " ".join(shown.split())
        assert case.draft is not None
        assert (await drafts.get(desk.ledger, case.draft)).text == "Halo kak."


def on_a_terminal(command: list[str], env: dict[str, str]) -> str:
    """What a command says to somebody at a terminal."""
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        command, env=env, stdin=theirs, stdout=theirs, stderr=theirs, close_fds=True
    ) as process:
        os.close(theirs)
        said = b""
        try:
            while read := os.read(ours, 4096):
                said += read
        except OSError:  # the other end is closed
            pass
        process.wait(60)
    os.close(ours)
    return said.decode(errors="replace")


async def draft(desk: Desk, number: int) -> None:
    """A draft of run-1 that waits for a decision."""
    lease, now = timedelta(minutes=2), desk.now()
    await cases.claim(desk.ledger, number, 1, "run-1", now, lease)
    made = await drafts.save(
        desk.ledger,
        number,
        "run-1",
        text="Halo kak.",
        language="id",
        destination="toko late",
        template=None,
        now=now,
        lease=lease,
    )
    await drafts.await_approval(desk.ledger, number, "run-1", made.id, now, lease, None)


def test_a_long_line_is_wrapped_behind_its_bar():
    lines = list(quoted("kata " * 60))
    assert len(lines) > 2
    assert all(line.startswith("    | ") for line in lines)
    assert list(quoted("")) == ["    |"]

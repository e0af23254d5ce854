"""Holds and storms as a person sees and settles them in the terminal."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
import pytest_asyncio

from flows.desk import Desk
from remit.ledger import Ledger, bundles
from remit.ledger.ingest import ingest
from remit.model import Arrival, Author, Event
from remit.playbook import load_playbook, read_bundle

ASKING = 45
"""People who want their money back within a minute."""


@pytest_asyncio.fixture
async def sore(environment, kopi):
    """The sample brand after a bad minute: somebody fell ill, and many want their money back."""
    ledger = await Ledger.open(f"sqlite:///{environment['REMIT_HOME']}/ledger.db")
    desk = Desk(ledger)
    bundle, playbook = read_bundle(kopi), load_playbook(kopi)
    now = desk.now()
    await bundles.keep(ledger, bundle, playbook.brand, now)
    await bundles.deploy(ledger, playbook.brand, bundle.hash, now)
    said = [("halo", timedelta(hours=3)), ("anak saya keracunan kopi", timedelta(minutes=2))]
    said += [("balikin duit gue", timedelta(seconds=ASKING - n)) for n in range(ASKING)]
    came = [
        Arrival(
            event=Event(
                id=f"m{number}",
                kind="conversation.comment",
                platform="sandbox",
                channel="toko",
                time=now - ago,
                text=text,
                language="id",
                author=Author(id=f"p{number}", handle=f"p{number}"),
            )
        )
        for number, (text, ago) in enumerate(said)
    ]
    router = await desk.router(playbook)
    await ingest(ledger, playbook, router, came, channel="toko", now=now)
    await ledger.close()


@pytest.mark.usefixtures("sore")
def test_a_hold_is_seen_confirmed_and_dropped(remit, refused):
    listed = remit("hold")
    assert listed.returncode == 0, listed.stderr
    assert "smm" in listed.stdout
    [held] = json.loads(remit("hold", "--role", "smm", "--format", "json").stdout)
    assert (held["role"], held["owner"], held["confirmed_by"]) == ("smm", "cm", None)
    number = str(held["id"])

    assert "say either --confirm or --drop" in refused("hold", number)
    assert "--as PERSON" in refused("hold", number, "--confirm")
    own = refused("hold", number, "--drop", "--as", "dewi", "--reason", "we want to post")
    assert own == (
        "remit: dewi may not drop this hold, and nothing was changed; "
        "ask Sari W. or Bayu P. or Ratna S.\n"
    )
    assert remit("hold", number, "--confirm", "--as", "dewi").stdout == (
        f"Hold {number} stays: dewi has confirmed that smm waits.\n"
    )
    assert "dewi" in remit("hold").stdout
    assert "say why" in refused("hold", number, "--drop", "--as", "sari")
    dropped = remit("hold", number, "--drop", "--as", "sari", "--reason", "a song title")
    assert dropped.stdout.startswith(f"Hold {number} is dropped; smm may post again.")
    assert remit("hold").stdout == "No hold is on.\n"
    again = refused("hold", number, "--drop", "--as", "sari", "--reason", "a song title")
    assert again == f"remit: hold {number} is over (dropped by sari)\n"
    assert "lists those that are on" in refused("hold", "99", "--confirm", "--as", "sari")


@pytest.mark.usefixtures("sore")
def test_a_storm_is_seen_with_whoever_is_unanswered(remit, refused):
    listed = remit("storms")
    assert listed.returncode == 0, listed.stderr
    assert "Storm 1: topic refund" in listed.stdout
    assert "where 1.0 are usual" in listed.stdout
    assert f"{ASKING} cases: 0 answered, 0 closed without an answer" in listed.stdout
    assert "and 25 more: remit storm 1 --format json" in listed.stdout
    [storm] = json.loads(remit("storms", "--format", "json").stdout)
    assert (storm["topic"], storm["members"], storm["rate"]) == ("refund", ASKING, ASKING)
    assert len(storm["unanswered"]) == len(storm["waiting"]) == ASKING
    assert json.loads(remit("storm", "1", "--format", "json").stdout) == storm

    assert "--as PERSON" in refused("storm", "1", "--answer")
    early = refused("storm", "1", "--answer", "--as", "sari")
    assert early == (
        f"remit: storm 1 has no approved words yet; decide on case {storm['case']} first\n"
    )
    assert "no person 'nobody'" in refused("storm", "1", "--answer", "--as", "nobody")
    assert refused("storm", "7") == (
        "remit: there is no storm 7; `remit storms --all` lists those there were\n"
    )


def test_a_playbook_has_to_be_in_force_first(refused):
    for words in (["hold"], ["storms"]):
        assert "no playbook is deployed here" in refused(*words)

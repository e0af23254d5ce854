"""One-time codes by command: made once, asked for, and never seen again."""

from __future__ import annotations

import stat
from datetime import timedelta
from pathlib import Path

import pyotp
import pytest
import pytest_asyncio

from flows.desk import Desk
from remit.decide import Router
from remit.ledger import Ledger, bundles, cases, drafts
from remit.ledger.ingest import ingest
from remit.model import Arrival, Author, Event
from remit.playbook import load_playbook, read_bundle

LEASE = timedelta(minutes=5)
PLAYBOOK = """\
remit: 1
brand: kopi
timezone: Asia/Jakarta
languages: [en]
people: {sari: {name: Sari W.}, ratna: {name: Ratna S.}}
roles:
  cm: {title: Community Manager, people: [sari]}
  lead: {title: Head of Brand, people: [ratna]}
channels: {toko: {platform: sandbox, mode: live}}
rules: [{id: question, when: {}, owner: cm, play: reply, approval: statements}]
approvals: {statements: {by: [lead], identity: verified}}
"""


@pytest.fixture
def home(environment):
    made = Path(environment["REMIT_HOME"])
    made.mkdir()
    return made


@pytest_asyncio.fixture
async def waiting(home, tmp_path):
    """The number of a case whose draft waits for ratna's yes."""
    folder = tmp_path / "kopi"
    folder.mkdir()
    (folder / "playbook.yaml").write_text(PLAYBOOK)
    ledger = await Ledger.open(f"sqlite:///{home}/ledger.db")
    desk = Desk(ledger)
    bundle, playbook = read_bundle(folder), load_playbook(folder)
    now = desk.now()
    await bundles.keep(ledger, bundle, playbook.brand, now)
    await bundles.deploy(ledger, playbook.brand, bundle.hash, now)
    event = Event(
        id="1",
        kind="conversation.comment",
        platform="sandbox",
        channel="toko",
        time=now,
        text="halo",
        author=Author(id="tia", handle="tia"),
    )
    came = [Arrival(event=event, revision="1")]
    done = await ingest(ledger, playbook, Router(playbook), came, channel="toko", now=now)
    (number,) = done.opened
    await cases.claim(ledger, number, 1, "run-1", now, LEASE)
    draft = await drafts.save(
        ledger,
        number,
        "run-1",
        text="Hello!",
        language="en",
        destination="toko 1",
        template=None,
        now=now,
        lease=LEASE,
    )
    await drafts.await_approval(ledger, number, "run-1", draft.id, now, LEASE, None)
    await ledger.close()
    return number


def authenticator(said: str) -> pyotp.TOTP:
    (address,) = [line for line in said.splitlines() if line.startswith("otpauth://")]
    made = pyotp.parse_uri(address)
    assert isinstance(made, pyotp.TOTP)
    assert (made.name, made.issuer) == ("Ratna S.", "Remit kopi")
    return made


def test_a_person_is_given_codes_once_and_approves_with_one(waiting, remit, refused, environment):
    first = remit("enrol", "ratna")
    assert (first.returncode, first.stderr) == (0, "")
    assert "authenticator" in first.stdout
    totp = authenticator(first.stdout)
    again = refused("enrol", "ratna")
    assert "--again" in again
    assert totp.secret not in again

    number = str(waiting)
    assert "one-time code" in refused("decide", number, "approve", "--as", "ratna")
    wrong = "000000" if totp.now() != "000000" else "000001"
    said = refused("decide", number, "approve", "--as", "ratna", "--code", wrong)
    assert said.startswith("remit: This is not your one-time code")
    environment["REMIT_CODE"] = totp.now()
    done = remit("decide", number, "approve", "--as", "ratna")
    assert (done.returncode, done.stdout) == (0, f"Case {number}: approved.\n")


def test_new_codes_replace_those_of_a_lost_device(waiting, remit, refused):
    old = authenticator(remit("enrol", "ratna").stdout)
    said = remit("enrol", "ratna", "--again").stdout
    assert "worth nothing" in said
    new = authenticator(said)
    number = str(waiting)
    spent = refused("decide", number, "approve", "--as", "ratna", "--code", old.now())
    assert "not your one-time code" in spent
    assert remit("decide", number, "approve", "--as", "ratna", "--code", new.now()).returncode == 0


def test_a_person_who_is_not_in_the_playbook_gets_none(waiting, refused):
    said = refused("enrol", "mallory")
    assert said == "remit: the playbook has no person 'mallory'; it has sari, ratna\n"


def test_a_key_is_made_where_none_is_given_and_only_its_owner_reads_it(waiting, remit, home):
    assert remit("enrol", "ratna").returncode == 0
    kept = home / "secrets" / "enrol.key"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert len(kept.read_text()) >= 32
    before = kept.read_text()
    assert remit("enrol", "sari").returncode == 0
    assert kept.read_text() == before


def test_a_key_from_outside_is_used_and_no_other_opens_what_it_closed(
    waiting, remit, refused, environment, home, tmp_path
):
    environment["REMIT_ENROL_KEY"] = "k" * 31
    assert "32 or more" in refused("enrol", "ratna")
    environment["REMIT_ENROL_KEY"] = "a key that nobody guesses, long enough"
    totp = authenticator(remit("enrol", "ratna").stdout)
    assert not (home / "secrets" / "enrol.key").exists()
    del environment["REMIT_ENROL_KEY"]
    number = str(waiting)
    said = refused("decide", number, "approve", "--as", "ratna", "--code", totp.now())
    assert "REMIT_ENROL_KEY" in said
    file = tmp_path / "key"
    file.write_text("a key that nobody guesses, long enough\n")
    environment["REMIT_ENROL_KEY_FILE"] = str(file)
    assert remit("decide", number, "approve", "--as", "ratna", "--code", totp.now()).returncode == 0


def test_a_rejection_without_a_reason_is_refused(waiting, refused, remit):
    number = str(waiting)
    assert "needs its reason" in refused("decide", number, "reject", "--as", "sari")
    done = remit("decide", number, "reject", "--as", "sari", "--reason", "too cold")
    assert done.returncode == 0

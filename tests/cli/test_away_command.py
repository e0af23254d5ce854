"""remit away: leave as people record, read and withdraw it, and what a check makes of it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import pytest_asyncio

from flows.desk import Desk
from remit.cli.away import read_days
from remit.ledger import Ledger, bundles
from remit.model import InputError
from remit.playbook import load_playbook, read_bundle

PLAYBOOK = """\
remit: 1
brand: warung
timezone: Asia/Jakarta
people: {sari: {name: Sari}, bayu: {name: Bayu}, dewi: {name: Dewi}}
roles:
  cm: {title: Community Manager, people: [sari, bayu]}
  smm: {title: Social Media Manager, people: [dewi]}
rules:
  - {id: all, when: {}, owner: smm, severity: high, play: reply}
approvals: {replies: {by: [smm]}}
defaults: {reply: {approval: replies}}
"""


@pytest.fixture
def folder(tmp_path):
    made = tmp_path / "warung"
    made.mkdir()
    (made / "playbook.yaml").write_text(PLAYBOOK)
    return made


@pytest.fixture
def home(environment):
    made = Path(environment["REMIT_HOME"])
    made.mkdir()
    return made


@pytest_asyncio.fixture
async def deployed(home, folder):
    """The brand in force in the ledger of this home."""
    ledger = await Ledger.open(f"sqlite:///{home}/ledger.db")
    desk = Desk(ledger)
    bundle, playbook = read_bundle(folder), load_playbook(folder)
    await bundles.keep(ledger, bundle, playbook.brand, desk.now())
    await bundles.deploy(ledger, playbook.brand, bundle.hash, desk.now())
    await ledger.close()
    return folder


@pytest.mark.usefixtures("deployed")
def test_a_leave_is_recorded_listed_and_withdrawn(remit):
    days = "2999-03-08..2999-03-16"
    made = remit("away", "sari", days, "--cover", "bayu", "--as", "dewi")
    again = remit("away", "sari", days, "--cover", "bayu", "--as", "dewi")
    listed = json.loads(remit("away", "--format", "json").stdout)
    text = remit("away").stdout
    gone = remit("away", "--withdraw", "1", "--as", "sari")

    assert (made.returncode, made.stdout) == (
        0,
        (
            "Leave 1: sari is away from 2999-03-08 to 2999-03-16, both days included.\n"
            "bayu is told in their place.\n"
        ),
    )
    assert again.stdout == made.stdout
    (one,) = listed
    assert (one["person"], one["since"], one["until"]) == ("sari", "2999-03-08", "2999-03-16")
    assert (one["cover"], one["recorded_by"]) == ("bayu", "dewi")
    assert "2999-03-16" in text
    assert gone.stdout == "Leave 1 of sari (2999-03-08..2999-03-16) is withdrawn.\n"
    assert remit("away").stdout.startswith("Nobody is away, and nobody will be")


@pytest.mark.usefixtures("deployed")
def test_who_stands_in_across_roles_is_told_what_that_does_not_give_them(remit):
    done = remit("away", "dewi", "2999-03-08", "--cover", "sari")
    assert done.stdout == (
        "Leave 1: dewi is away on 2999-03-08.\n"
        "sari is told in their place.\n"
        "sari does not hold smm, and may approve nothing that only they may: "
        "the playbook says who may.\n"
    )


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["sari"], "say when sari is away"),
        (["sari", "soon"], "'soon' is no day and no days"),
        (["sari", "2999-02-30"], "'2999-02-30' is no day"),
        (["sari", "2999-03-08..2999-03-01"], "before it begins"),
        (["sari", "2001-03-08"], "2001-03-08 is over"),
        (["nemo", "2999-03-08"], "no person 'nemo'; it has sari, bayu, dewi"),
        (["sari", "2999-03-08", "--cover", "nemo"], "no person 'nemo'"),
        (["sari", "2999-03-08", "--cover", "sari"], "cannot stand in"),
        (["--cover", "sari"], "name who is away"),
        (["--withdraw", "9"], "no absence 9"),
        (["sari", "--withdraw", "9"], "nothing beside it"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
@pytest.mark.usefixtures("deployed")
def test_what_cannot_be_is_said_and_changes_nothing(refused, remit, words, says):
    assert says in refused("away", *words)
    assert remit("away", "--format", "json").stdout == "[]\n"


def test_a_check_counts_leave_only_where_it_is_asked_and_says_so(deployed, remit):
    def holes(*words: str) -> tuple[str, int]:
        done = remit("check", deployed, "--from", "2999-03-01", "--format", "json", *words)
        return done.stderr, [one["code"] for one in json.loads(done.stdout)].count("PB020")

    assert holes("--leave") == ("The ledger was asked for leave, and knows of none.\n", 0)
    remit("away", "dewi", "2999-03-08..2999-03-16")
    assert holes() == ("", 0)
    assert holes("--leave") == (
        "Leave that the ledger knows was counted: dewi 2999-03-08..2999-03-16.\n",
        1,
    )
    remit("away", "--withdraw", "1")
    remit("away", "dewi", "2999-03-08..2999-03-16", "--cover", "sari")
    said, found = holes("--leave")
    assert "(sari stands in)" in said
    assert found == 0


def test_leave_of_a_brand_that_is_not_deployed_is_not_known(folder, refused):
    said = refused("check", folder, "--leave")
    assert "no playbook of 'warung' is deployed here" in said


@pytest.mark.parametrize(
    "text", ["", "2999-03-08...2999-03-16", "2999-3-8", "2999-03-08..", "٢٩٩٩-03-08"]
)
def test_days_have_one_form(text):
    with pytest.raises(InputError, match="write 2027-03-08"):
        read_days(text)

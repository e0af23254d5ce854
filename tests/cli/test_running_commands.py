"""What is said to a Remit that is not there yet, and to one that does not know what was named."""

from __future__ import annotations

import json
import socket
from pathlib import Path

import pytest
import pytest_asyncio

from flows.desk import Desk
from flows.listen import take_brief
from remit.ledger import Ledger, bundles
from remit.playbook import load_playbook, read_bundle

NOT_DEPLOYED = "no playbook is deployed here; run `remit deploy PATH` or `remit up PATH`"


@pytest.fixture
def home(environment):
    made = Path(environment["REMIT_HOME"])
    made.mkdir()
    return made


@pytest_asyncio.fixture
async def deployed(home, kopi):
    """The sample brand in force in the ledger, with the campaign's brief as its only case."""
    ledger = await Ledger.open(f"sqlite:///{home}/ledger.db")
    desk = Desk(ledger)
    bundle, playbook = read_bundle(kopi), load_playbook(kopi)
    await bundles.keep(ledger, bundle, playbook.brand, desk.now())
    await bundles.deploy(ledger, playbook.brand, bundle.hash, desk.now())
    await take_brief(desk, playbook, "launch", desk.now())
    await ledger.close()


@pytest.mark.parametrize(
    "words",
    [
        ["status"],
        ["status", "--audit", "--format", "json"],
        ["cases"],
        ["stop", "x"],
        ["brief", "b"],
    ],
    ids=" ".join,
)
def test_an_empty_home_is_said_to_be_empty(refused, words):
    assert refused(*words) == f"remit: {NOT_DEPLOYED}\n"


@pytest.mark.parametrize(
    "words",
    [
        ["ack", "12", "--as", "sari"],
        ["resolve", "12", "--as", "sari"],
        ["decide", "12", "approve", "--as", "sari"],
        ["handoff", "12", "--to", "smm", "--as", "sari"],
        ["slot", "3", "--drop", "--as", "dewi"],
        ["settle", "7", "--published", "--as", "sari"],
    ],
    ids=lambda words: words[0],
)
def test_a_number_that_there_is_not_is_said_so(refused, words):
    said = refused(*words)
    assert said.startswith("remit: no ")
    assert words[1] in said


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["stop"], "say why"),
        (["decide", "1", "yes", "--as", "sari"], "choose approve, edit or reject"),
        (["decide", "1", "edit", "--as", "sari"], "--text"),
        (["handoff", "1", "--as", "sari"], "either --to ROLE or --accept"),
        (["slot", "1", "--as", "dewi"], "either --at TIME or --drop"),
        (["slot", "1", "--at", "tomorrow", "--as", "dewi"], "tomorrow"),
        (["ack", "one", "--as", "sari"], "'CASE'"),
        (["ack", "1"], "--as"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_command_that_lacks_something_says_what(refused, words, said):
    assert said in refused(*words)


async def test_cases_and_status_speak_to_people_and_to_machines(deployed, remit):
    listed = remit("cases", "--format", "json")
    (case,) = json.loads(listed.stdout)
    assert (case["id"], case["owner"], case["rule"], case["state"]) == (1, "smm", "brief", "open")
    assert case["notice"] is None
    assert json.loads(remit("cases", "--role", "cm", "--format", "json").stdout) == []
    text = remit("cases")
    assert (text.returncode, text.stderr) == (0, "")
    assert "brief" in text.stdout
    status = json.loads(remit("status", "--format", "json").stdout)
    assert (status["brand"], status["open"], status["stopped"]) == ("kopi", {"smm": 1}, None)


async def test_a_stop_is_seen_and_lifted(deployed, remit):
    assert remit("stop", "wrong price", "--as", "ratna").returncode == 0
    assert "STOPPED: wrong price" in remit("status").stdout
    assert remit("stop", "--lift").stdout == "kopi may send again.\n"
    assert "STOPPED" not in remit("status").stdout


async def test_a_person_role_or_brand_that_there_is_not_is_named(deployed, refused):
    assert "no person 'mallory'" in refused("ack", "1", "--as", "mallory")
    assert "cm, lead" in refused("handoff", "1", "--to", "ceo", "--as", "dewi")
    assert "no playbook of 'teh' is deployed; there is kopi" in refused("cases", "--brand", "teh")
    assert "it has launch" in refused("brief", "lunch")


async def test_a_decision_that_does_not_count_is_refused_with_its_reason(deployed, refused):
    assert "nothing was sent" in refused("decide", "1", "approve", "--as", "dewi")


async def test_an_acknowledged_and_resolved_case_is_off_the_list(deployed, remit, refused):
    assert "dewi has it" in remit("ack", "1", "--as", "dewi").stdout
    done = remit("resolve", "1", "--as", "dewi", "--reason", "not this year")
    assert done.stdout == "Case 1 is resolved.\n"
    assert json.loads(remit("cases", "--format", "json").stdout) == []
    (case,) = json.loads(remit("cases", "--all", "--format", "json").stdout)
    assert (case["state"], case["assignee"]) == ("resolved", "dewi")
    assert remit("resolve", "1", "--as", "dewi").stdout == done.stdout
    assert "resolved already" in refused("decide", "1", "approve", "--as", "ratna")


def test_a_ledger_that_is_no_database_is_said_to_be_none(refused, home):
    (home / "ledger.db").write_bytes(b"this is a letter, not a ledger" * 100)
    assert "ledger" in refused("cases")


def test_an_address_of_a_database_with_a_password_is_not_repeated(refused, environment):
    environment["REMIT_DATABASE_URL"] = "postgresql://remit:CANARY-5c1d@127.0.0.1:9/remit"
    said = refused("cases")
    assert "CANARY" not in said
    assert "127.0.0.1" in said


def test_an_empty_remit_home_is_as_none(remit, environment, tmp_path):
    environment["REMIT_HOME"] = ""
    assert remit("cases").returncode == 2
    assert {path.name for path in tmp_path.iterdir()} <= {".remit"}


def test_a_deploy_without_a_server_says_that_it_is_away(refused, environment, kopi):
    environment["PREFECT_API_URL"] = "http://127.0.0.1:9/api"
    said = refused("deploy", kopi)
    assert said.startswith("remit: the Prefect server at 127.0.0.1:9 does not answer")
    assert "PREFECT_API_URL" in said


@pytest.mark.parametrize("option", ["--port", "--sandbox-port"])
def test_up_on_a_port_that_is_taken_says_which_option_moves_it(remit, kopi, option):
    other = {"--port": "--sandbox-port", "--sandbox-port": "--port"}[option]
    with socket.socket() as taken, socket.socket() as free:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        free.bind(("127.0.0.1", 0))
        unused = str(free.getsockname()[1])
        free.close()  # nothing may depend on the usual ports: a Remit may run on them
        port = str(taken.getsockname()[1])
        done = remit("up", kopi, option, port, other, unused)
    assert done.returncode == 2
    assert f"port {port} is taken" in done.stderr
    assert option in done.stderr

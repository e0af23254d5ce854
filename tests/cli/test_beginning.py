"""`remit new`: what it writes is a whole brand without a finding, and it writes over nothing."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from remit.cli.beginning import PLACEHOLDER, starter
from remit.playbook import json_schema, load_playbook, make_bundle

ROOT = Path(__file__).parents[2]


@pytest.fixture
def warung(remit, tmp_path):
    assert remit("new", "warung").returncode == 0
    return tmp_path / "playbooks" / "warung"


def test_a_new_playbook_is_proved_without_a_finding(remit, warung):
    done = remit("check", warung, "--from", "2027-01-01", "--format", "json")

    found = [finding for finding in json.loads(done.stdout) if finding["severity"] != "info"]
    assert (done.returncode, found, done.stderr) == (0, [], "")


def test_the_scenarios_of_a_new_playbook_hold_and_reach_every_rule(remit, warung):
    done = remit("test", warung, "--coverage")

    assert done.returncode == 0, done.stdout + done.stderr
    expected = {scenario.expect["rule"] for scenario in load_playbook(warung).scenarios}
    assert expected == {rule.id for rule in load_playbook(warung).rules} | {"otherwise"}


def test_a_new_playbook_has_what_a_brand_needs(warung):
    playbook = load_playbook(warung)

    assert playbook.brand == "warung"
    assert playbook.contacts
    assert playbook.campaigns
    assert {language for answer in playbook.knowledge for language in answer.languages} == {
        "id",
        "en",
    }
    assert all(set(template.languages) == {"id", "en"} for template in playbook.templates.values())
    used = {rule.outcome.template for rule in playbook.rules} - {None}
    assert used == set(playbook.templates)


def test_an_editor_finds_the_schema_beside_the_playbook(warung):
    first = (warung / "playbook.yaml").read_text().splitlines()[0]

    assert first == "# yaml-language-server: $schema=playbook.schema.json"
    assert json.loads((warung / "playbook.schema.json").read_text()) == json_schema()


def test_it_says_what_comes_next(remit, tmp_path):
    done = remit("new", "warung", "--into", tmp_path / "brands")

    for command in ("check", "test", "charter", "up"):
        assert f"remit {command} {tmp_path / 'brands' / 'warung'} " in done.stdout


@pytest.mark.parametrize("brand", ["kopi-nusa", "123", "1e5", "true", "null", "7.Eleven_x"])
def test_any_id_can_be_a_brand(brand):
    files = starter(brand)

    assert not [name for name, text in files.items() if PLACEHOLDER in text]
    bundle = make_bundle({name: text.encode() for name, text in files.items()})
    assert load_playbook(bundle).brand == brand
    assert load_playbook(bundle).channels["main"].account == brand


@pytest.mark.parametrize(
    "brand", ["", "..", "../up", "a/b", "-x", "kopi nusa", "kopi\x1b[31m", "a" * 65]
)
def test_what_is_no_id_is_refused_and_nothing_is_written(refused, tmp_path, brand):
    before = sorted(tmp_path.rglob("*"))

    said = refused("new", "--", brand)

    assert "a brand's id has letters, digits, _ . and -" in said
    assert "\x1b" not in said
    assert [path for path in sorted(tmp_path.rglob("*")) if path not in before] == []


def test_nothing_is_written_over(refused, warung):
    (warung / "playbook.yaml").write_text("mine")
    (warung / "contacts.csv").unlink()

    assert "is there already; found it in place and changed nothing" in refused("new", "warung")
    assert (warung / "playbook.yaml").read_text() == "mine"
    assert not (warung / "contacts.csv").exists()


def test_a_file_in_the_way_is_named(refused, tmp_path):
    (tmp_path / "playbooks").write_text("a file")

    assert "playbooks/warung cannot be written; found: " in refused("new", "warung")


def test_the_starter_is_in_the_wheel():
    from hatchling.builders.wheel import WheelBuilder

    packed = {file.distribution_path for file in WheelBuilder(str(ROOT)).recurse_included_files()}

    lying = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "remit/cli/starter").rglob("*")
        if path.is_file()
    }
    assert len(lying) >= 10
    assert lying <= packed

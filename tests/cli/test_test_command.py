"""test: what is said of scenarios that hold or do not, and of rules that none reaches."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

OLD = Path(__file__).parent / "changed" / "old"
SCENARIOS = """\
scenarios:
  - name: money wanted back at night
    at: 2027-03-01T23:10+07:00
    event: {kind: conversation.message, platform: sandbox, text: "refund dong"}
    expect: {rule: refund, owner: cm, due: {first_response: 2027-03-02T09:00+07:00}}
  - name: a song that is poison
    at: 2027-03-02T10:00+07:00
    event: {kind: conversation.comment, platform: sandbox, text: "racun lagu"}
    expect: {rule: {not: crisis}}
"""
WRONG = """\
  - name: a journalist fell ill
    at: 2027-03-02T10:00+07:00
    event: {kind: conversation.mention, platform: sandbox, text: "uang kembali", author: {relation: press}}
    expect: {rule: crisis, informed: [lead], severity: {not: normal}}
"""


@pytest.fixture
def brand(tmp_path):
    """A brand with these scenarios."""

    def build(scenarios: str = SCENARIOS) -> Path:
        folder = Path(shutil.copytree(OLD, tmp_path / "kedai", dirs_exist_ok=True))
        (folder / "scenarios").mkdir(exist_ok=True)
        (folder / "scenarios" / "one.yaml").write_text(scenarios, "utf-8")
        return folder

    return build


def test_scenarios_that_hold_are_counted_and_end_with_0(remit, brand):
    done = remit("test", brand())

    assert (done.returncode, done.stdout, done.stderr) == (0, "2 scenarios: all hold.\n", "")


def test_what_does_not_hold_is_said_with_its_line_both_sides_and_the_reason(remit, brand):
    folder = brand(SCENARIOS + WRONG)
    done = remit("test", folder)

    assert (done.returncode, done.stderr) == (1, "")
    assert done.stdout.splitlines() == [
        f"{folder}/scenarios/one.yaml:10: a journalist fell ill",
        "  rule: expected crisis; got refund",
        "  informed: expected lead; got none",
        "  severity: expected not normal; got normal",
        f"  crisis did not take it ({folder}/playbook.yaml:29): topic: safety (found refund)",
        f"  refund took it ({folder}/playbook.yaml:38)",
        "",
        "3 scenarios: 2 hold, 1 does not.",
    ]


def test_files_are_named_as_the_path_was_typed(remit, brand, tmp_path):
    brand(SCENARIOS + WRONG)

    for typed in ("kedai", "./kedai/playbook.yaml"):
        assert remit("test", typed).stdout.startswith("kedai/scenarios/one.yaml:10: ")


def test_coverage_names_the_rules_that_no_scenario_reaches(remit, brand):
    folder = brand()
    done = remit("test", folder, "--coverage")

    assert done.returncode == 0
    assert done.stdout.splitlines() == [
        "Scenarios reach 2 of 5 rules.",
        f"  {folder}/playbook.yaml:29: no scenario reaches crisis",
        f"  {folder}/playbook.yaml:43: no scenario reaches campaign-comment",
        f"  {folder}/playbook.yaml:48: no scenario reaches press",
        "2 scenarios: all hold.",
    ]


def test_the_results_as_json(remit, brand):
    folder = brand(SCENARIOS + WRONG)
    done = remit("test", folder, "--format", "json")
    said = json.loads(done.stdout)

    assert (done.returncode, said["held"], said["failed"]) == (1, 2, 1)
    assert said["unreached"] == ["crisis", "campaign-comment", "press"]
    assert [each["held"] for each in said["scenarios"]] == [True, True, False]
    failed = said["scenarios"][-1]
    assert (failed["file"], failed["line"]) == (f"{folder}/scenarios/one.yaml", 10)
    assert failed["rule"] == "refund"
    assert failed["mismatches"][0] == {"key": "rule", "expected": "crisis", "got": "refund"}
    assert failed["trace"] == [
        {"rule": "crisis", "matched": False, "failed": "topic: safety (found refund)"},
        {"rule": "refund", "matched": True, "failed": None},
    ]


def test_a_playbook_without_scenarios_is_told_where_to_write_one(remit):
    done = remit("test", OLD)

    assert (done.returncode, done.stdout) == (
        0,
        "There is no scenario yet; write one in scenarios/.\n",
    )


def test_a_scenario_that_cannot_be_read_could_not_run(refused, brand):
    assert "one.yaml:10" in refused("test", brand(SCENARIOS + "  - {name: half}\n"))
    assert "PB002" in refused("test", brand(SCENARIOS.replace("rule: refund", "rule: refunds")))


def test_a_name_that_moves_the_cursor_is_spelt_out(remit, brand):
    wrong = WRONG.replace("a journalist fell ill", '"\\e[2Jgone"')
    done = remit("test", brand(SCENARIOS + wrong))

    assert done.returncode == 1
    assert "\x1b" not in done.stdout
    assert "\\x1b[2Jgone" in done.stdout


def test_the_sample_brand_holds_and_leaves_no_rule_untried(remit, kopi):
    done = remit("test", kopi, "--coverage")

    assert done.returncode == 0
    assert "all hold." in done.stdout
    assert "no scenario reaches" not in done.stdout

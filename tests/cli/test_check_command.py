"""What people and machines see of `remit check`: formats, paths, exit codes."""

from __future__ import annotations

import io
import json
import os
import pty
import re
import select
import shutil
import subprocess
import sys
import threading
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import orjson
import pytest

from remit.cli import waiting
from remit.cli.checked import Checked, clauses
from remit.cli.checking import annotation, as_json
from remit.cli.findings_sarif import log
from remit.cli.findings_text import MOST_INFOS, WIDEST, lines
from remit.cli.output import emit_json
from remit.cli.pages import pages
from remit.model import Author, Event, Finding, Outcome, Play, Playbook, Role, Rule

SOURCE = """\
remit: 1
brand: kedai
rules:
  - id: crisis   # somebody was hurt
  - {id: 咖啡, when: {reach: 5}}
  - id: praise
"""
EVENT = Event(
    id="1",
    kind="conversation.comment",
    platform="sandbox",
    time=datetime(2027, 3, 1, 16, 10, tzinfo=UTC),
    text="racun \x1b[31m kolab",
    author=Author(handle="warta", followers=12),
    sentiment=Decimal("-0.100000000000000000000000000001"),
)
FINDINGS = (
    Finding(
        code="PB011",
        file="playbook.yaml",
        line=4,
        rule="crisis",
        others=("praise",),
        message="crisis comes before praise of another owner; found an event of both; "
        "say so with `over: [praise]; nothing else`, or part them",
        event=EVENT,
    ),
    Finding(
        code="PB041",
        severity="warning",
        file="playbook.yaml",
        line=5,
        rule="咖啡",
        message="咖啡 tests what nothing fills: reach; found only topic; test something that arrives",
    ),
    Finding(
        code="PB040",
        severity="info",
        file="playbook.yaml",
        line=6,
        rule="praise",
        message="no scenario reaches praise; found none; add one",
    ),
)
SHOWN = """\
books/kedai/playbook.yaml:4: PB011 error
  crisis comes before praise of another owner;
  found an event of both;
  say so with `over: [praise]; nothing else`, or part them
  4 |   - id: crisis   # somebody was hurt
    |         ^^^^^^
  For example:
    id: "1"
    kind: conversation.comment
    platform: sandbox
    time: "2027-03-01T16:10:00+00:00"
    text: "racun \\u001b[31m kolab"
    author:
      handle: warta
      followers: 12
    sentiment: -0.100000000000000000000000000001

books/kedai/playbook.yaml:5: PB041 warning
  咖啡 tests what nothing fills: reach;
  found only topic;
  test something that arrives
  5 |   - {id: 咖啡, when: {reach: 5}}
    |          ^^^^

books/kedai/playbook.yaml:6: PB040 info no scenario reaches praise; found none; add one

"""
SUMMED = """
books/kedai: 1 error, 1 warning, 1 info
That every event has exactly one owner is not proved: see PB010 and PB011.
"""
ROLES = {"cm": Role(id="cm", title="CM")}
RULE = Rule(id="all", outcome=Outcome(owner="cm", play=Play.log))


@pytest.fixture
def kedai(tmp_path, monkeypatch) -> Path:
    """A folder below the one that the command is run in."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "books" / "kedai").mkdir(parents=True)
    (tmp_path / "books" / "kedai" / "playbook.yaml").write_text(SOURCE, "utf-8")
    return Path("books") / "kedai"


@pytest.fixture
def checked(kedai) -> Checked:
    playbook = Playbook(brand="kedai", roles=ROLES, rules=(RULE, RULE, RULE))
    return Checked(kedai, playbook, FINDINGS, {"playbook.yaml": SOURCE.encode()})


def text_of(checked: Checked, width: int | None = None) -> list[str]:
    return ["".join(text for text, _ in line) for line in lines(checked, width)]


# Text --------------------------------------------------------------------------------------------


def test_people_are_told_where_what_by_which_event_and_what_to_do(checked):
    codes = [code for code in ("PB011", "PB040", "PB041") if code in pages()]
    read_on = [f"{code} {pages()[code].title} docs/findings/{code}.md" for code in codes]
    assert "PB041" in codes
    assert text_of(checked) == SHOWN.splitlines() + read_on + SUMMED.splitlines()


def test_each_code_is_explained_once_with_its_page(checked):
    twice = Checked(checked.path, checked.playbook, FINDINGS[1:2] * 3, checked.files)
    said = [line for line in text_of(twice) if line.startswith("PB041")]
    assert said == ["PB041 A rule tests a field that nothing fills. docs/findings/PB041.md"]


def test_what_was_proved_is_said_where_it_was(checked):
    clean = Checked(checked.path, checked.playbook, FINDINGS[1:], checked.files)
    assert text_of(clean)[-1] == "Every event has exactly one owner: proved for 3 rules."
    unread = Checked(checked.path, None, (), checked.files)
    assert text_of(unread)[-1] == "Nothing is proved of a playbook that cannot be read."


@pytest.mark.parametrize(
    ("code", "severity", "proved"),
    [
        ("PB010", "info", True),
        ("PB010", "error", False),
        ("PB010", "warning", False),
        ("PB011", "error", False),
        ("PB012", "error", True),
    ],
)
def test_a_gap_or_an_undeclared_boundary_is_no_proof(checked, code, severity, proved):
    finding = Finding(code=code, severity=severity, file="playbook.yaml", line=1, message="x")
    assert Checked(checked.path, checked.playbook, (finding,), {}).proved is proved


def test_infos_of_a_code_are_not_listed_without_end(checked):
    many = Checked(checked.path, checked.playbook, FINDINGS[2:] * (MOST_INFOS + 7), checked.files)
    said = text_of(many)
    assert sum("PB040 info" in line for line in said) == MOST_INFOS
    assert "and 7 more PB040; --format json has them all" in said


def test_a_long_line_is_shown_around_what_is_meant(checked):
    source = f"words: [{'x' * 500}, racun, {'y' * 500}]".encode()
    finding = Finding(code="PB001", file="a.yaml", line=1, message="'racun' is twice; found; do")
    said = text_of(Checked(checked.path, None, (finding,), {"a.yaml": source}))
    (at,) = (number for number, line in enumerate(said) if "racun" in line and "|" in line)
    start = said[at + 1].index("^")
    assert said[at][start : start + 5] == "racun"
    assert said[at + 1].count("^") == 5
    assert len(said[at]) < WIDEST + 20


def test_nothing_that_a_file_or_a_message_holds_reaches_the_terminal_as_a_command(checked):
    hostile = "\x1b]0;owned\x07\u202e\r"
    finding = Finding(code="PB001", file=f"{hostile}.yaml", line=1, message=f"x {hostile}; y; z")
    files = {finding.file: f"brand: {hostile}b".encode()}
    for line in text_of(Checked(checked.path, None, (finding,), files)):
        assert line.isprintable(), line


def test_on_a_narrow_terminal_sentences_are_wrapped(checked):
    said = text_of(checked, width=30)
    assert said[1:5] == [
        "  crisis comes before praise",
        "  of another owner;",
        "  found an event of both;",
        "  say so with `over: [praise];",
    ]
    assert '    time: "2027-03-01T16:10:00+00:00"' in said  # to be copied as it is


def test_a_semicolon_within_quotes_parts_no_sentence():
    assert list(clauses("the brand's; found 'a; b' and \"c; d\"; use `e; f`")) == [
        "the brand's;",
        "found 'a; b' and \"c; d\";",
        "use `e; f`",
    ]


# JSON, SARIF, GitHub -----------------------------------------------------------------------------


def test_machines_get_exactly_the_agreed_fields_with_exact_numbers(checked, capsys):
    emit_json([as_json(finding) for finding in checked.findings])
    said = capsys.readouterr().out
    assert "-0.100000000000000000000000000001" in said
    first, second, _ = json.loads(said, parse_float=Decimal)
    assert first == {
        "code": "PB011",
        "severity": "error",
        "file": "playbook.yaml",
        "line": 4,
        "rule": "crisis",
        "others": ["praise"],
        "message": FINDINGS[0].message,
        "event": {
            "id": "1",
            "kind": "conversation.comment",
            "platform": "sandbox",
            "time": "2027-03-01T16:10:00+00:00",
            "text": "racun \x1b[31m kolab",
            "author": {"handle": "warta", "followers": 12},
            "sentiment": Decimal("-0.100000000000000000000000000001"),
        },
    }
    assert (second["severity"], second["event"]) == ("warning", None)
    assert Event.model_validate_json(json.dumps(first["event"], default=str)) == EVENT


def test_sarif_is_a_run_whose_results_point_at_rules_files_and_lines(checked, capsys, tmp_path):
    emit_json(log(checked, tmp_path))
    said = orjson.loads(capsys.readouterr().out)
    assert set(said) == {"$schema", "version", "runs"}
    assert said["version"] == "2.1.0"
    (run,) = said["runs"]
    driver = run["tool"]["driver"]
    assert driver["name"] == "remit"
    rules = [rule["id"] for rule in driver["rules"]]
    assert len(rules) == len(set(rules))
    for rule in driver["rules"]:
        assert set(rule) == {"id", "shortDescription", "fullDescription", "help"}
        assert rule["shortDescription"]["text"]
        assert rule["fullDescription"]["text"]
        assert rule["help"]["text"]
    results = run["results"]
    assert [result["level"] for result in results] == ["error", "warning", "note"]
    for result, finding in zip(results, FINDINGS, strict=True):
        assert rules[result["ruleIndex"]] == result["ruleId"] == finding.code
        assert result["message"]["text"].startswith(finding.message)
        assert result["locations"] == [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": "books/kedai/playbook.yaml"},
                    "region": {"startLine": finding.line},
                }
            }
        ]
    assert "kind: conversation.comment" in results[0]["message"]["text"]
    assert results[0]["properties"]["event"]["author"] == {"handle": "warta", "followers": 12}


def test_a_fingerprint_stays_when_lines_move_and_differs_between_findings(checked, tmp_path):
    def prints(findings):
        made = log(Checked(checked.path, checked.playbook, findings, {}), tmp_path)
        (run,) = made["runs"]
        return [result["partialFingerprints"]["remitFinding/v1"] for result in run["results"]]

    moved = tuple(finding.model_copy(update={"line": finding.line + 9}) for finding in FINDINGS)
    assert prints(FINDINGS) == prints(moved)
    assert len(set(prints(FINDINGS * 2))) == 2 * len(FINDINGS)


def test_a_file_elsewhere_has_its_whole_address_in_sarif(checked, tmp_path):
    (run,) = log(checked, tmp_path / "elsewhere")["runs"]
    place = run["results"][0]["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == (
        f"file://{tmp_path.resolve()}/books/kedai/playbook.yaml"
    )


def test_an_annotation_is_one_line_whatever_it_says():
    finding = FINDINGS[0].model_copy(update={"message": "50% of\n\r::error::x"})
    assert annotation(finding, "a, b:c%.yaml") == (
        "::error file=a%2C b%3Ac%25.yaml,line=4,title=PB011::50%25 of\\n\\r::error::x%0A"
        'For example:%0Aid: "1"%0Akind: conversation.comment%0Aplatform: sandbox%0A'
        'time: "2027-03-01T16:10:00+00:00"%0Atext: "racun \\u001b[31m kolab"%0A'
        "author:%0A  handle: warta%0A  followers: 12%0A"
        "sentiment: -0.100000000000000000000000000001"
    )
    levels = [annotation(finding, "x").split()[0] for finding in FINDINGS]
    assert levels == ["::error", "::warning", "::notice"]


# The command -------------------------------------------------------------------------------------


@pytest.fixture
def wrong(kopi, tmp_path):
    """A brand whose otherwise names a role that there is not, and whose rule has a key too much."""
    folder = shutil.copytree(kopi, tmp_path / "brands" / "wrong")
    playbook = folder / "playbook.yaml"
    before, mark, after = playbook.read_text().partition("\notherwise:\n")
    before = before.replace("  - id: refund ", "  - oops: 1\n    id: refund ", 1)
    playbook.write_text(before + mark + after.replace("owner: cm", "owner: cmm", 1))
    return folder


def test_the_sample_has_no_error_and_no_warning(remit, kopi):
    for named in (kopi, kopi / "playbook.yaml"):
        done = remit("check", named, "--from", "2027-01-01")
        assert (done.returncode, done.stderr) == (0, "")
        *_, counted, proved = done.stdout.splitlines()
        assert re.fullmatch(
            rf"{re.escape(str(named))}: no errors, no warnings, \w+ infos?", counted
        )
        assert re.fullmatch(r"Every event has exactly one owner: proved for \d+ rules\.", proved)
    done = remit("check", kopi, "--from", "2027-01-01", "--format", "json")
    assert done.returncode == 0
    assert {finding["severity"] for finding in json.loads(done.stdout)} <= {"info"}


@pytest.mark.parametrize("named", ["brands/wrong", "brands/wrong/playbook.yaml"])
def test_mistakes_are_shown_with_their_line_and_end_with_1(remit, wrong, named):
    done = remit("check", named)
    assert (done.returncode, done.stderr) == (1, "")
    heads = re.findall(r"^(\S+):(\d+): (PB\d{3}) error$", done.stdout, re.MULTILINE)
    assert {file for file, _, _ in heads} == {"brands/wrong/playbook.yaml"}
    assert {code for _, _, code in heads} == {"PB001", "PB002"}
    assert "  unknown role 'cmm';" in done.stdout
    assert re.search(r"\|   owner: cmm\n +\|          \^\^\^\n", done.stdout)
    assert f"{named}: 2 errors, no warnings, no infos" in done.stdout
    assert "\x1b" not in done.stdout


def test_mistakes_as_json_have_the_fields_that_machines_read(remit, wrong):
    done = remit("check", wrong, "--format", "json")
    assert done.returncode == 1
    found = json.loads(done.stdout)
    assert [finding["code"] for finding in found] == ["PB001", "PB002"]
    for finding in found:
        assert list(finding) == [
            "code", "severity", "file", "line", "rule", "others", "message", "event",
        ]  # fmt: skip
        assert (finding["severity"], finding["file"]) == ("error", "playbook.yaml")


@pytest.mark.parametrize("named", ["brands/wrong", "brands/wrong/playbook.yaml"])
def test_paths_for_machines_are_from_the_current_folder(remit, wrong, named):
    github = remit("check", named, "--format", "github")
    assert github.returncode == 1
    pattern = r"::error file=brands/wrong/playbook\.yaml,line=\d+,title=PB\d+::.+"
    assert [bool(re.fullmatch(pattern, line)) for line in github.stdout.splitlines()] == [True] * 2
    sarif = remit("check", named, "--format", "sarif")
    assert sarif.returncode == 1
    results = json.loads(sarif.stdout)["runs"][0]["results"]
    places = [result["locations"][0]["physicalLocation"] for result in results]
    assert [place["artifactLocation"]["uri"] for place in places] == [
        "brands/wrong/playbook.yaml"
    ] * 2


def test_annotations_count_from_the_checkout(remit, wrong, environment, tmp_path):
    environment["GITHUB_WORKSPACE"] = str(tmp_path.parent)
    done = remit("check", wrong, "--format", "github")
    assert f"file={tmp_path.name}/brands/wrong/playbook.yaml,line=" in done.stdout


def test_a_format_that_there_is_not_is_refused(refused, kopi):
    assert "choose text, json, sarif or github" in refused("check", kopi, "--format", "xml")


def test_a_day_that_there_is_not_is_refused(refused, kopi):
    assert "2027-02-30" in refused("check", kopi, "--from", "2027-02-30")


def on_a_terminal(words, folder, environment) -> str:
    """What a terminal would be sent."""
    ours, theirs = pty.openpty()
    with subprocess.Popen(words, cwd=folder, env=environment, stdout=theirs, stdin=theirs):
        os.close(theirs)
        sent = b""
        while select.select([ours], [], [], 60)[0]:
            try:
                chunk = os.read(ours, 65536)
            except OSError:  # so Linux ends a terminal
                break
            if not chunk:
                break
            sent += chunk
    os.close(ours)
    return sent.decode()


class Screen(io.StringIO):
    """A terminal that says when something is shown."""

    def __init__(self) -> None:
        super().__init__()
        self.used = threading.Event()

    def isatty(self) -> bool:
        return True

    def write(self, said: str) -> int:
        self.used.set()
        return super().write(said)


def test_who_waits_long_at_a_terminal_is_told_for_what(monkeypatch):
    screen = Screen()
    monkeypatch.setattr(sys, "stderr", screen)
    monkeypatch.setattr(waiting, "PATIENCE", 0)
    with waiting.waiting("Checking kedai"):
        assert screen.used.wait(30)
    assert "Checking kedai" in screen.getvalue()


def test_who_does_not_wait_is_told_nothing(monkeypatch, capsys):
    screen = Screen()
    monkeypatch.setattr(sys, "stderr", screen)
    with waiting.waiting("Checking kedai"):
        pass
    assert screen.getvalue() == ""
    monkeypatch.setattr(waiting, "PATIENCE", 0)
    monkeypatch.setattr(screen, "isatty", lambda: False)
    with waiting.waiting("Checking kedai"):
        pass
    assert screen.getvalue() == ""


def test_colours_are_for_terminals(wrong, environment, tmp_path, remit):
    environment.pop("NO_COLOR")
    environment["TERM"] = "xterm"
    command = Path(sys.executable).with_name("remit")
    sent = on_a_terminal([command, "check", wrong], tmp_path, environment)
    assert "\x1b[1;31m" in sent
    assert "PB002" in sent
    plain = remit("check", wrong)
    assert "\x1b" not in plain.stdout

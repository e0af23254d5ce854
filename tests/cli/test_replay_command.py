"""replay as it is typed: what is printed and written, and what is said of a file that is none."""

from __future__ import annotations

import gzip
import json
import os
import pty
import re
import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path

import pytest

from tests.cli.conftest import REMIT

SAID = {
    "refund": "balikin duitnya dong",
    "praise": "enak banget kopinya",
    "crisis": "saya muntah abis minum",
    "otherwise": "hujan deras di sini",
}


BARE = """
remit: 1
brand: bare
timezone: Asia/Jakarta
languages: [id]
people: {sari: {name: Sari}}
roles: {cm: {title: Community Manager, people: [sari]}}
topics: {refund: [duitnya], praise: [enak], crisis: [muntah]}
rules:
  - {id: known, when: {topic: [refund, praise, crisis]}, owner: cm, play: triage}
"""
"""A brand without `otherwise`."""


def event(number: int, text: str | None = None, **fields: object) -> dict[str, object]:
    given = {"id": f"e{number}", "kind": "conversation.mention", "platform": "sandbox"}
    given |= {"channel": "toko", "time": f"2027-03-0{1 + number % 7}T0{number % 10}:30:00Z"}
    return {**given, **({"text": text} if text else {}), **fields}


def lines(*events: dict[str, object] | str) -> str:
    return "".join((e if isinstance(e, str) else json.dumps(e)) + "\n" for e in events)


ALL = [event(n, text) for n, text in enumerate(SAID.values())]


@pytest.fixture
def history(tmp_path) -> Path:
    path: Path = tmp_path / "events.jsonl"
    path.write_text(lines(*ALL))
    return path


@pytest.fixture
def old(kopi, tmp_path) -> Path:
    """The brand as it was: praise was the planner's."""
    folder: Path = shutil.copytree(kopi, tmp_path / "old")
    playbook = folder / "playbook.yaml"
    before, mark, after = playbook.read_text().partition("  - id: praise\n")
    playbook.write_text(before + mark + after.replace("owner: cm", "owner: smm", 1))
    return folder


def test_each_decision_is_written_in_the_order_read(remit, kopi, history, tmp_path):
    out = tmp_path / "decisions.jsonl"
    done = remit("replay", kopi, history, "--out", out)
    assert (done.returncode, done.stderr) == (0, "")
    assert [json.loads(line) for line in out.read_text().splitlines()] == [
        {"event": "e0", "rule": "refund", "owner": "cm", "severity": "normal", "play": "reply"},
        {"event": "e1", "rule": "praise", "owner": "cm", "severity": "low", "play": "reply"},
        {"event": "e2", "rule": "crisis", "owner": "cm", "severity": "critical", "play": "reply"},
        {"event": "e3", "rule": "otherwise", "owner": "cm", "severity": "normal", "play": "triage"},
    ]
    assert list(json.loads(out.read_text().splitlines()[0])) == [
        "event", "rule", "owner", "severity", "play",
    ]  # fmt: skip
    assert not list(tmp_path.glob(".*"))


def test_people_read_load_by_role_rule_channel_hour_and_day(remit, kopi, history):
    done = remit("replay", kopi, history)
    assert done.returncode == 0
    assert done.stdout.startswith(
        "4 events from 2027-03-01 07:00 to 2027-03-04 10:59, Asia/Jakarta: "
        "4 to work on, 0 only logged."
    )
    for row in (
        r"Community Manager \(cm\) +│ 4 +│ 100\.0% │ 4 ",
        r"crisis +│ cm +│ critical │ reply +│ 1 ",
        r"toko +│ sandbox +│ 4 ",
        r"08:00 +│ 1 ",
        r"2027-03-02 08:00 +│ 1 ",
    ):
        assert re.search(row, done.stdout), row


def test_machines_read_the_same_numbers(remit, kopi, history, old):
    done = remit("replay", kopi, history, "--format", "json", "--against", old)
    assert done.returncode == 0
    said = json.loads(done.stdout)
    assert (said["events"], said["cases"], said["logged"]) == (4, 4, 0)
    assert {
        each["rule"]: each["events"] for each in said["rules"] if each["events"]
    } == dict.fromkeys(SAID, 1)
    assert {each["role"]: each["events"] for each in said["roles"]} == {
        "cm": 4,
        "smm": 0,
        "lead": 0,
    }
    assert [each["events"] for each in said["hours"]] == [0] * 7 + [1] * 4 + [0] * 13
    assert sum(said["roles"][0]["week"]) == 4
    assert said["unread"] == {"lines": 0, "first": []}
    assert said["moved"] == {
        "events": 1,
        "treated_otherwise": 0,
        "owners": [
            {"old_owner": "cm", "new_owner": "cm", "events": 3, "example": None},
            {"old_owner": "smm", "new_owner": "cm", "events": 1, "example": "e1"},
        ],
        "rules": [
            {
                "old_rule": "praise",
                "new_rule": "praise",
                "old_owner": "smm",
                "new_owner": "cm",
                "events": 1,
                "example": "e1",
            }
        ],
    }


def test_what_moved_is_said_with_an_example(remit, kopi, history, old):
    done = remit("replay", kopi, history, "--against", old)
    assert (
        "Against the old playbook: 1 event changes owner (25.0%), 0 only treatment" in done.stdout
    )
    assert re.search(r"praise +│ praise +│ smm +│ cm +│ 1 +│ e1 ", done.stdout)
    same = remit("replay", kopi, history, "--against", kopi)
    assert "every event keeps its owner and its treatment" in same.stdout


def test_what_is_no_event_is_counted_named_and_in_the_exit_code(remit, kopi, tmp_path):
    path = tmp_path / "events.jsonl"
    bad = [
        "{",
        "[]",
        json.dumps(event(1) | {"surprise\u001b[31m": 1}),
        json.dumps(event(1) | {"time": "2027-03-01T10:00"}),
        json.dumps(event(1) | {"time": "0001-01-01T00:00:00+14:00"}),
        json.dumps(event(1) | {"value": "NaN"}),
        "\x00\xff",
    ]
    path.write_text(lines(ALL[0], "", *bad, "   ", ALL[1]), encoding="latin-1")
    out = tmp_path / "decisions.jsonl"
    done = remit("replay", kopi, path, "--out", out, "--format", "json")
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert done.stderr.startswith(
        "remit: 7 of 9 lines are no events and were left out; mend or drop:\n"
        "  line 3: Invalid JSON: "
    )
    assert "line 6: time: Input should have timezone info" in done.stderr
    assert "line 7: time: Input should be greater than or equal to 1900" in done.stderr
    assert done.stderr.endswith("  and 2 more\n")
    assert "\x1b" not in done.stderr
    said = json.loads(done.stdout)
    assert (said["events"], said["unread"]["lines"]) == (2, 7)
    assert [each["line"] for each in said["unread"]["first"]] == [3, 4, 5, 6, 7]
    assert [json.loads(line)["event"] for line in out.read_text().splitlines()] == ["e0", "e1"]


def test_a_line_larger_than_an_event_may_be_is_left_out_without_being_kept(remit, kopi, tmp_path):
    path = tmp_path / "events.jsonl"
    huge = json.dumps(event(9, "x" * 9_000_000))
    path.write_text(lines(ALL[0], huge, ALL[1]) + huge)
    done = remit("replay", kopi, path, "--format", "json")
    assert done.returncode == 1
    assert "line 2: it is longer than 8 MB" in done.stderr
    assert "line 4: it is longer than 8 MB" in done.stderr
    assert json.loads(done.stdout)["events"] == 2


def test_lines_that_end_elsewhere_than_blocks_are_whole(remit, kopi, tmp_path):
    path = tmp_path / "events.jsonl"
    some = [event(n, "enak " + "x" * (n * 37 % 5000)) for n in range(2000)]
    path.write_text("\ufeff" + lines(*some).replace("\n", "\r\n").rstrip())
    assert path.stat().st_size > 3 << 20
    out = tmp_path / "decisions.jsonl"
    assert remit("replay", kopi, path, "--out", out).returncode == 0
    assert [json.loads(line)["event"] for line in out.read_text().splitlines()] == [
        each["id"] for each in some
    ]


def test_a_kind_that_no_playbook_knows_is_decided_by_otherwise_and_named(remit, kopi, tmp_path):
    path = tmp_path / "events.jsonl"
    path.write_text(lines(event(1, "enak banget", kind="conversation.poke\u001b")))
    done = remit("replay", kopi, path)
    assert done.returncode == 0
    assert "decided by otherwise: conversation.poke� (1)." in done.stdout


@pytest.mark.parametrize("name", ["events.jsonl.gz", "events.jsonl"])
def test_gzip_is_known_by_how_it_begins(remit, kopi, history, tmp_path, name):
    packed = tmp_path / "packed" / name
    packed.parent.mkdir()
    packed.write_bytes(gzip.compress(history.read_bytes()))
    plain = remit("replay", kopi, history, "--format", "json")
    assert remit("replay", kopi, packed, "--format", "json").stdout == plain.stdout


def test_standard_input_is_a_file_too(remit, kopi, history):
    plain = remit("replay", kopi, history, "--format", "json")
    typed = remit("replay", kopi, "-", "--format", "json", typed=history.read_text())
    assert (typed.returncode, typed.stdout) == (0, plain.stdout)


def test_no_event_at_all_is_said(remit, kopi, tmp_path):
    (tmp_path / "empty.jsonl").touch()
    done = remit("replay", kopi, tmp_path / "empty.jsonl")
    assert (done.returncode, done.stdout) == (0, "0 events; nothing to say.\n")
    page = remit("replay", kopi, tmp_path / "empty.jsonl", "--format", "html")
    assert "No event was read" in page.stdout


def test_what_has_no_owner_is_in_the_exit_code(remit, history, tmp_path):
    folder = tmp_path / "bare"
    folder.mkdir()
    (folder / "playbook.yaml").write_text(BARE)
    out = tmp_path / "decisions.jsonl"
    done = remit("replay", folder, history, "--out", out, "--format", "json")
    assert done.returncode == 1
    assert "1 event has no owner" in done.stderr
    assert json.loads(out.read_text().splitlines()[3]) == {
        "event": "e3", "rule": None, "owner": None, "severity": None, "play": None,
    }  # fmt: skip
    assert json.loads(done.stdout)["rules"][-1]["owner"] is None
    assert "Nobody" in remit("replay", folder, history, "--format", "html").stdout


# What could not run ------------------------------------------------------------------------------


def test_a_file_that_cannot_be_read_is_named(refused, kopi, history, tmp_path):
    assert f"{tmp_path / 'none'} cannot be read: No such file" in refused(
        "replay", kopi, tmp_path / "none"
    )
    assert f"{tmp_path} cannot be read: Is a directory" in refused("replay", kopi, tmp_path)
    plain = history.rename(tmp_path / "events.jsonl.gz")
    assert "is not gzipped; drop the .gz" in refused("replay", kopi, plain)
    assert "there is no format 'xml'; choose text, json, html" in refused(
        "replay", kopi, plain, "--format", "xml"
    )


@pytest.mark.parametrize("what", ["cut short", "damaged"])
def test_damaged_gzip_ends_the_run_and_writes_no_decision(refused, kopi, tmp_path, what):
    path, out = tmp_path / "events.jsonl.gz", tmp_path / "decisions.jsonl"
    packed = bytearray(gzip.compress(lines(*[event(n, f"{n}") for n in range(3000)]).encode()))
    if what == "damaged":
        packed[len(packed) // 2] ^= 0xFF
    path.write_bytes(packed[:-20] if what == "cut short" else packed)
    out.write_text("as it was")
    assert f"{path} is damaged gzip" in refused("replay", kopi, path, "--out", out)
    assert out.read_text() == "as it was"
    assert sorted(each.name for each in tmp_path.iterdir()) == [
        "decisions.jsonl",
        "events.jsonl.gz",
    ]


def test_decisions_that_cannot_be_written_are_an_error(refused, kopi, history, tmp_path):
    assert "cannot be written: No such file" in refused(
        "replay", kopi, history, "--out", tmp_path / "none" / "out.jsonl"
    )
    assert "would overwrite" in refused("replay", kopi, history, "--out", history)
    assert history.read_text() == lines(*ALL)
    assert "/dev/full cannot be written: No space left" in refused(
        "replay", kopi, history, "--out", "/dev/full"
    )


def test_a_link_to_decisions_stays_a_link(remit, kopi, history, tmp_path):
    (tmp_path / "real.jsonl").write_text("old")
    (tmp_path / "link.jsonl").symlink_to("real.jsonl")
    assert remit("replay", kopi, history, "--out", tmp_path / "link.jsonl").returncode == 0
    assert (tmp_path / "link.jsonl").is_symlink()
    assert len((tmp_path / "real.jsonl").read_text().splitlines()) == 4


def test_on_a_terminal_progress_is_shown_and_a_page_is_refused(
    kopi, history, environment, tmp_path
):
    ours, theirs = pty.openpty()
    words = [REMIT, "replay", kopi, history]
    with subprocess.Popen(
        words, env=environment | {"TERM": "xterm"}, stdout=subprocess.PIPE, stderr=theirs, text=True
    ) as child:
        os.close(theirs)
        shown = b""
        while True:
            try:
                shown += os.read(ours, 4096)
            except OSError:  # the other end is closed
                break
        assert child.wait(60) == 0
    assert b"replay" in shown
    ours_out, theirs_out = pty.openpty()
    done = subprocess.run(
        [*words, "--format", "html"], env=environment, stdout=theirs_out, stderr=subprocess.PIPE,
        text=True, check=False,
    )  # fmt: skip
    os.close(theirs_out)
    os.close(ours_out)
    os.close(ours)
    assert done.returncode == 2
    assert "add > replay.html" in done.stderr


# The page ----------------------------------------------------------------------------------------

HOSTILE = "</script><script>alert(1)</script><img src=x onerror=alert(2)>\"'&{{7*7}}"


class Outside(HTMLParser):
    """What a page would fetch or run that is not its own."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.asks: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.asks += [
            f"{tag} {name}={value}" for name, value in attrs
            if name in {"src", "href", "srcset", "action"} or name.startswith("on")
        ]  # fmt: skip


def test_the_page_is_whole_asks_for_nothing_and_believes_nobody(remit, kopi, old, tmp_path):
    path = tmp_path / "events.jsonl"
    path.write_text(
        lines(
            event(1, "enak banget", id=HOSTILE, channel=HOSTILE, platform=HOSTILE),
            event(2, HOSTILE, kind=HOSTILE),
            json.dumps(event(3) | {HOSTILE: 1}),
        )
    )
    done = remit("replay", kopi, path, "--against", old, "--format", "html")
    assert done.returncode == 1
    page = done.stdout
    assert page.count("plotly.js v") >= 1
    found = Outside()
    found.feed(page)
    assert found.asks == []
    # Its style, plotly, the pictures' data, what draws them; no picture or script of a stranger.
    assert found.tags.count("script") == 3
    assert "img" not in found.tags
    assert HOSTILE not in page
    assert page.count("&lt;/script&gt;&lt;script&gt;alert(1)") >= 4
    assert "{{7*7}}" in page
    assert (
        "49"
        not in re.sub(r"<script>.*?</script>", "", page, flags=re.DOTALL).split("{{7*7}}")[0][-40:]
    )

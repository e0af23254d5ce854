"""diff: what is said, in each format, and how the command ends."""

from __future__ import annotations

import html
import json
import re
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

from remit.cli.checked import seen
from remit.cli.comment import LONGEST, comment
from remit.cli.release_note import Item, ReleaseNote
from remit.model import Event

CHANGED = Path(__file__).parent / "changed"
OLD, NEW = CHANGED / "old", CHANGED / "new"
DECISION = [
    "owner", "severity", "play", "due", "escalation", "approval", "hold", "consulted", "informed",
]  # fmt: skip
REFUND_TO_LEAD = (
    "when: {kind: conversation, topic: refund}\n    owner: cm",
    "when: {kind: conversation, topic: refund}\n    owner: lead",
)


@pytest.fixture
def edited(tmp_path):
    """A copy of the old playbook with one passage changed."""

    def edit(before: str, after: str) -> Path:
        folder = Path(shutil.copytree(OLD, tmp_path / "edited", dirs_exist_ok=True))
        text = (OLD / "playbook.yaml").read_text("utf-8")
        assert text.count(before) == 1
        (folder / "playbook.yaml").write_text(text.replace(before, after), "utf-8")
        return folder

    return edit


@pytest.mark.parametrize(("format_", "golden"), [("text", "note.txt"), ("github", "comment.md")])
def test_the_sentences_are_those_of_the_golden_file(remit, format_, golden):
    done = remit("diff", OLD, NEW, "--from", "2027-01-01", "--format", format_)

    assert (done.returncode, done.stderr) == (1, "")
    assert done.stdout == (CHANGED / golden).read_text("utf-8")


def test_equal_playbooks_end_with_0(remit):
    done = remit("diff", OLD, OLD / "playbook.yaml")
    assert (done.returncode, done.stdout) == (0, "No event is decided otherwise.\n")
    done = remit("diff", OLD, OLD, "--format", "github")
    assert (done.returncode, done.stdout) == (0, "### No event is decided otherwise.\n")
    done = remit("diff", OLD, OLD, "--format", "json")
    assert (done.returncode, json.loads(done.stdout), done.stderr) == (0, [], "")


def test_json_has_the_fields_that_machines_read(remit, edited):
    done = remit("diff", OLD, edited(*REFUND_TO_LEAD), "--format", "json")
    assert (done.returncode, done.stderr) == (1, "")
    (change,) = json.loads(done.stdout)

    assert list(change) == ["old_rule", "new_rule", "old", "new", "event"]
    assert (change["old_rule"], change["new_rule"]) == ("refund", "refund")
    assert list(change["old"]) == list(change["new"]) == DECISION
    assert (change["old"]["owner"], change["new"]["owner"]) == ("cm", "lead")
    due = {"first_response": "1h", "resolution": "2d", "clock": "business"}
    assert change["new"]["due"] == due
    assert change["event"]["text"]


def test_the_event_of_json_is_explained_as_the_change_says(remit, tmp_path):
    changes = json.loads(remit("diff", OLD, NEW, "--format", "json").stdout)
    assert len(changes) > 3
    for change in changes[:3]:
        event = tmp_path / "event.json"
        event.write_text(json.dumps(change["event"]))
        for folder, side in ((OLD, "old"), (NEW, "new")):
            said = json.loads(remit("explain", folder, event, "--format", "json").stdout)
            assert said["rule"] == change[f"{side}_rule"]
            assert said["owner"] == change[side]["owner"]


def test_events_that_lose_their_owner_have_null_in_json_and_a_sentence(remit, edited):
    new = edited("otherwise: {owner: cm, play: triage}\n", "")
    done = remit("diff", OLD, new, "--format", "json")
    (change,) = json.loads(done.stdout)
    assert (change["old_rule"], change["new_rule"], change["new"]) == ("otherwise", None, None)
    assert change["old"]["owner"] == "cm"

    assert "1. Nobody owns any longer: whatever no rule asks for." in remit("diff", OLD, new).stdout
    back = remit("diff", new, OLD).stdout
    assert "1. The Community Manager gains, and nobody had: whatever no rule asks for." in back


def test_an_approval_that_means_something_else_is_a_difference(remit, edited):
    new = edited("statements: {by: [lead], count: 1", "statements: {by: [lead], count: 2")
    said = (
        "Approval statements (used by crisis): 2 of Head of Brand, lapses after 12 hours; "
        "was 1 of Head of Brand, lapses after 12 hours."
    )
    done = remit("diff", OLD, new)
    assert (done.returncode, done.stdout) == (1, f"No event is decided otherwise.\n\n{said}\n")
    done = remit("diff", OLD, new, "--format", "json")
    assert (done.returncode, json.loads(done.stdout), done.stderr) == (1, [], f"{said}\n")


def test_hours_that_change_a_due_time_are_said(remit, edited):
    done = remit("diff", OLD, edited('mon-sun: "08:00-22:00"', 'mon-sun: "08:00-20:00"'))

    assert done.returncode == 1
    assert "Working hours of the Community Manager, which due times count" in done.stdout


def test_a_format_that_there_is_not_is_refused(refused):
    assert "choose text, json, github" in refused("diff", OLD, NEW, "--format", "html")


def test_a_playbook_that_cannot_be_used_is_refused_with_its_findings(refused, edited):
    wrong = edited("owner: smm", "owner: smn")

    assert "PB002" in refused("diff", OLD, wrong)
    assert "PB002" in refused("diff", wrong, OLD)


# Comments ------------------------------------------------------------------------------------------


def a_note(*items: Item, **more: object) -> ReleaseNote:
    plain = {"tally": (), "words": (), "names": (), "undecided": ()}
    return ReleaseNote(head="Some change.", items=items, **(plain | more))  # type: ignore[arg-type]  # one of those four


def an_item(number: int, text: str = "halo") -> Item:
    event = Event(
        id="1",
        kind="conversation.comment",
        platform="sandbox",
        time=datetime(2027, 1, 1, tzinfo=UTC),
        text=text,
    )
    return Item(f"Change {number}.", "Because.", (("Owner", "cm", "smm"),), event)


def test_a_long_comment_is_cut_between_changes_with_a_note():
    said = comment(a_note(*map(an_item, range(2000))))

    assert LONGEST * 0.95 < len(said) <= LONGEST
    shown = said.count("For example")
    assert said.endswith(
        f"_There are {2000 - shown:,} more, too long for one comment. `remit diff OLD NEW` shows all._"
    )
    assert said.count("<details>") == said.count("</details>") == shown
    assert said.count("```") == 2 * shown


def test_a_comment_that_fits_is_whole():
    assert comment(a_note(*map(an_item, range(20)))).count("For example") == 20


def test_one_change_that_is_too_long_alone_is_left_out():
    said = comment(a_note(an_item(1, "😀" * 40_000)))

    assert "There is 1 more" in said
    assert len(said) < LONGEST


def test_what_is_undecided_is_never_cut_for_changes():
    said = comment(a_note(*map(an_item, range(2000)), undecided=("whether x is known",)))

    assert "Undecided: whether x is known" in said


@pytest.mark.parametrize(
    "title",
    [
        "@octocat owns",
        "see #12",
        "<script>alert(1)</script>",
        "[here](https://evil.example)",
        "![](https://evil.example/x.png)",
        "a | b",
        "**bold** _and_ `code` ~~gone~~ $x$",
        "www.evil.example",
        "&amp;",
        "two\nlines",
        "\x1b[2Jclear",
    ],
)
def test_nothing_of_a_playbook_is_markup_or_calls_somebody(title):
    item = an_item(1)
    said = comment(a_note(Item(title, title, (("Owner", title, title),), item.event)))
    shown = MarkdownIt("commonmark").enable(["table", "strikethrough"]).render(said)

    tags = set(re.findall(r"<(\w+)", shown))
    assert tags == {
        "h3", "p", "strong", "table", "thead", "tbody", "tr", "th", "td", "details", "summary",
        "pre", "code",
    }  # fmt: skip
    cells = re.findall(r"<td>(.*)</td>", shown)
    assert [html.unescape(cell).replace("\u200b", "") for cell in cells[1:]] == [seen(title)] * 2
    # GitHub calls people and links issues and addresses in what is left as text.
    assert not re.search(r"[@#]\w|://\w|www\.\w", html.unescape(shown))


def test_a_fence_is_longer_than_any_in_the_text():
    said = comment(a_note(an_item(1, "```\n# loud\n````")))

    assert said.count("`````") == 2

"""What a form shows and what it says: a stranger's words stay words, and nothing is decided by default."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from prefect.utilities.schema_tools import validate

from flows.forms import describe, describe_plan, plan_form, reply_form, ruling_of
from flows.markdown import NOBODY, quoted
from flows.notices import NOTICES, notice_text
from remit.ledger.standing import Standing
from remit.model import (
    Approval,
    Case,
    Draft,
    Message,
    Person,
    Play,
    Playbook,
    Role,
    Severity,
    Slot,
    SlotState,
    State,
    Tier,
    Tried,
    Verdict,
)

NOW = datetime(2027, 3, 1, 5, tzinfo=UTC)
"""Noon in Jakarta."""
HOSTILE = [
    "# a heading",
    "a heading\n===",
    "a heading\n---",
    "**bold** _it_ ~~struck~~ `code`",
    "```\nfenced\n```",
    "    indented like code",
    "- a list\n1. of numbers\n+ and more",
    "> a quote of its own",
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<!-- \n\n <b>",
    "</blockquote></article><h1>out",
    "&lt;b&gt; &amp; &#60;b&#62;",
    "[click](javascript:alert(1))",
    "[click]: https://evil.example 'title'\n\n[click]",
    "![picture](https://evil.example/pixel.png)",
    "https://evil.example/a?b=c www.evil.example <https://evil.example> me@evil.example",
    "@kopi @everyone",
    "| a | table |\n|---|---|\n| b | c |",
    "a | pipe",
    "{{ 7 * 7 }} {% include 'x' %} {# note #}",
    "\\*escaped by the author\\*",
    "line\u2028separator and\ttab",
    "[^1]\n\n[^1]: a footnote",
    "term\n: definition",
    "",
]


class Page(HTMLParser):
    """The elements and the words of rendered markdown."""

    def __init__(self, markdown: str) -> None:
        super().__init__()
        self.elements: list[str] = []
        self.links: list[str] = []
        self.words = ""
        # The most that a renderer could make of it: HTML, tables, strike-through.
        html = MarkdownIt("gfm-like", {"html": True, "linkify": False}).render(markdown)
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(tag)
        self.links += [value or "" for name, value in attrs if name in {"href", "src"}]

    def handle_data(self, data: str) -> None:
        self.words += data


def spaced(text: str) -> str:
    return " ".join(text.split())


@pytest.fixture
def playbook() -> Playbook:
    return Playbook(
        hash="h",
        brand="kopi",
        timezone="Asia/Jakarta",
        languages=("id",),
        people={name: Person(id=name, name=name.title()) for name in ("sari", "dewi")},
        roles={
            "cm": Role(id="cm", title="Community Manager", people=("sari",)),
            "smm": Role(id="smm", title="Social Media Manager", people=("dewi",)),
        },
        channels={},
        rules=(),
        otherwise=None,
        approvals={"replies": Approval(id="replies", by=("cm",))},
    )


@pytest.fixture
def case() -> Case:
    return Case(
        id=7,
        brand="kopi",
        state=State.awaiting_approval,
        rule="refund",
        owner="cm",
        severity=Severity.normal,
        play=Play.reply,
        platform="sandbox",
        subject="m2",
        subject_event=2,
        topics=("refund",),
        approval="replies",
        playbook="h",
        opened_at=NOW,
        first_response_due=NOW + timedelta(hours=1),
        draft=5,
        form_draft=4,
        form_round=1,
    )


@pytest.fixture
def draft() -> Draft:
    return Draft(
        id=4,
        case=7,
        version=1,
        text="Halo kak!",
        language="id",
        destination="toko m2",
        hash="x",
        thread_revision=0,
        made_at=NOW,
    )


def signed(playbook: Playbook) -> Playbook:
    """The same, where replies ask for a one-time code."""
    sure = playbook.approvals["replies"].model_copy(update={"identity": "verified"})
    return playbook.model_copy(update={"approvals": {"replies": sure}})


def message(text: str, **more: Any) -> Message:
    given: dict[str, Any] = {
        "id": "m2",
        "revision": "1",
        "author_id": "a",
        "handle": "galih",
        "time": NOW,
    }
    return Message(**(given | {"text": text} | more))


@pytest.mark.parametrize("text", HOSTILE)
def test_a_strangers_words_come_out_as_they_were_and_as_nothing_else(text):
    shown = quoted(text)
    page = Page(shown)
    assert set(page.elements) <= {"blockquote", "p", "br"}
    assert page.links == []
    # What some renderers make a link or a mention of, and what Prefect's shows as it stands.
    assert not re.search(r"://|www\.|(?<!\\)[@&]", shown)
    assert spaced(page.words) == spaced(text)


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=60))
def test_any_text_is_only_a_quote(text):
    page = Page(quoted(text))
    assert set(page.elements) <= {"blockquote", "p", "br"}
    assert spaced(page.words) == spaced(text)


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_that_a_stranger_writes_reaches_past_its_place(text, case, playbook):
    """A handle, a text and the value that a test found: the same elements as for plain words."""

    def shown(words: str) -> Page:
        said = message(words, handle=words or "x")
        tried = Tried(rule="refund", matched=False, failed=words)
        return Page(describe(case, [said], [tried], playbook, NOW))

    def kinds(page: Page) -> list[str]:
        return [element for element in page.elements if element not in {"p", "br"}]

    assert kinds(shown(text)) == kinds(shown("plain words"))


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", 'https://x.example/"onload', "https://x.example/) [a](b", "x y"]
)
def test_an_address_that_is_none_is_no_link(url, case, playbook):
    assert Page(describe(case, [message("halo", url=url)], [], playbook, NOW)).links == []


def test_the_message_to_be_answered_stands_first_and_the_thread_below(case, playbook):
    thread = [
        message("Selamat pagi!", id="m1", handle="kopi", ours=True),
        message("balikin duitnya", url="https://net.example/m2"),
        message("sabar ya", id="m3", handle="bayu", deleted=True),
    ]
    said = describe(case, thread, [], playbook, NOW, notice="rejected", citations=["refund-id"])
    assert said.startswith(f"**⚠ {NOTICES['rejected']}**")
    assert re.search(
        r"balikin.*Case 7.*### Conversation.*Selamat.*balikin.*deleted", said, re.DOTALL
    )
    assert "sabar ya" not in said
    assert "answer due 13:00 · may approve: Sari (cm)" in said
    assert "`refund-id`" in said
    assert Page(said).links == ["https://net.example/m2"] * 2


def test_the_trace_says_which_rule_matched_and_why_the_others_did_not(case, playbook):
    trace = [
        Tried(rule="crisis", matched=False, failed="topic: safety (found refund)"),
        Tried(rule="refund", matched=True),
    ]
    words = Page(describe(case, [message("balikin")], trace, playbook, NOW)).words
    assert "crisis: topic: safety (found refund)" in words
    assert "refund: matched" in words


def test_every_reason_why_nothing_was_sent_is_a_sentence():
    codes = {
        "no_decision", "unknown_person", "not_eligible", "writer_may_not", "draft_changed",
        "draft_voided", "already_decided", "not_verified", "empty_text", "unknown_role",
        "approvals_missing", "author_wrote_again", "author_deleted", "answered_before", "rejected",
        "thread_moved", "thread_stale", "stopped", "watch", "held", "not_approved", "gone",
        "content_refused", "not_allowed", "unreachable", "template", "run_cancelled", "run_crashed",
        "run_lost", "form_lost", "handoff_offered", "handoff_expired", "handed_off",
        "cannot_be_known", "tried_too_often", "nothing_prepared",
    }  # fmt: skip
    assert codes <= set(NOTICES)
    assert all(sentence.endswith(".") for sentence in NOTICES.values())
    assert notice_text(None) is None
    assert notice_text("something_new") == "something_new"


def test_a_form_has_the_draft_filled_in_and_nothing_else(case, draft, playbook):
    schema = reply_form(case, draft, playbook, "the case").model_json_schema()
    fields = schema["properties"]
    assert fields["text"]["default"] == draft.text
    assert fields["hand_off_to"]["default"] == NOBODY
    assert not {"who", "decision"} & {name for name in fields if fields[name].get("default")}
    assert schema["$defs"]["Person"]["enum"] == ["sari", "dewi"]
    assert schema["$defs"]["Role"]["enum"] == [NOBODY, "smm"]
    # Left out they are taken, so that the ledger can say why nothing was decided.
    assert validate({}, {**schema, "definitions": schema["$defs"]}) == []


@pytest.mark.parametrize("form", ["reply", "plan"])
def test_a_form_left_empty_decides_nothing(form, case, draft, playbook):
    for book in (playbook, signed(playbook)):
        plan = plan_form(case, book, "")
        made = reply_form(case, draft, book, "") if form == "reply" else plan
        for answer in (made(), None):
            ruling = ruling_of(answer, case)
            assert (ruling.verdict, ruling.person, ruling.via) == (None, None, "form")
            assert ruling.code is None or not ruling.code.get_secret_value()


def test_a_filled_in_form_rules_on_the_draft_that_it_shows(case, draft, playbook):
    form: Any = reply_form(case, draft, playbook, "")
    ruling = ruling_of(form(who="sari", decision="edit", text="Halo!", reason="kind"), case)
    assert ruling.draft == case.form_draft != case.draft
    assert (ruling.verdict, ruling.person, ruling.text) == (Verdict.edit, "sari", "Halo!")
    assert (ruling.code, ruling.to) == (None, None)
    handed = ruling_of(form(who="sari", decision="hand_off", hand_off_to="smm"), case)
    assert (handed.verdict, handed.to) == (Verdict.hand_off, "smm")


@pytest.mark.parametrize("form", ["reply", "plan"])
def test_a_one_time_code_is_asked_for_only_where_the_approval_wants_one(
    form, case, draft, playbook
):
    def made(book: Playbook) -> Any:
        return reply_form(case, draft, book, "") if form == "reply" else plan_form(case, book, "")

    assert "code" not in made(playbook).model_fields
    asks = made(signed(playbook))
    schema = asks.model_json_schema()
    shown = schema["properties"]["code"]
    assert (shown["title"], shown["type"], shown["default"]) == ("One-time code", "string", "")
    assert shown["format"] == "password"
    filled = {"who": "sari", "decision": "approve", "code": "123456"}
    assert validate(filled, {**schema, "definitions": schema["$defs"]}) == []
    answer = asks(**filled)
    assert "123456" not in f"{answer!r}{answer.model_dump_json()}"
    ruling = ruling_of(answer, case)
    assert ruling.code is not None
    assert ruling.code.get_secret_value() == "123456"
    assert "123456" not in repr(ruling)


@pytest.mark.parametrize("text", HOSTILE)
def test_why_the_last_draft_was_rejected_is_shown_and_is_only_words(text, case, playbook):
    said = describe(case, [], [], playbook, NOW, standing=Standing(rejected=text, rejections=1))
    page = Page(said)
    assert "The draft before was rejected" in said
    assert spaced(text) in spaced(page.words)
    assert set(page.elements) <= {"p", "blockquote", "br", "strong", "h3", "code"}
    assert page.links == []
    assert "rejected" not in describe(case, [], [], playbook, NOW)


def test_who_may_approve_is_said_tier_by_tier_with_who_has_and_who_is_away(case, playbook):
    ladder = Approval(
        id="replies",
        by=("cm", "smm"),
        count=3,
        tiers=(Tier(by=("cm",)), Tier(by=("smm", "cm"), count=2)),
        identity="verified",
    )
    book = playbook.model_copy(update={"approvals": {"replies": ladder}})
    stands = Standing(approved=("sari",), away=frozenset({"dewi"}))
    said = describe(case, [], [], book, NOW, standing=stands)
    assert "may approve: Sari (cm); then 2 of Dewi (smm, on leave), Sari (cm)" in said
    assert "approved by Sari · with a one-time code" in said


def test_a_plan_shows_its_posts_and_what_stands_against_them(case, playbook):
    slot = Slot(
        id=1,
        case=7,
        brand="kopi",
        campaign="launch",
        post="hello",
        channel="toko",
        owner="smm",
        state=SlotState.planned,
        at=NOW + timedelta(days=1),
        text="# Besok!\n===",
        language="id",
        hash="x",
        playbook="h",
        media=(("images/cup.png", "*a cup*"),),
    )
    said = describe_plan(case, [slot], ["too <b>long</b>"], playbook, NOW, title="One\n# two")
    page = Page(said)
    assert set(page.elements) == {
        "h1", "strong", "ul", "li", "p", "h3", "blockquote", "br", "code",
    }  # fmt: skip
    assert "hello on toko, 03-02 12:00" in page.words
    assert "too <b>long</b>" in page.words
    assert page.elements.count("h1") == 1

"""The page of a case: all that was asked for stands on it, and a stranger's words stay words."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from flows.casepage import CasePage, closed, visible
from remit.ledger.dossier import Dossier, Earlier, Handoff, Said, Under
from remit.ledger.standing import Standing
from remit.model import (
    Approval,
    Case,
    Draft,
    HoldState,
    Message,
    Person,
    Play,
    Playbook,
    Role,
    Severity,
    State,
    Tried,
)

NOW = datetime(2027, 3, 1, 5, tzinfo=UTC)
"""Noon in Jakarta."""
UI = "http://prefect.example"
PLAYBOOK = Playbook(
    brand="kopi",
    timezone="Asia/Jakarta",
    people={
        "sari": Person(id="sari", name="Sari <b>"),
        "dewi": Person(id="dewi", name="Dewi"),
    },
    roles={
        "cm": Role(id="cm", title="Community Manager", people=("sari",)),
        "smm": Role(id="smm", title="Social Media Manager", people=("dewi",)),
        "lead": Role(id="lead", title="Head of Brand"),
    },
    approvals={"replies": Approval(id="replies", by=("cm", "smm"), count=2)},
)
HOSTILE = [
    "<script>alert(1)</script>",
    "</blockquote></article><h1>out",
    "[click](javascript:alert(1)) ![pixel](https://evil.example/p.png)",
    "# a heading\n\n| a | table |\n|---|---|\n| b | c |",
    "\u202eevil\u2066 \u200fturned",
    "bell\x07 escape\x1b[2J null\x00 csi\x9b31m",
    "a\rb\u2028c",
]


def hours(number: float) -> datetime:
    return NOW + timedelta(hours=number)


def case(**more: Any) -> Case:
    given: dict[str, Any] = {
        "id": 7,
        "brand": "kopi",
        "state": State.awaiting_approval,
        "rule": "refund",
        "owner": "cm",
        "assignee": "sari",
        "claimed_until": hours(0.5),
        "severity": Severity.high,
        "play": Play.reply,
        "platform": "bluesky",
        "subject": "m2",
        "subject_event": 2,
        "topics": ("refund",),
        "approval": "replies",
        "playbook": "h",
        "opened_at": hours(-3),
        "first_response_due": hours(-1),
        "resolution_due": hours(30),
        "lease_run": "5d1c",
        "draft": 4,
    }
    return Case(**(given | more))


def message(text: str, **more: Any) -> Message:
    given: dict[str, Any] = {
        "id": "m2",
        "revision": "1",
        "author_id": "a",
        "handle": "galih",
        "time": hours(-2),
        "url": "https://net.example/m2",
    }
    return Message(**(given | {"text": text} | more))


DRAFT = Draft(
    id=4,
    case=7,
    version=2,
    text="Halo <kak>!",
    language="id",
    destination="toko m2",
    writer="sari",
    hash="x",
    thread_revision=0,
    made_at=NOW,
)


def page(found: Dossier, draft: Draft | None = DRAFT, trace: tuple[Tried, ...] = ()) -> str:
    stands = Standing(approved=("dewi",), away=frozenset({"sari"}))
    return CasePage(found, stands, PLAYBOOK, NOW, UI).page(draft, trace)


WHOLE = Dossier(
    case=case(),
    notice="rejected",
    messages=(
        message("Promo!", id="m1", handle="kopi", ours=True, url=None),
        message("balikin *duitnya*\n<b>sekarang</b>"),
        message("sabar", id="m3", handle="bayu", deleted=True),
    ),
    author_relation="customer",
    consulted=("smm",),
    informed=("lead",),
    earlier=(
        Earlier(
            id=3,
            state="resolved",
            outcome="responded",
            rule="late",
            topics=(),
            opened_at=hours(-90),
        ),
    ),
    linked=(6,),
    under=Under(
        kind="campaign",
        message="m1",
        campaign="launch",
        post="hello",
        url="https://net.example/m1",
    ),
    holds=(HoldState(id=1, brand="kopi", case=7, role="smm", started_at=NOW, ends_at=hours(2)),),
    said=(
        Said(
            person="sari",
            identity="verified",
            verdict="reject",
            code="ok",
            reason="too [short](x)",
            at=hours(-0.5),
        ),
        Said(person="dewi", identity="asserted", verdict="approve", code="not_eligible", at=NOW),
    ),
    handoffs=(
        Handoff(
            from_role="cm",
            to_role="smm",
            offered_by="sari",
            offered_at=NOW,
            expires_at=hours(4),
            reason="theirs",
        ),
    ),
    incident=9,
)
TRACE = (
    Tried(rule="crisis", matched=False, failed="topic: safety (found refund)"),
    Tried(rule="refund", matched=True),
)

GOLDEN = r"""**⚠ The last draft was rejected. This is a new one.**

**galih** · 03-01 10:00 · [open the post](https://net.example/m2)

> balikin \*duitnya\*  
> \<b\>sekarang\<\/b\>  

**[Decide in its form](http://prefect.example/runs/flow-run/5d1c)** or with `remit decide 7 approve --as PERSON` · [the day](http://prefect.example/artifacts/key/today-kopi-cm)

| Case 7 | awaiting approval |
|---|---|
| owner | Community Manager |
| who has it | Sari \<b\>, theirs alone until 03-01 12:30 |
| answer due | **03-01 11:00, overdue** |
| resolution due | 03-02 18:00 |
| severity | high |
| rule | `refund` |
| topics | refund |
| author | customer |
| approval | may approve: 2 of Sari \<b\> (cm, on leave), Dewi (smm) · approved by Dewi |
| also | Social Media Manager (consulted), Head of Brand (informed) |
| hangs under | campaign `launch`, post `hello` · [open](https://net.example/m1) |
| linked cases | [6](http://prefect.example/artifacts/key/case-kopi-6) |
| part of storm | 9 |
| holds | posts of Social Media Manager, until 03-01 14:00 (`remit hold 1` confirms or drops it) |

### The answer that waits: version 2, by Sari \<b\>

> Halo \<kak\>\!  

### Conversation

**we** · 03-01 10:00

> Promo\!  

**galih** · 03-01 10:00 · [open the post](https://net.example/m2) ← to be answered

> balikin \*duitnya\*  
> \<b\>sekarang\<\/b\>  

**bayu** · 03-01 10:00 · [open the post](https://net.example/m2)

*(deleted)*

### Decisions so far

| when | who | said | which | why |
|---|---|---|---|---|
| 03-01 11:30 | Sari \<b\> | reject (verified) | counts | too \[short\]\(x\) |
| 03-01 12:00 | Dewi | approve | The person named may not decide on this\. Nothing was sent\. |  |

### Handoffs

| when | from, to | by | what became of it | why |
|---|---|---|---|---|
| 03-01 12:00 | Community Manager to Social Media Manager | Sari \<b\> | **stands until 03-01 16:00** | theirs |

### Earlier cases of this author

- case 3, 02-25 18:00: late, responded

### How it was decided

- `crisis`: topic\: safety \(found refund\)
- `refund`: **matched**"""  # noqa: W291 - two spaces end a line of markdown


def test_a_whole_case_reads_like_this():
    assert page(WHOLE, trace=TRACE) == GOLDEN


def test_a_case_of_which_little_is_known_says_no_more_than_that():
    plain = Dossier(case=case(state=State.open, assignee=None, lease_run=None, draft=None))
    said = page(plain, None)
    assert "No draft waits for a decision. Take it with `remit ack 7 --as PERSON`" in said
    assert "| who has it | — |" in said
    for absent in ("### Conv", "### Dec", "### Hand", "### Earl", "### The answer", "storm"):
        assert absent not in said


def test_a_draft_without_words_is_said_to_have_none():
    said = page(WHOLE, DRAFT.model_copy(update={"text": " "}))
    assert "### The answer has still to be written" in said
    assert "version 2" not in said


def test_the_clocks_of_a_case_that_waits_are_said_to_stand_still():
    waits = case(state=State.waiting, waiting_since=hours(-1), waiting_for="supplier")
    said = page(Dossier(case=waits), None)
    assert "| waiting for | supplier since 03-01 11:00; the clocks stand still |" in said
    assert "overdue" not in said


def elements(markdown: str) -> list[str]:
    """What a renderer would make of it that takes all it is given."""
    shown = MarkdownIt("gfm-like", {"html": True, "linkify": False}).parse(markdown)
    inner = [child for token in shown for child in token.children or []]
    kinds = [token.type for token in (*shown, *inner)]
    plain = {"text", "inline", "softbreak", "hardbreak", "paragraph_open", "paragraph_close"}
    return [kind for kind in kinds if kind not in plain]


def everywhere(words: str) -> str:
    """The page of a case in which every place that a stranger or a person fills says this."""
    said = Said(
        person="sari", identity="asserted", verdict="reject", code="ok", reason=words, at=NOW
    )
    offer = Handoff(
        from_role="cm", to_role="smm", offered_at=NOW, expires_at=hours(1), reason=words
    )
    found = WHOLE.model_copy(
        update={
            "messages": (message(words, handle=words or "x"), message("", id="m3", handle="x")),
            "author_relation": words or "x",
            "said": (said,),
            "handoffs": (offer,),
        }
    )
    draft = DRAFT.model_copy(update={"text": words})
    return page(found, draft, (Tried(rule="r", matched=False, failed=words),))


_ANY = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40)


@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_text_makes_nothing_but_words(text):
    assert elements(everywhere(text)) == elements(everywhere("word"))
    for character in "\u202e\u2066\u200f\x07\x1b\x00\x9b\r\u2028":
        assert character not in everywhere(text)


@given(_ANY.filter(str.strip))
def test_any_text_makes_nothing_but_words(text):
    assert elements(everywhere(text)) == elements(everywhere("word"))


def test_what_is_not_seen_is_spelt_out_and_what_joins_letters_stays():
    assert visible("a\u202eb\x1b[2J\u2067") == "a\\u202eb\\x1b[2J\\u2067"
    family = "👩\u200d👩\u200d👧 \u0645\u06cc\u200c\u062e"
    assert visible(family) == family


@pytest.mark.parametrize("url", ["javascript:alert(1)", "https://x.example/) [a](b", "x y", ""])
def test_an_address_that_is_none_is_no_link(url):
    found = Dossier(case=case(), messages=(message("halo", url=url),))
    assert "open the post" not in page(found)


def test_a_closed_case_keeps_a_line_without_words():
    assert closed(7) == (
        "Case 7 is closed; what this page showed of it was removed. `remit cases --all` lists it."
    )

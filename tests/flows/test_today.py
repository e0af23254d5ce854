"""A role's day: what is due first on top, and nothing that is left out."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

from flows.today import LISTED, LONGEST, Day
from remit.ledger.holds import Held
from remit.ledger.storms import Storm
from remit.model import Case, Person, Play, Playbook, Role, Severity, State

NOW = datetime(2027, 3, 1, 5, tzinfo=UTC)
"""Noon in Jakarta."""
PLAYBOOK = Playbook(
    brand="kopi",
    timezone="Asia/Jakarta",
    people={"sari": Person(id="sari", name="Sari")},
    roles={
        "cm": Role(id="cm", title="Community Manager", people=("sari",)),
        "smm": Role(id="smm", title="Social Media Manager"),
    },
)


def hours(number: float) -> datetime:
    return NOW + timedelta(hours=number)


def case(number: int, due: float | None = 4, **more: Any) -> Case:
    given: dict[str, Any] = {
        "id": number,
        "brand": "kopi",
        "state": State.open,
        "rule": "late",
        "owner": "cm",
        "severity": Severity.normal,
        "play": Play.reply,
        "platform": "bluesky",
        "subject": f"m{number}",
        "subject_event": number,
        "topics": ("refund",),
        "playbook": "h",
        "opened_at": hours(-3),
        "first_response_due": None if due is None else hours(due),
    }
    return Case(**(given | more))


def hold(**more: Any) -> Held:
    given: dict[str, Any] = {
        "id": 1,
        "case": 2,
        "owner": "cm",
        "role": "smm",
        "starts": "at_once",
        "started_at": NOW,
    }
    return Held(**(given | more))


def page(
    cases: list[Case],
    role: str = "cm",
    holds: tuple[Held, ...] = (),
    storms: tuple[Storm, ...] = (),
) -> str:
    day = Day(
        PLAYBOOK, cases, holds, storms, now=NOW, link=lambda case: f"/case/{case.id}", ui="/ui"
    )
    words = day.words(role)
    return f"{words.line}\n{words.text}"


def listed(said: str, section: str) -> list[int]:
    """The cases of one section's table, from its top."""
    part = said.split(f"### {section}", 1)[1].split("###", 1)[0]
    return [int(number) for number in re.findall(r"\[\d+\]\(/case/(\d+)\)", part)]


def test_a_day_reads_like_this():
    cases = [
        case(1, 4),
        case(
            2, 2, assignee="sari", claimed_until=hours(1), warned_at=NOW, severity=Severity.critical
        ),
        case(3, -1, state=State.awaiting_approval),
        case(4, 2, state=State.waiting, waiting_since=hours(-2), waiting_for="supplier"),
        case(5, 3, handoff_to="smm", handoff_expires_at=hours(1)),
        case(6, 3, owner="smm", handoff_to="cm", handoff_expires_at=hours(2)),
        case(8, 3, owner="smm"),
    ]
    holds = (hold(ends_at=hours(3)),)
    assert (
        page(cases, holds=holds)
        == """\
**1 breached** · **1 due soon** · 2 open · 1 waiting · 1 offered to another role · **1 offered to you**
# Today: Community Manager

### Offered to you: take it, or leave it

| due | from | to | until | case | severity | topic | platform |
|---|---|---|---|---|---|---|---|
| 03-01 15:00 | smm | cm | 03-01 14:00 | [6](/case/6) | normal | refund | bluesky |

### Yours, what is due first on top

| due |  | what | case | severity | topic | platform | who has it | state |
|---|---|---|---|---|---|---|---|---|
| **03-01 11:00** | **breached** | answer | [3](/case/3) | normal | refund | bluesky | — | awaiting approval |
| **03-01 14:00** | due soon | answer | [2](/case/2) | **critical** | refund | bluesky | Sari until 03-01 13:00 | open |
| 03-01 15:00 |  | answer | [5](/case/5) | normal | refund | bluesky | — | open |
| 03-01 16:00 |  | answer | [1](/case/1) | normal | refund | bluesky | — | open |

### Waiting for somebody outside

| since | for | case | severity | topic | platform | who has it |
|---|---|---|---|---|---|---|
| 03-01 10:00 | supplier | [4](/case/4) | normal | refund | bluesky | — |

### Offered to another role, still yours

| due | from | to | until | case | severity | topic | platform |
|---|---|---|---|---|---|---|---|
| 03-01 15:00 | cm | smm | 03-01 13:00 | [5](/case/5) | normal | refund | bluesky |

### Holds that your cases placed

| hold | posts of | about | wait for case | until | confirmed by |
|---|---|---|---|---|---|
| 1 | smm | everything | 2, of cm | 03-01 15:00 | — |

In one step: `remit hold N --confirm --as PERSON`, or `--drop --reason WHY`

Times are Asia/Jakarta. [All forms that wait](/ui/runs?state=Suspended&flow-runs-sort=NAME_ASC), \
or in a terminal: `remit cases --role cm`"""
    )


def test_the_role_that_a_hold_stops_sees_it_first():
    said = page([case(2)], "smm", (hold(topics=("promo",), confirmed_by="dewi"),))
    assert said.index("Stopped by a hold") < said.index("In one step") < said.index("Times are")
    assert "| 1 | smm | promo | 2, of cm | the case is resolved | dewi |" in said
    assert "placed" not in said
    waits = page([case(2)], "smm", (hold(started_at=None),))
    assert "begins when the case is acknowledged" in waits


def test_every_unanswered_member_of_a_storm_is_listed_or_counted():
    members = [case(number, 4, incident=9, channel="toko") for number in range(1, LISTED + 6)]
    shown = case(91, 3, incident=9, channel="toko", state=State.awaiting_approval)
    its_own = case(93, 4.5, incident=9)
    said = page([*members, shown, its_own, case(92, 5)])
    assert f"storm 9, {len(members) + 1} unanswered" in said
    assert "and 6 more (`remit storm 9`)" in said
    # Those without a form do not push the role's other cases off the page.
    assert listed(said, "Yours") == [91, 93, 92]
    assert "--answer" not in said


def test_a_storm_with_approved_words_says_how_they_go_out():
    storm = Storm(
        id=9, brand="kopi", topic="refund", opened_at=NOW, rate=30, baseline=1, statement=5
    )
    said = page([case(1, incident=9, channel="toko")], storms=(storm,))
    assert (
        "- storm 9 about refund, 1 unanswered: [1](/case/1); its words are approved: "
        "`remit storm 9 --answer --as PERSON`"
    ) in said


def test_a_long_day_says_how_many_it_leaves_out():
    said = page([case(number, number) for number in range(1, LONGEST + 8)])
    assert listed(said, "Yours") == list(range(1, LONGEST + 1))
    assert "And 7 more" in said


def test_an_empty_day_is_a_page_too():
    said = page([])
    assert said.startswith("0 breached · 0 due soon · 0 open · 0 waiting")
    assert "\n# Today: Community Manager\n" in said

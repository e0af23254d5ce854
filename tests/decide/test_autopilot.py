"""What may go out unseen: a template's first answer, of a rule that says so, few a day."""

from __future__ import annotations

import pytest

from remit.decide import may_go_unseen
from remit.decide.autopilot import LIMIT
from remit.model import Template


@pytest.fixture
def asked(brand, a_case, a_draft):
    """The answer to the question; each part as it should be unless the test changes it."""

    def ask(*, case=None, draft=None, book=None, **more):
        basic = {
            "autopilot": {"refunds": 2},
            "templates": {"sorry": Template(id="sorry", body="Maaf ya kak.")},
        }
        drafted = None if draft == "none" else a_draft(**({"template": "sorry"} | (draft or {})))
        return may_go_unseen(
            a_case(**({"channel": "bsky"} | (case or {}))),
            drafted,
            brand(**(basic | (book or {}))),
            **({"today": 0} | more),
        )

    return ask


def test_a_templates_first_answer_to_a_rule_that_says_so_may(asked):
    assert asked() is None
    assert asked(today=1) is None


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"today": 2}, LIMIT),
        ({"today": 3}, LIMIT),
        ({"case": {"rule": "questions"}}, "not_autopilot"),
        ({"book": {"autopilot": {}}}, "not_autopilot"),
        ({"case": {"play": "triage"}}, "not_autopilot"),
        ({"case": {"severity": "high"}}, "too_loud"),
        ({"case": {"severity": "critical"}}, "too_loud"),
        ({"case": {"approval": "signed"}}, "asks_for_a_code"),
        ({"case": {"approval": None}}, "asks_for_a_code"),
        ({"draft": "none"}, "no_template"),
        ({"draft": {"template": None}}, "no_template"),
        ({"draft": {"writer": "sari"}}, "no_template"),
        ({"draft": {"text": " \n"}}, "empty_text"),
        ({"draft": {"template": "gone"}}, "playbook_changed"),
        ({"case": {"playbook": "e" * 64}}, "playbook_changed"),
        ({"case": {"thread_revision": 1}}, "thread_moved"),
        ({"case": {"thread_revision": 1}, "draft": {"thread_revision": 1}}, "thread_moved"),
        ({"case": {"acknowledged_at": "2027-03-01T10:01:00+07:00"}}, "taken"),
        ({"case": {"claimed_until": "2027-03-01T10:01:00+07:00"}}, "taken"),
        ({"case": {"waiting_since": "2027-03-01T10:01:00+07:00"}}, "taken"),
        ({"case": {"assignee": "sari"}}, "taken"),
        ({"case": {"handoff_to": "smm"}}, "taken"),
        ({"case": {"incident": 3}}, "taken"),
        ({"case": {"responded_at": "2027-03-01T10:01:00+07:00"}}, "goes_on"),
        ({"case": {"reopened_at": "2027-03-01T10:01:00+07:00"}}, "goes_on"),
        ({"before": 1}, "goes_on"),
        ({"stopped": "storm"}, "stopped"),
        ({"case": {"channel": None}}, "watch"),
        ({"case": {"channel": "gone"}}, "watch"),
    ],
)
def test_everything_else_is_for_a_person(asked, changed, code):
    no = asked(**changed)
    assert no is not None
    assert no[0] == code
    assert no[1].endswith(".")


def test_a_channel_that_only_watches_sends_nothing_unseen(asked, brand):
    watch = brand().channels["bsky"].model_copy(update={"mode": "watch"})
    no = asked(book={"channels": {"bsky": watch}})
    assert no is not None
    assert no[0] == "watch"

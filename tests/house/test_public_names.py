"""What `from remit import ...` gives, as the page of the language promises it."""

from __future__ import annotations

from pathlib import Path

import pytest

import remit
from remit import Decision, Event, Playbook, Router, load_playbook
from remit.model import AnyOf, FieldTest, When

KOPI = Path(__file__).parents[2] / "playbooks" / "kopi"


def test_a_playbook_decides_an_event_in_one_line():
    playbook = load_playbook(KOPI)
    assert isinstance(playbook, Playbook)
    event = Event(
        id="1",
        kind="conversation.comment",
        platform="sandbox",
        time="2027-03-01T10:00+07:00",  # type: ignore[arg-type] # as JSON has it
        text="refund dong",
    )
    decision = Router(playbook).decide(event)
    assert isinstance(decision, Decision)
    assert (decision.rule, decision.outcome.owner) == ("refund", "cm")


@pytest.mark.parametrize(
    ("at", "rule"),
    [("2027-01-04T10:00+07:00", "otherwise"), ("2027-01-01T10:00+07:00", "closed")],
)
def test_public_holidays_are_counted_without_asking(at, rule):
    playbook = load_playbook(KOPI)
    asked = FieldTest(field="outside_hours", test=AnyOf(values=("smm",)))
    closed = playbook.rules[0].model_copy(update={"id": "closed", "when": When(all=(asked,))})
    router = Router(playbook.model_copy(update={"rules": (closed,)}))
    event = Event(id="1", kind="conversation.comment", platform="sandbox", time=at)
    assert router.decide(event).rule == rule


def test_a_name_that_is_not_public_is_refused_as_python_does():
    with pytest.raises(AttributeError, match="has no attribute 'Dispatcher'"):
        _ = remit.Dispatcher

"""Scenarios: what may be expected of a decision, what is said when it is not so, and what none reaches."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pytest

from remit.check import Given, Study
from remit.check.findings import pb040
from remit.check.scenarios import Report, run
from remit.model import (
    OTHERWISE,
    AnyOf,
    Due,
    Duration,
    FieldTest,
    HoldOrder,
    HoldsTopics,
    Hours,
    Outcome,
    Play,
    Playbook,
    Role,
    Rule,
    Scenario,
    Severity,
    Span,
    Topic,
    When,
    Where,
)

AT = datetime.fromisoformat("2027-03-01T23:10+07:00")
HOUR = Duration(seconds=3600)
TALK = FieldTest(field="kind", test=AnyOf(values=("conversation",)))


def about(*topics: str) -> FieldTest:
    return FieldTest(field="topic", test=HoldsTopics(any=topics))


def rule(name: str, line: int, *tests: FieldTest, **outcome: Any) -> Rule:
    said = {"owner": "cm", "play": Play.triage} | outcome
    where = Where(file="playbook.yaml", line=line)
    return Rule(id=name, when=When(all=tests), outcome=Outcome(**said), where=where)


CRISIS = rule(
    "crisis",
    10,
    about("safety"),
    informed=("lead", "smm"),
    severity=Severity.critical,
    approval="statements",
    escalation="urgent",
    template="sorry",
    due=Due(first_response=HOUR, clock="calendar"),
    hold=HoldOrder(posts_of="smm", at_most=Duration(seconds=7200), topics=("refund",)),
)
REFUND = rule(
    "refund",
    20,
    about("refund"),
    due=Due(first_response=HOUR, next_response=HOUR, resolution=Duration(days=2)),
)
LOST = rule("lost", 30, FieldTest(field="platform", test=AnyOf(values=("nowhere",))), owner="smm")
REST = rule(OTHERWISE, 40, owner="smm", play=Play.log)


def a_playbook(*scenarios: Scenario, **more: Any) -> Playbook:
    week = ((Span(since=540, until=1080),),) * 7
    said: dict[str, Any] = {
        "brand": "kopi",
        "timezone": "Asia/Jakarta",
        "roles": {
            "cm": Role(id="cm", title="CM", hours=Hours(week=week)),
            "smm": Role(id="smm", title="SMM"),
        },
        "topics": {
            "safety": Topic(id="safety", words=("*racun*",)),
            "refund": Topic(id="refund", words=("refund*",)),
        },
        "rules": (CRISIS, REFUND, LOST),
        "otherwise": REST,
        "scenarios": scenarios,
    }
    return Playbook(**(said | more))


def a_scenario(text: str | None, name: str = "a message", **expect: Any) -> Scenario:
    said = {} if text is None else {"text": text}
    event = {"kind": "conversation.message", "platform": "sandbox", **said}
    where = Where(file="scenarios/one.yaml", line=3)
    return Scenario(name=name, at=AT, event=event, expect=expect, where=where)


def played(text: str | None, **expect: Any) -> Report:
    return run(a_playbook(a_scenario(text, **expect)))


def wrong(text: str | None, **expect: Any) -> list[tuple[str, str, str]]:
    (result,) = played(text, **expect).results
    return [(each.key, each.expected, each.got) for each in result.mismatches]


POISON, MONEY, NEITHER = "keracunan", "refund dong", "halo"


@pytest.mark.parametrize(
    "expect",
    [
        {"rule": "crisis", "owner": "cm", "severity": "critical", "play": "triage"},
        {"template": "sorry", "approval": "statements", "escalation": "urgent"},
        {"informed": ["smm", "lead"], "topics": ["safety"], "consulted": []},
        {"topics": "safety"},
        {"rule": ["refund", "crisis"]},
        {"due": {"first_response": "1h", "clock": "calendar"}},
        {"due": {"first_response": "60m"}},
        {"due": {"first_response": "2027-03-02T00:10+07:00"}},
        {"due": {"first_response": "2027-03-01T17:10Z"}},
        {
            "due": {
                "first_response": {"not": ["4h", "2027-03-02T09:00+07:00"]},
                "resolution": "none",
            }
        },
        {"hold": {"posts_of": "smm", "starts": "at_once", "at_most": "2h", "topics": ["refund"]}},
        {"hold": {"at_most": "120m"}},
        {"rule": {"not": "refund"}, "owner": {"not": ["smm", "lead"]}},
        {"consulted": {"not": "smm"}, "topics": {"not": ["refund"]}},
        {"hold": {"not": "none"}, "due": {"not": "none"}},
    ],
)
def test_what_holds_is_not_complained_of(expect):
    assert wrong(POISON, **expect) == []


@pytest.mark.parametrize(
    ("expect", "said"),
    [
        ({"rule": "refund"}, ("rule", "refund", "crisis")),
        ({"rule": ["refund", "lost"]}, ("rule", "refund or lost", "crisis")),
        ({"owner": "smm"}, ("owner", "smm", "cm")),
        ({"severity": "high"}, ("severity", "high", "critical")),
        ({"play": "reply"}, ("play", "reply", "triage")),
        ({"template": "other"}, ("template", "other", "sorry")),
        ({"approval": "replies"}, ("approval", "replies", "statements")),
        ({"escalation": "slow"}, ("escalation", "slow", "urgent")),
        ({"consulted": ["smm"]}, ("consulted", "smm", "none")),
        ({"informed": ["smm"]}, ("informed", "smm", "lead and smm")),
        ({"topics": []}, ("topics", "none", "safety")),
        ({"rule": {"not": "crisis"}}, ("rule", "not crisis", "crisis")),
        ({"owner": {"not": ["smm", "cm"]}}, ("owner", "not smm or cm", "cm")),
        ({"informed": {"not": "smm"}}, ("informed", "not smm", "lead and smm")),
        ({"due": {"first_response": "2h"}}, ("due.first_response", "2h", "1h")),
        ({"due": {"resolution": "2h"}}, ("due.resolution", "2h", "none")),
        ({"due": {"clock": "business"}}, ("due.clock", "business", "calendar")),
        (
            {"due": {"first_response": "2027-03-02T09:00+07:00"}},
            ("due.first_response", "2027-03-02T09:00+07:00", "2027-03-02T00:10+07:00"),
        ),
        (
            {"due": {"first_response": "2027-03-02T00:10"}},
            ("due.first_response", "2027-03-02T00:10", "2027-03-02T00:10+07:00"),
        ),
        ({"due": "none"}, ("due", "none", "something")),
        (
            {"due": {"first_reply": "1h"}},
            (
                "due.first_reply",
                "one of first_response, next_response, resolution, clock",
                "the key first_reply",
            ),
        ),
        ({"hold": {"posts_of": "cm"}}, ("hold.posts_of", "cm", "smm")),
        ({"hold": {"at_most": "3h"}}, ("hold.at_most", "3h", "2h")),
        ({"hold": {"topics": []}}, ("hold.topics", "none", "refund")),
    ],
)
def test_what_does_not_hold_is_said_with_both_sides(expect, said):
    assert wrong(POISON, **expect) == [said]


def test_what_the_decision_lacks_is_none():
    assert (
        wrong(NEITHER, rule=OTHERWISE, due="none", hold="none", escalation="none", topics=[]) == []
    )
    assert wrong(NEITHER, hold={"posts_of": "smm"}) == [("hold", "posts_of smm", "none")]
    assert wrong(NEITHER, due={"resolution": "2d"}) == [("due", "resolution 2d", "none")]


def test_due_times_count_the_owners_working_hours():
    due = {"first_response": "2027-03-02T10:00+07:00", "resolution": "2027-03-04T09:00+07:00"}

    assert wrong(MONEY, due=due | {"next_response": "1h"}) == []
    (result,) = played(MONEY, due={"first_response": "2027-03-02T00:10+07:00"}).results
    assert [each.because for each in result.mismatches] == ["1h on the business clock"]


def test_everything_that_is_wrong_is_said_at_once():
    assert [key for key, _, _ in wrong(MONEY, rule="crisis", owner="smm", severity="low")] == [
        "rule",
        "owner",
        "severity",
    ]


# Why -----------------------------------------------------------------------------------------------


def explained(text: str | None, **expect: Any) -> list[tuple[str, bool, str | None]]:
    (result,) = played(text, **expect).results
    return [(line.rule, line.matched, line.failed) for line in result.trace]


def test_the_test_that_failed_is_named_for_the_rule_that_was_expected():
    assert explained(MONEY, rule="crisis") == [
        ("crisis", False, "topic: safety (found refund)"),
        ("refund", True, None),
    ]


def test_a_rule_further_down_was_never_tried():
    assert explained(POISON, rule="refund") == [
        ("refund", False, "stands below crisis"),
        ("crisis", True, None),
    ]


def test_without_a_rule_named_the_one_that_won_explains_it():
    assert explained(POISON, owner="smm") == [("crisis", True, None)]
    assert explained(NEITHER, owner="cm") == [(OTHERWISE, True, None)]


def test_nothing_is_explained_where_all_holds():
    assert explained(POISON, rule="crisis") == []


def test_an_event_that_nobody_takes_fails():
    (result,) = run(a_playbook(a_scenario(NEITHER, rule="refund"), otherwise=None)).results

    assert result.rule is None
    assert [(each.key, each.expected) for each in result.mismatches] == [("rule", "refund")]


def test_an_event_that_cannot_be_fails_with_its_field():
    scenario = a_scenario(MONEY, rule="refund")
    broken = scenario.model_copy(update={"event": {**scenario.event, "reach": -1}})
    (result,) = run(a_playbook(broken)).results

    assert [each.key for each in result.mismatches] == ["event.reach"]
    assert "greater than or equal to 0" in result.mismatches[0].got


# What no scenario reaches ----------------------------------------------------------------------------


def test_a_rule_that_nothing_reaches_is_named():
    report = run(
        a_playbook(a_scenario(POISON, rule="crisis"), a_scenario(MONEY, "b", rule="crisis"))
    )

    assert [result.held for result in report.results] == [True, False]
    assert report.unreached == ("lost", OTHERWISE)


def infos(playbook: Playbook) -> list[Any]:
    return list(pb040.find(Study(playbook, Given(since=date(2027, 1, 1)))))


def test_without_scenarios_every_rule_is_one_that_none_reaches():
    found = infos(a_playbook())

    assert [(each.code, each.severity, each.rule, each.line) for each in found] == [
        ("PB040", "info", "crisis", 10),
        ("PB040", "info", "refund", 20),
        ("PB040", "info", "lost", 30),
        ("PB040", "info", OTHERWISE, 40),
    ]
    assert found[0].message == (
        "no scenario reaches crisis; found no scenario at all; "
        "add one to a file in scenarios/ that shows what the rule is for"
    )


def test_an_event_to_begin_a_scenario_with_is_given():
    playbook = a_playbook(a_scenario(POISON))
    found = infos(playbook)

    assert [each.rule for each in found] == ["refund", "lost", OTHERWISE]
    for each in found:
        assert each.event is not None
        begun = a_scenario(each.event.text, rule=each.rule)
        event = {"kind": each.event.kind, "platform": each.event.platform}
        begun = begun.model_copy(update={"event": {**begun.event, **event}})
        assert run(playbook.model_copy(update={"scenarios": (begun,)})).failed == ()


def test_a_dead_rule_is_not_said_twice():
    dead = rule("dead", 15, about("safety"), TALK)

    assert "dead" not in [each.rule for each in infos(a_playbook(rules=(CRISIS, dead, REFUND)))]


def test_a_playbook_whose_scenarios_reach_all_has_no_such_finding():
    taken = FieldTest(field="kind", test=AnyOf(values=("conversation",)))
    playbook = a_playbook(a_scenario(MONEY), rules=(rule("all", 1, taken),), otherwise=None)

    assert infos(playbook) == []

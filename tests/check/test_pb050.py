"""PB050: goals on what another role owns."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from remit.check import Given, Study
from remit.check.findings import pb050
from remit.model import (
    AnyOf,
    FieldTest,
    Finding,
    Goal,
    NoneOf,
    Outcome,
    Play,
    Playbook,
    Role,
    Rule,
    When,
    Where,
)

METRICS = {
    "first_response": frozenset({"conversation"}),
    "engagement_rate": frozenset({"content.brief", "audience.share"}),
}


def a_rule(name: str, owner: str, *kinds: str, more: tuple[FieldTest, ...] = ()) -> Rule:
    tests = (FieldTest(field="kind", test=AnyOf(values=kinds)),) if kinds else ()
    when = When(all=(*tests, *more))
    return Rule(id=name, when=when, outcome=Outcome(owner=owner, play=Play.log))


TALK, BRIEF = a_rule("talk", "cm", "conversation"), a_rule("brief", "smm", "content.brief")
REFUNDS = FieldTest(field="platform", test=AnyOf(values=("sandbox",)))


def wrong(metric: str, role: str, *rules: Rule, otherwise: str | None = None) -> list[Finding]:
    goal = Goal(metric=metric, at_most=Decimal(1), where=Where(file="playbook.yaml", line=9))
    roles = {
        name: Role(id=name, title=name, goals=(goal,) if name == role else ())
        for name in ("cm", "smm")
    }
    rest = None if otherwise is None else a_rule("otherwise", otherwise)
    playbook = Playbook(brand="kopi", roles=roles, rules=rules, otherwise=rest)
    return list(pb050.find(Study(playbook, Given(date(2027, 1, 1), metrics=METRICS))))


def test_a_goal_on_another_roles_work_is_told_with_its_owner():
    (finding,) = wrong("engagement_rate", "cm", TALK, BRIEF)
    assert (finding.code, finding.severity, finding.rule) == ("PB050", "error", None)
    assert finding.others == ("brief",)
    assert str(finding) == (
        "playbook.yaml:9: PB050 cm has a goal on engagement_rate, which is made of audience.share, "
        "content.brief; found that smm owns them by brief; move the goal to smm, or give cm a rule "
        "for them"
    )


def test_a_goal_on_ones_own_work_is_fine():
    assert wrong("engagement_rate", "smm", TALK, BRIEF) == []
    assert wrong("first_response", "cm", TALK, BRIEF) == []


def test_a_part_of_the_work_is_enough():
    some = a_rule("some", "smm", "conversation.message", more=(REFUNDS,))
    assert wrong("first_response", "smm", some, TALK) == []
    assert wrong("engagement_rate", "smm", a_rule("shares", "smm", "audience")) == []


def test_what_earlier_rules_take_wholly_is_not_owned():
    late = a_rule("late", "smm", "conversation")
    assert len(wrong("first_response", "smm", TALK, late)) == 1
    assert len(wrong("first_response", "smm", a_rule("all", "cm"), late)) == 1
    assert wrong("first_response", "smm", a_rule("part", "cm", more=(REFUNDS,)), late) == []


def test_kinds_may_be_excluded_or_come_in_alternatives():
    rest = Rule(
        id="rest",
        when=When(all=(FieldTest(field="kind", test=NoneOf(values=("conversation",))),)),
        outcome=Outcome(owner="smm", play=Play.log),
    )
    assert len(wrong("first_response", "smm", rest, TALK)) == 1
    assert wrong("engagement_rate", "smm", rest, TALK) == []
    either = Rule(
        id="either",
        when=When(any=(BRIEF.when.all, (REFUNDS,))),
        outcome=Outcome(owner="smm", play=Play.log),
    )
    assert wrong("engagement_rate", "smm", either, TALK) == []


@pytest.mark.parametrize(("rules", "found"), [((TALK,), 0), ((TALK, BRIEF), 1)])
def test_what_falls_through_counts_only_where_no_rule_gives_it_to_anybody(rules, found):
    assert len(wrong("engagement_rate", "cm", *rules, otherwise="cm")) == found


def test_what_nobody_owns_is_nobodys_goal():
    (finding,) = wrong("engagement_rate", "smm", TALK, otherwise="cm")
    assert "found that no rule takes any of them" in finding.message
    assert finding.message.endswith("give smm a rule for them, or take the goal out")


def test_a_metric_that_nobody_defined_is_not_judged():
    assert wrong("happiness", "cm", BRIEF) == []

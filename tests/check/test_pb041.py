"""PB041: fields that nothing fills."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from remit.check import Given, Study
from remit.check.findings import pb041
from remit.model import (
    AnyOf,
    Channel,
    Contact,
    Exists,
    FieldTest,
    NoneOf,
    Outcome,
    Play,
    Playbook,
    Role,
    Rule,
    When,
    Where,
)

SUPPLIED = {
    "sandbox": frozenset({"topic", "author.followers"}),
    "bluesky": frozenset({"topic", "author.verified"}),
}
TOKO, BSKY = (Channel(id=name, platform=name) for name in SUPPLIED)


def asking(field: str, *values: Any) -> FieldTest:
    return FieldTest(field=field, test=AnyOf(values=values or ("x",)))


def a_rule(*tests: FieldTest, either: tuple[FieldTest, ...] = (), name: str = "one") -> Rule:
    return Rule(
        id=name,
        when=When(all=tests, any=tuple((test,) for test in either)),
        outcome=Outcome(owner="cm", play=Play.log),
        where=Where(file="playbook.yaml", line=7),
    )


def idle(*rules: Rule, channels=(TOKO,), contacts=(), **given: Any) -> list[str]:
    playbook = Playbook(
        brand="kopi",
        roles={"cm": Role(id="cm", title="CM")},
        channels={channel.id: channel for channel in channels},
        contacts=contacts,
        rules=rules,
    )
    known: dict[str, Any] = {
        "supplied": SUPPLIED,
        "signals": frozenset({"language"}),
        "own": {"metric": frozenset({"value"})},
    }
    study = Study(playbook, Given(date(2027, 1, 1), **(known | given)))
    return [finding.message for finding in pb041.find(study)]


def test_a_field_that_nothing_fills_is_told_with_what_is_filled():
    rule = a_rule(asking("kind", "conversation"), asking("reach"), asking("topic"))
    playbook = Playbook(
        brand="kopi",
        roles={"cm": Role(id="cm", title="CM")},
        channels={"toko": Channel(id="toko", platform="sandbox")},
        rules=(rule,),
    )
    study = Study(playbook, Given(date(2027, 1, 1), supplied=SUPPLIED))
    (finding,) = pb041.find(study)
    assert (finding.code, finding.severity, finding.rule) == ("PB041", "warning", "one")
    assert str(finding) == (
        "playbook.yaml:7: PB041 one tests what nothing fills: reach; "
        "found on toko (sandbox) only author.followers, topic; test something that arrives"
    )


def test_all_such_fields_of_a_rule_are_told_at_once_also_those_of_alternatives():
    rule = a_rule(asking("reach"), either=(asking("toxicity"), asking("reach"), asking("topic")))
    (said,) = idle(rule, a_rule(asking("topic"), name="two"))
    assert said.startswith("one tests what nothing fills: reach, toxicity; ")


@pytest.mark.parametrize(
    "field", ["kind", "platform", "channel", "within_hours", "outside_hours", "language", "topic"]
)
def test_what_every_event_has_and_what_signals_and_platforms_fill_is_no_finding(field):
    assert idle(a_rule(asking(field))) == []


@pytest.mark.parametrize(
    "test", [NoneOf(values=("x",)), Exists(exists=False)], ids=["not", "exists"]
)
def test_a_test_that_always_passes_is_one_too(test):
    assert len(idle(a_rule(FieldTest(field="reach", test=test)))) == 1


def test_any_channel_that_reaches_the_rule_may_fill_it():
    assert idle(a_rule(asking("author.verified"))) != []
    assert idle(a_rule(asking("author.verified")), channels=(TOKO, BSKY)) == []


@pytest.mark.parametrize(
    "narrowed",
    [
        asking("platform", "sandbox"),
        asking("channel", "sandbox"),
        FieldTest(field="platform", test=NoneOf(values=("bluesky",))),
    ],
    ids=["platform", "channel", "not"],
)
def test_a_channel_that_cannot_reach_the_rule_fills_nothing(narrowed):
    rule = a_rule(narrowed, asking("author.verified"))
    assert len(idle(rule, channels=(TOKO, BSKY))) == 1


def test_the_contact_list_fills_relations_and_fields_of_its_platforms():
    rule = a_rule(asking("author.relation"), asking("fields.tier"))
    (said,) = idle(rule)
    assert said.endswith(
        "add relation, tier to contacts.csv for a platform of the playbook, or test something else"
    )
    listed = Contact(platform="sandbox", handle="a", relation="press", fields={"tier": "gold"})
    assert idle(rule, contacts=(listed,)) == []
    (said,) = idle(rule, contacts=(listed.model_copy(update={"relation": None}),))
    assert "fills: author.relation;" in said
    elsewhere = listed.model_copy(update={"platform": "bluesky"})
    assert len(idle(rule, contacts=(elsewhere,))) == 1


def test_fields_of_remits_own_events_are_filled_for_their_kinds_alone():
    assert idle(a_rule(asking("kind", "metric.spike"), asking("value"))) == []
    assert idle(a_rule(asking("kind", "conversation", "metric"), asking("value"))) == []
    assert idle(a_rule(asking("value"))) == []
    assert len(idle(a_rule(asking("kind", "conversation"), asking("value")))) == 1


def test_a_platform_that_nobody_knows_may_fill_anything():
    unknown = Channel(id="ig", platform="instagram")
    rules = (a_rule(asking("reach")), a_rule(asking("platform", "sandbox"), asking("reach")))
    assert len(idle(*rules, channels=(TOKO, unknown))) == 1


def test_a_brand_that_listens_to_nothing_is_not_judged():
    assert idle(a_rule(asking("reach")), channels=()) == []
    assert idle(a_rule(asking("reach")), supplied=None) == []

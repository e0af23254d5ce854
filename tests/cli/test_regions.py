"""Which events pass from one rule to another: what both ask for, said once."""

from __future__ import annotations

from decimal import Decimal

import pytest

from remit.cli.regions import region
from remit.model import (
    AnyOf,
    Exists,
    FieldTest,
    HoldsTopics,
    NoneOf,
    Outcome,
    Play,
    Range,
    Rule,
    Test,
    When,
)


def rule(*tests: FieldTest, either: tuple[tuple[FieldTest, ...], ...] = ()) -> Rule:
    when = When(all=tests, any=either)
    return Rule(id="one", when=when, outcome=Outcome(owner="cm", play=Play.log))


def asked(field: str, test: Test) -> FieldTest:
    return FieldTest(field=field, test=test)


def together(field: str, old: Test, new: Test) -> list[Test]:
    found = region(rule(asked(field, old)), rule(asked(field, new))).when
    assert found.any == ()
    return [one.test for one in found.all]


def values(*names: str) -> AnyOf:
    return AnyOf(values=names)


@pytest.mark.parametrize(
    ("field", "old", "new", "both"),
    [
        ("kind", values("conversation"), values("conversation.comment"), values("conversation.comment")),
        ("kind", values("audience", "metric"), NoneOf(values=("metric.spike",)), values("audience", "metric.threshold")),
        ("under", values("ad", "campaign"), values("campaign", "none"), values("campaign")),
        ("under", values("ad", "campaign"), NoneOf(values=("ad",)), values("campaign")),
        (
            "reach",
            Range(at_least=Decimal(1), less_than=Decimal(9)),
            Range(at_least=Decimal(3)),
            Range(at_least=Decimal(3), less_than=Decimal(9)),
        ),
        ("topic", HoldsTopics(any=("a",)), HoldsTopics(any=("b",)), HoldsTopics(all=("a", "b"))),
        ("topic", HoldsTopics(any=("a", "b")), HoldsTopics(none=("b",)), HoldsTopics(all=("a",), none=("b",))),
        ("topic", HoldsTopics(any=("a", "b")), HoldsTopics(all=("a", "c")), HoldsTopics(all=("a", "c"))),
        ("language", values("id"), values("id"), values("id")),
    ],
)  # fmt: skip
def test_two_tests_of_a_field_are_said_as_one(field, old, new, both):
    assert together(field, old, new) == [both]


@pytest.mark.parametrize(
    ("field", "old", "new"),
    [
        ("topic", HoldsTopics(any=("a", "b")), HoldsTopics(any=("c", "d"))),
        ("platform", NoneOf(values=("x",)), Exists(exists=True)),
        ("reach", Range(at_least=Decimal(1)), Exists(exists=True)),
    ],
)
def test_what_cannot_be_said_as_one_stays_two(field, old, new):
    assert together(field, old, new) == [old, new]


def test_alternatives_of_both_rules_are_combined():
    ad, campaign = (asked("under", values(name)) for name in ("ad", "campaign"))
    press = asked("author.relation", values("press"))

    found = region(rule(either=((ad,), (campaign,))), rule(either=((press,),))).when

    assert found == When(any=((ad, press), (campaign, press)))


def test_an_only_alternative_is_a_test_like_others():
    ad = asked("under", values("ad"))

    assert region(rule(), rule(either=((ad,),))).when == When(all=(ad,))


def test_too_many_alternatives_are_those_of_the_new_rule():
    shops = tuple((asked("language", values(f"l{n}")),) for n in range(4))
    kinds = tuple((asked("metric", values(f"m{n}")),) for n in range(4))

    assert region(rule(either=shops), rule(either=kinds)).when.any == kinds


def test_a_redefined_topic_is_told_apart_where_only_one_rule_asks_for_it():
    safety = asked("topic", HoldsTopics(any=("safety",)))

    def topics(old: Rule, new: Rule) -> list[Test]:
        return [one.test for one in region(old, new, {"safety"}).when.all]

    assert topics(rule(safety), rule()) == [HoldsTopics(any=("safety, as it was",))]
    assert topics(rule(), rule(safety)) == [HoldsTopics(any=("safety, as it is now",))]
    assert topics(rule(safety), rule(safety)) == [HoldsTopics(any=("safety",))]

"""The Router against a naive reading of the language's page, on a hundred thousand decisions."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from remit.decide import Router
from remit.model import (
    KINDS,
    AnyOf,
    Channel,
    Event,
    Exists,
    FieldSpec,
    FieldTest,
    HoldsTopics,
    NoneOf,
    Range,
    Test,
    Topic,
)

PLAYBOOKS = 110
EVENTS = 250
BLOCKS = 4
"""PLAYBOOKS * EVENTS * BLOCKS is more than 100,000."""

NAMES = {
    "kind": ["conversation", "audience", "metric", *KINDS[:4], "case.overdue"],
    "platform": ["bluesky", "mastodon", "forum"],
    "channel": ["bsky", "toko", "other"],
    "language": ["id", "en"],
    "metric": ["reach"],
    "under": ["campaign", "organic", "none"],
    "author.relation": ["press", "fan"],
    "fields.tier": ["gold", "silver"],
    "within_hours": ["cm", "smm", "lead"],
    "outside_hours": ["cm", "smm", "lead"],
}
NUMBERS = {
    "author.followers": ["0", "1", "9", "9.5", "10", "1e30"],
    "reach": ["0", "1", "2", "10"],
    "sentiment": ["-1", "-0.5", "0", "0.50", "1"],
    "toxicity": ["0", "0.1", "1"],
    "value": ["-9e30", "0.1", "0.10000000000000000000000000001", "7"],
    "change": ["-1", "0"],
    "fields.order": ["1", "1.0", "9.5", "100"],
}
TOPICS = ("refund", "safety", "inner", "odd")
WORDS = [
    *("uang", "kembali", "dong", "refund", "*racun*", "racun", "lagu", "duit*", "*an", "a", "🔥"),
    *("é*", "masuk", "rs", "kopi", "2x", "c_d", "字"),
]
PIECES = [
    *("uang", "kembali", "kembaliii", "dong", "Refund", "re\u200bfunddd", "keracunan", "racun"),
    *("lagu", "duitku", "makanan", "aa", "🔥🔥", "É", "e\u0301toile", "cafe\u200d\u0301", "masuk"),
    *("RS!", "kopi,", "2x", "c_d", "字", "ＲＥＦＵＮＤ", "don't", "\x00", "a\u00adn"),
]


def values_of(field: str) -> st.SearchStrategy[Test]:
    some = st.lists(st.sampled_from(NAMES[field]), min_size=1, max_size=2).map(tuple)
    named = st.one_of(st.builds(AnyOf, values=some), st.builds(NoneOf, values=some))
    if field in {"within_hours", "outside_hours"}:
        return named
    return st.one_of(named, st.builds(Exists, exists=st.booleans()))


def numbers_of(field: str) -> st.SearchStrategy[Test]:
    number = st.sampled_from(NUMBERS[field]).map(Decimal)
    bound = st.none() | number
    return st.one_of(
        st.builds(Range, at_least=bound, more_than=bound, at_most=bound, less_than=bound),
        st.builds(Exists, exists=st.booleans()),
        st.builds(AnyOf, values=st.tuples(number)),
        st.builds(NoneOf, values=st.tuples(number, number)),
    )


def asking(field: str, tests: st.SearchStrategy[Test]) -> st.SearchStrategy[FieldTest]:
    return st.builds(FieldTest, field=st.just(field), test=tests)


some_topics = st.lists(st.sampled_from(TOPICS), max_size=2).map(tuple)
some_test = st.one_of(
    *(asking(field, values_of(field)) for field in NAMES),
    *(asking(field, numbers_of(field)) for field in NUMBERS),
    asking("author.verified", st.booleans().map(lambda value: AnyOf(values=(value,)))),
    *[
        asking("topic", st.builds(HoldsTopics, any=some_topics, all=some_topics, none=some_topics)),
        asking("topic", st.builds(Exists, exists=st.booleans())),
    ]
    * 3,
)
some_tests = st.lists(some_test, max_size=3).map(tuple)
some_rules = st.lists(
    st.tuples(some_tests, st.lists(some_tests, max_size=2).map(tuple)), max_size=8
)
some_phrase = st.lists(st.sampled_from(WORDS), min_size=1, max_size=3).map(" ".join)
some_topic = st.tuples(
    st.lists(some_phrase, min_size=1, max_size=4).map(tuple),
    st.lists(some_phrase, max_size=2).map(tuple),
)
OWN_FIELDS = {
    "tier": FieldSpec(id="tier", values=("gold", "silver", "none")),
    "order": FieldSpec(id="order", number=True, at_least=Decimal(0), at_most=Decimal(100)),
}
CHANNELS = {
    "bsky": Channel(id="bsky", platform="bluesky"),
    "toko": Channel(id="toko", platform="forum"),
}


def an_event(dice: random.Random, number: int) -> Event:
    """An event in which anything may be missing, and some things are what they cannot be."""

    def maybe(*values: Any) -> Any:
        return dice.choice((None, *values))

    author = maybe(
        {
            "relation": maybe("press", "fan", "nemesis"),
            "followers": maybe(0, 1, 9, 10, 11, 10**31),
            "verified": maybe(True, False),
        }
    )
    own = {
        "tier": maybe("gold", "silver", "platinum", True, Decimal(1)),
        "order": maybe("many", True, *map(Decimal, ("0", "1", "9.50", "101", "-1"))),
    }
    decimals = [*NUMBERS["sentiment"], *NUMBERS["value"], "-0.50000000000000000001", "5"]
    text = "".join(
        dice.choice(PIECES) + dice.choice((" ", " ", " ", "", ", ", "\u3000"))
        for _ in range(dice.randrange(7))
    )
    return Event(
        id=str(number),
        kind=dice.choice((*KINDS[:6], dice.choice(KINDS), "conversation.poke")),
        platform=dice.choice(("bluesky", "mastodon", "forum", "elsewhere")),
        time=datetime(2027, 2, 27, tzinfo=UTC) + timedelta(minutes=dice.randrange(20_000)),
        channel=maybe("bsky", "toko", "other", "unheard-of"),
        text=dice.choice((None, text, text)),
        language=maybe("id", "en", "fr"),
        under=maybe("campaign", "none", "bridge"),
        author=author,
        reach=maybe(0, 1, 2, 11),
        sentiment=maybe(*map(Decimal, decimals)),
        toxicity=maybe(Decimal(0), Decimal("0.100"), Decimal(2)),
        metric=maybe("reach", "clicks"),
        value=maybe(*map(Decimal, decimals)),
        change=maybe(Decimal(-1), Decimal("-0.0"), Decimal("1e-30")),
        fields=dice.choice((own, {})),
    )


@pytest.mark.parametrize("block", range(BLOCKS))
def test_the_router_decides_as_the_page_of_the_language_says(block, oracle, brand, a_rule):
    decided = 0

    @settings(
        max_examples=PLAYBOOKS,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(
        whens=some_rules,
        said=st.lists(some_topic, min_size=len(TOPICS), max_size=len(TOPICS)),
        seed=st.integers(min_value=block * 10**6, max_value=(block + 1) * 10**6),
    )
    def agrees(whens: Any, said: Any, seed: int) -> None:
        nonlocal decided
        topics = {
            name: Topic(id=name, words=words, without=without)
            for name, (words, without) in zip(TOPICS, said, strict=True)
        }
        rules = [a_rule(f"r{at}", *every, any_=some) for at, (every, some) in enumerate(whens)]
        book = brand(*rules, topics=topics, fields=OWN_FIELDS, channels=CHANNELS)
        router = Router(book)
        dice = random.Random(seed)
        for number in range(EVENTS):
            event = an_event(dice, number)
            decision = router.decide(event)
            assert decision.rule == oracle.rule(book, event), event
            assert list(decision.topics) == oracle.topics(book, event.text), event
            decided += 1
            if number % 25 == 0:
                explained, trace = router.explain(event)
                assert explained == decision
                assert [line.matched for line in trace] == [False] * (len(trace) - 1) + [True]
                assert trace[-1].rule == decision.rule

    agrees()
    assert decided * BLOCKS >= 100_000

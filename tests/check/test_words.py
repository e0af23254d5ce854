"""Why a text holds a topic and how nearly: what the Router says, explained phrase by phrase."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from remit.check.words import Place, form, hear, uses
from remit.decide import Router
from remit.decide.text import holds, words
from remit.model import Playbook, Topic

LETTERS = st.text("aku❤ ", max_size=12)
PHRASES = st.from_regex(r"\*?[aku]{1,3}\*?( \*?[aku]{1,3}\*?){0,2}", fullmatch=True)


def playbook(**topics: tuple[list[str], list[str]]) -> Playbook:
    return Playbook(
        brand="b",
        timezone="UTC",
        languages=("id",),
        roles={},
        topics={
            name: Topic(id=name, words=tuple(said), without=tuple(unsaid))
            for name, (said, unsaid) in topics.items()
        },
    )


def heard_in(text, said, unsaid=()):
    one = playbook(t=(list(said), list(unsaid)))
    return hear(text, one, Router(one))[0]


def nearest(text, *said):
    return heard_in(text, said).nearly[0]


@given(st.lists(PHRASES, min_size=1, max_size=4), st.lists(PHRASES, max_size=2), LETTERS)
def test_what_is_told_agrees_with_the_router(said, unsaid, text):
    heard = heard_in(text, said, unsaid)

    assert {match.phrase for match in heard.because} == {p for p in said if holds(text, p)}
    assert heard.held == (bool(heard.because) and not heard.cancelled)
    if heard.because:
        assert {match.phrase for match in heard.cancelled} == {p for p in unsaid if holds(text, p)}
        assert not heard.nearly
    for near in heard.nearly:
        assert 0 <= near.likeness < 1
        assert holds(text, near.add)
    for match in heard.because:
        there = " ".join(words(text)[match.at.start : match.at.end])
        assert holds(there, match.phrase)


@pytest.mark.parametrize(
    ("text", "phrase", "add"),
    [
        ("gw kracnan", "keracunan", "kracnan"),  # letters left out
        ("gw keracnuan", "*racun*", "keracnuan*"),  # letters swapped, with more on either side
        ("minta rfund", "refund*", "rfund*"),
        ("minta refunding", "refund", "refunding"),  # a `*` is missing
        ("blikin duitnya", "balikin duit*", "blikin duit*"),  # the part that fits stays as it is
    ],
)
def test_what_is_nearly_a_phrase_is_told_with_the_phrase_to_add(text, phrase, add):
    near = nearest(text, "buka jam", phrase, "wifi")

    assert (near.phrase, near.add) == (phrase, add)
    assert near.likeness > 0.6


def test_words_that_stand_apart_are_near():
    near = nearest("balikin dong ya duit gw", "balikin duit*")

    assert near.at == Place(0, 4)
    assert near.add == "balikin dong ya duit"


def test_words_in_another_order_or_far_apart_are_less_near():
    order = nearest("duit gw balikin", "balikin duit")
    far = nearest("balikin satu dua tiga empat duit", "balikin duit")

    assert order.likeness < 0.9
    assert far.likeness < 0.9


def test_phrases_that_resemble_the_same_words_are_told_once():
    heard = heard_in("rfund sekarang", ["refund", "refunds", "refund*", "sekrang juga"])

    assert [near.phrase for near in heard.nearly] == ["refund"]


def test_a_text_shorter_than_every_phrase_is_near_to_none():
    assert heard_in("uang", ["uang kembali"]).nearly == ()
    assert heard_in("", ["uang"]).nearly == ()


def test_the_form_of_a_phrase_is_what_is_compared():
    assert form("*Coffee, PLEASE*") == "*cofe please*"
    assert form("!!!") == ""


def test_the_example_of_a_topic_holds_as_few_others_as_can_be():
    two = playbook(
        sick=(["mual minta refund", "mual"], []),
        money=(["refund"], []),
        never=(["x"], ["x"]),
    )
    sick, money, never = uses(two, Router(two))

    assert (sick.example, money.example, never.example) == ("mual", "refund", None)

"""The one normalisation, and phrases with `*`."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from remit.decide import text
from remit.model import InputError, Topic


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("Refunddd coffee!!", ("refund", "cofe")),
        ("ＲＥＦＵＮＤ ﬁne", ("refund", "fine")),
        ("STRASSE straße", ("strase", "strase")),
        ("re\u200bfu\u00adnd", ("refund",)),
        ("cafe\u0301 cafe\u200d\u0301", ("café", "café")),
        ("100 1000 2_2", ("100", "1000", "2_2")),
        ("enak🔥🔥 ❤️", ("enak", "🔥", "🔥", "❤")),
        ("👍🏽", ("👍", "🏽")),
        ("👨\u200d👩", ("👨", "👩")),
        ("don't @kopi #kopi $5", ("don", "t", "kopi", "kopi", "$", "5")),
        ("a\x00b\ta\u3000b", ("a", "b", "a", "b")),
        ("", ()),
        ("?!…", ()),
    ],
)
def test_a_text_becomes_these_words(said, words):
    assert text.words(said) == words


@pytest.mark.parametrize(
    ("said", "phrase", "held"),
    [
        ("please REFUND me", "refund", True),
        ("refunding", "refund", False),
        ("refunding", "refund*", True),
        ("prerefund", "*refund", True),
        ("prerefunded", "*refund", False),
        ("aku keracunan!", "*racun*", True),
        ("money, back", "money back", True),
        ("money come back", "money back", False),
        ("duitku balikin", "duit* balik*", True),
        ("duitku jangan balikin", "duit* balik*", False),
        ("xduitku balikin", "duit* balik*", False),
        ("pesan balikin duitnya", "balikin duit*", True),
        ("a b", "*a b*", True),
        ("🔥🔥", "🔥 🔥", True),
        ("nothing", "!!!", False),
        ("a.c", "a*", True),
        ("(a+)+", "a+", True),
    ],
)
def test_a_phrase_is_held_as_whole_words_in_a_row(said, phrase, held):
    assert text.holds(said, phrase) is held


@pytest.mark.parametrize("phrase", ["*", "refund *", "* refund", "re*fund", "a !* b", "a**b"])
def test_a_star_that_touches_no_word_or_splits_one_is_refused(phrase):
    with pytest.raises(InputError, match="neither leads nor trails a word"):
        text.matcher(phrase)


def test_a_topic_needs_one_of_its_words_and_none_of_its_not():
    held = text.topic_matcher(Topic(id="safety", words=("*racun*",), without=("racun lagu",)))
    assert held(text.line("aku keracunan kopi"))
    assert not held(text.line("racun lagu ini racun banget"))


@given(st.text())
def test_words_read_again_are_the_same_words(said):
    once = text.words(said)
    assert text.words(" ".join(once)) == once


@given(st.text(), st.sampled_from(["\u200b", "\u00ad", "\u2060", "\ufe0f"]), st.integers(0, 20))
def test_an_invisible_character_changes_nothing(said, invisible, at):
    assert text.words(said[:at] + invisible + said[at:]) == text.words(said)


@given(st.lists(st.sampled_from(["refund", "a", "🔥", "100"]), min_size=1, max_size=4), st.text())
def test_a_text_holds_every_phrase_made_of_its_own_words(phrase, around):
    said = f"{around} {' '.join(phrase)} {around}"
    assert text.holds(said, " ".join(phrase))


odd = st.text(
    alphabet=st.sampled_from(
        [*"abcAB 01_.,!$+<^`|~\t\x00\x01éßﬁ🔥❤字", "\u200b", "\ufe0f", "\u0301"]
    )
)


@given(odd | st.text())
def test_the_fast_road_leads_to_the_same_words(said):
    assert text.line(said) == f" {' '.join(text.words(said))} "


@given(st.lists(odd, min_size=1, max_size=6))
def test_texts_packed_together_are_the_same_as_one_by_one(said):
    *lines, rest = text.packed_together(said).split(text.BORDER)
    assert [line.split() for line in lines] == [text.packed(one).split() for one in said]
    assert not rest.strip()

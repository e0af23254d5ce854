"""The words of safety and refund, on lines as people type them.

Each file of `lines` was written before the words that it is tried on, and says what was found then;
what it missed went into the words, as general as it could be said.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
import yaml

from remit.check.words import hear
from remit.decide.text import line, matcher, parts_of

LINES = Path(__file__).with_name("lines")
FILES = tuple(sorted(file.name for file in LINES.glob("*.yaml")))
TOPICS = ("safety", "refund")
RECALL = 0.9
PRECISION = 0.9
SAMPLE = 19
"""Of so many lines, one is asked for what is near: that takes a fifth of a second."""
FILLER = "qzx"
"""Letters that no phrase has in a row, for what a `*` stands for."""


def lines_of(file: str) -> Mapping[str, list[str]]:
    groups: Mapping[str, list[str]] = yaml.safe_load((LINES / file).read_text("utf-8"))
    return groups


def wanted(group: str, topic: str) -> bool:
    return group in {topic, "both"}


EVERY = tuple(
    (group, text) for file in FILES for group, lines in lines_of(file).items() for text in lines
)


def test_two_hundred_lines_are_tried_at_once_and_more_were_written_later():
    first = lines_of("first.yaml")

    assert sum(map(len, first.values())) >= 200
    assert len(EVERY) >= 1500
    assert len({text for _, text in EVERY}) == len(EVERY)
    for lines in (lines_of(file) for file in FILES):
        assert set(lines) <= {"safety", "refund", "both", "neither"}
        assert sum(wanted(group, "safety") * len(each) for group, each in lines.items()) >= 20
        assert sum(wanted(group, "refund") * len(each) for group, each in lines.items()) >= 15
        assert len(lines["neither"]) >= 10


@pytest.mark.parametrize("topic", TOPICS)
@pytest.mark.parametrize("file", FILES)
def test_nine_of_ten_are_found_and_few_others(file, topic, router):
    found = [
        (wanted(group, topic), topic in router.topics(text), text)
        for group, lines in lines_of(file).items()
        for text in lines
    ]
    right = sum(meant and held for meant, held, _ in found)
    missed = [text for meant, held, text in found if meant and not held]
    wrong = [text for meant, held, text in found if held and not meant]
    recall, precision = right / (right + len(missed)), right / (right + len(wrong))

    print(f"{file}, {topic}: recall {recall:.0%}, precision {precision:.0%}")
    print("\n".join([*(f"  missed: {text}" for text in missed), *(f"  wrong: {t}" for t in wrong)]))
    assert recall >= RECALL
    assert precision >= PRECISION


@pytest.mark.parametrize("topic", TOPICS)
def test_each_topic_is_found_in_the_language_that_is_not_the_shops_own(topic, router):
    """Two little words of English tell enough of a line's language here."""
    english = {"the", "my", "your", "ur", "is", "was", "i", "and", "you", "u", "me", "this", "for"}
    lines = [
        text
        for group, text in EVERY
        if wanted(group, topic) and len(english & set(line(text).split())) >= 2
    ]

    assert len(lines) >= 40
    assert sum(topic in router.topics(text) for text in lines) >= RECALL * len(lines)


def test_every_miss_is_told_its_nearest_phrase_or_what_took_it_back(kopi, router):
    missed = [
        (topic, text)
        for group, text in EVERY
        for topic in TOPICS
        if wanted(group, topic) and topic not in router.topics(text)
    ]
    # With few misses in these lines, those that hold neither stand for what others will write.
    tried = [*missed, *((topic, text) for _, text in EVERY[::SAMPLE] for topic in TOPICS)]
    heard = {text: {each.topic: each for each in hear(text, kopi, router)} for _, text in tried}

    for topic, text in tried:
        told = heard[text][topic]
        assert told.held == (topic in router.topics(text))
        assert told.held or told.nearly or told.cancelled, (topic, text)
        assert told.because or not told.held, (topic, text)


@pytest.mark.parametrize("topic", TOPICS)
@pytest.mark.parametrize("which", ["words", "without"])
def test_no_phrase_says_what_another_says_already(topic, which, kopi):
    """A phrase whose plainest text is held by another could be left out."""
    phrases = getattr(kopi.topics[topic], which)
    matchers = {phrase: matcher(phrase) for phrase in phrases}
    for phrase in phrases:
        plain = line(
            " ".join(
                f"{FILLER * lead}{word}{FILLER * trail}" for word, lead, trail in parts_of(phrase)
            )
        )
        others = [other for other, held in matchers.items() if other != phrase and held(plain)]
        assert not others, f"{phrase!r} is held by {others}"


def test_no_line_of_the_demo_is_taken_for_harm_or_money_that_is_neither(arrived, router):
    held = {
        topic: {message for message, event in arrived.items() if topic in router.topics(event.text)}
        for topic in TOPICS
    }

    assert held == {"safety": {"crisis", "crisis-in-refund"}, "refund": {"refund"}}

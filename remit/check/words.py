"""Why a text holds a topic, or how nearly: what a playbook's writer asks when a message is missed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from rapidfuzz.distance import OSA

from remit.decide import Router
from remit.decide.text import Part, parts_of, words
from remit.model import HoldsTopics, Playbook, Rule, Topic

LONGEST = 400
"""Words of a text that are looked at for what is near; what holds is found in all of it."""
MOST = 3
"""Near phrases that are told of."""
ALIKE = 0.65
"""From here on, a phrase and words are alike enough to be one meant for the other."""
APART = 0.9
"""How near a phrase is whose words are there with others between them."""
BETWEEN = 2
"""Words that may stand there."""


@dataclass(frozen=True, slots=True)
class Place:
    """Words of a text, by number: from `start`, before `end`."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Match:
    """A phrase that a text holds, and where."""

    phrase: str
    at: Place


@dataclass(frozen=True, slots=True)
class Near:
    """A phrase that a text does not hold, and the words most like it."""

    phrase: str
    at: Place
    likeness: float
    """0 for nothing alike, below 1 always."""
    add: str
    """The phrase that would hold these words."""


@dataclass(frozen=True, slots=True)
class Heard:
    """What one topic makes of a text."""

    topic: str
    held: bool
    because: tuple[Match, ...] = ()
    """Its words that are there."""
    cancelled: tuple[Match, ...] = ()
    """Its `not` that are there; only told of where one of its words is."""
    nearly: tuple[Near, ...] = ()
    """The nearest first. Told of where none of its words is there."""


@dataclass(frozen=True, slots=True)
class Used:
    """One topic, and what it is for."""

    topic: Topic
    rules: tuple[str, ...]
    example: str | None
    """The plainest text that holds it; None where no single phrase of it is such a text."""


def hear(text: str, playbook: Playbook, router: Router) -> tuple[Heard, ...]:
    """What every topic makes of a text. That it holds is the Router's word."""
    said = words(text)
    held = frozenset(router.topics(text))
    return tuple(_heard(topic, said, topic.id in held) for topic in playbook.topics.values())


def uses(playbook: Playbook, router: Router) -> tuple[Used, ...]:
    """Every topic with the rules that ask for it and an example."""
    return tuple(
        Used(
            topic,
            tuple(rule.id for rule in playbook.rules if topic.id in set(_asked(rule))),
            _example(topic, router),
        )
        for topic in playbook.topics.values()
    )


def form(phrase: str) -> str:
    """A phrase as it is compared: its words in their one normal form, each with its `*`."""
    return " ".join(_starred(part) for part in parts_of(phrase))


def _heard(topic: Topic, said: Sequence[str], held: bool) -> Heard:
    because = tuple(_matches(topic.words, said))
    cancelled = tuple(_matches(topic.without, said)) if because else ()
    nearly = () if because else _nearest(topic.words, said[:LONGEST])
    return Heard(topic.id, held, because, cancelled, nearly)


def _asked(rule: Rule) -> Iterator[str]:
    for mapping in (rule.when.all, *rule.when.any):
        for asked in mapping:
            if isinstance(asked.test, HoldsTopics):
                yield from (*asked.test.any, *asked.test.all, *asked.test.none)


def _example(topic: Topic, router: Router) -> str | None:
    """Of its phrases without their `*`, one that holds this topic and as few others as can be."""
    found: tuple[int, str] | None = None
    for phrase in topic.words:
        text = phrase.replace("*", "")
        held = router.topics(text)
        if topic.id in held and (found is None or len(held) < found[0]):
            found = (len(held), text)
            if len(held) == 1:
                break
    return None if found is None else found[1]


@lru_cache(maxsize=1 << 15)
def _parts(phrase: str) -> tuple[Part, ...]:
    return parts_of(phrase)


# What is there -----------------------------------------------------------------------------------


def _matches(phrases: Iterable[str], said: Sequence[str]) -> Iterator[Match]:
    for phrase in phrases:
        parts = _parts(phrase)
        for start in range(len(said) - len(parts) + 1 if parts else 0):
            if all(map(_takes, parts, said[start:])):
                yield Match(phrase, Place(start, start + len(parts)))
                break


def _takes(part: Part, word: str) -> bool:
    wanted, lead, trail = part
    if lead and trail:
        return wanted in word
    if lead:
        return word.endswith(wanted)
    return word.startswith(wanted) if trail else word == wanted


# What is near ------------------------------------------------------------------------------------


def _nearest(phrases: Iterable[str], said: Sequence[str]) -> tuple[Near, ...]:
    """The nearest phrases, each where it is nearest; more than one only where they are alike."""
    found: list[Near] = []
    likeness: dict[tuple[Part, str], float] = {}

    def alike(part: Part, word: str) -> float:
        pair = (part, word)
        if pair not in likeness:
            likeness[pair] = _likeness(part, word)
        return likeness[pair]

    for phrase in phrases:
        parts = _parts(phrase)
        size = sum(len(word) for word, _, _ in parts)
        best: tuple[float, int] | None = None
        for start in range(len(said) - len(parts) + 1 if parts else 0):
            pairs = zip(parts, said[start:], strict=False)
            total = sum(alike(part, word) * len(part[0]) for part, word in pairs)
            if best is None or total > best[0]:
                best = (total, start)
        if best is None:
            continue
        apart = _apart(parts, said)
        if apart is not None and best[0] / size < APART:
            found.append(Near(phrase, apart, APART, " ".join(said[apart.start : apart.end])))
        else:
            at = Place(best[1], best[1] + len(parts))
            found.append(Near(phrase, at, best[0] / size, _to_add(parts, said[at.start : at.end])))
    found.sort(key=lambda near: (-near.likeness, near.at.start - near.at.end, near.phrase))
    # Several phrases that resemble the same words say one thing: the nearest says it.
    told: list[Near] = []
    for near in found:
        if told and (near.likeness < ALIKE or any(_overlap(near.at, each.at) for each in told)):
            continue
        told.append(near)
    return tuple(told[:MOST])


def _overlap(one: Place, other: Place) -> bool:
    return one.start < other.end and other.start < one.end


def _apart(parts: Sequence[Part], said: Sequence[str]) -> Place | None:
    """Where all its words stand in their order, with a few others between them."""
    for start, first in enumerate(said if len(parts) > 1 else ()):
        if not _takes(parts[0], first):
            continue
        at = start
        for part in parts[1:]:
            later = range(at + 1, min(at + 2 + BETWEEN, len(said)))
            found = next((place for place in later if _takes(part, said[place])), None)
            if found is None:
                break
            at = found
        else:
            return Place(start, at + 1)
    return None


def _likeness(part: Part, word: str) -> float:
    """1 where the part takes the word, else below: letters left out, put in, changed or swapped."""
    if _takes(part, word):
        return 1.0
    wanted, lead, trail = part
    size = len(wanted)
    rivals = {word}
    # With a `*`, only so much of the word is compared as the part is long, a letter more or less.
    for length in range(max(1, size - 1), size + 2):
        if lead and trail:
            rivals.update(word[at : at + length] for at in range(len(word) - length + 1))
        elif lead:
            rivals.add(word[-length:])
        elif trail:
            rivals.add(word[:length])
    return max(OSA.normalized_similarity(wanted, rival) for rival in rivals)


def _to_add(parts: Sequence[Part], said: Sequence[str]) -> str:
    """What the playbook would have to say: its own part where it takes the word, else the word."""
    return " ".join(
        _starred(part if _takes(part, word) else (word, False, part[2]))
        for part, word in zip(parts, said, strict=True)
    )


def _starred(part: Part) -> str:
    word, lead, trail = part
    return f"{'*' * lead}{word}{'*' * trail}"

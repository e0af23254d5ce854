"""Which topics one text can hold together, and a text that holds just these.

One boolean for each phrase. A phrase's *plain instance* fills every `*` with letters that no phrase
has; its *closure* is every phrase that this instance holds ("uang kembali dong" holds "uang
kembali"). A set of phrases is what some text holds exactly if it is closed under closure:

- If a text holds a phrase, it has an occurrence of it. A phrase that the plain instance holds needs
  nothing of what fills a `*`, so the occurrence holds it as well: what a text holds is closed.
- The plain instances of a closed set, apart from each other by words that no phrase takes, hold
  their closures and nothing else.

So `p -> q` for each q in the closure of p is all there is to know, and a topic is the *or* of its
words and none of its `not`.
"""

from __future__ import annotations

import string
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

import regex
from pysat.solvers import Solver  # type: ignore[import-untyped]  # ships no types

from remit.decide.text import line, matcher, words
from remit.model import Topic

_STAR = regex.compile(r"(?<=[\p{L}\p{M}\p{Nd}_])\*|\*(?=[\p{L}\p{M}\p{Nd}_])")
_APART = ("ya", "kak", "nih", "lho")
"""Words that may stand between two phrases, the likeliest first."""
Question = tuple[frozenset[frozenset[int]], frozenset[int]]
"""Groups of topics of which a text holds one each, and topics that it does not hold."""


class Texts:
    """The phrases of some playbooks' topics. A topic is a number; equal topics share it."""

    def __init__(self, playbooks: Sequence[Sequence[Topic]]) -> None:
        meanings: dict[tuple[frozenset[str], frozenset[str]], int] = {}
        written: dict[str, int] = {}
        for topics in playbooks:
            for topic in topics:
                for phrase in topic.words:
                    written.setdefault(phrase, len(written))
        self.numbers: tuple[dict[str, int], ...] = tuple(
            {
                topic.id: meanings.setdefault(
                    (frozenset(topic.words), frozenset(topic.without)), len(meanings)
                )
                for topic in topics
            }
            for topics in playbooks
        )
        """By playbook: the number of each topic."""
        phrases: dict[str, int] = {}
        for said, unsaid in meanings:
            for phrase in sorted(said | unsaid):
                phrases.setdefault(phrase, len(phrases))
        self._phrases = tuple(phrases)
        self._topics = tuple(
            (
                # A phrase without `*` reads best, and whoever wrote it put the plainest first.
                tuple(phrases[p] for p in sorted(said, key=lambda p: (p.count("*"), written[p]))),
                frozenset(phrases[phrase] for phrase in unsaid),
            )
            for said, unsaid in meanings
        )
        self._matchers = tuple(map(matcher, self._phrases))
        self._filler = _letters_apart(self._phrases)
        self._plain = tuple(_instance(phrase, self._filler) for phrase in self._phrases)
        self._natural = tuple(_instance(phrase, "") for phrase in self._phrases)
        self._near = self._index()
        self._closures = tuple(self._held(plain) for plain in self._plain)
        self._said_in: list[list[int]] = [[] for _ in self._phrases]
        for topic_number, (words_of, _) in enumerate(self._topics):
            for each in words_of:
                self._said_in[each].append(topic_number)
        self._solver: Solver | None = None
        self._known: dict[Question, tuple[int, ...] | None] = {}
        self._holding: dict[tuple[int, ...], frozenset[int]] = {}

    def possible(
        self, groups: Iterable[frozenset[int]], never: frozenset[int]
    ) -> tuple[int, ...] | None:
        """Phrases whose text holds a topic of each group and none of `never`; None: no text does."""
        wanted = frozenset(groups)
        if not wanted:
            return ()
        key = (wanted, never)
        if key not in self._known:
            found = self._guess(wanted, never)
            self._known[key] = self._solve(wanted, never) if found is None else found
        return self._known[key]

    def compose(self, phrases: tuple[int, ...]) -> str | None:
        """A text that holds the topics of those phrases, and no other. None where there is none."""
        if not phrases:
            return None
        wanted = self.topics_of(phrases)
        text = ""
        for instances in (self._natural, self._plain):
            for apart in (*_APART, self._filler):
                text = f" {apart} ".join(instances[phrase] for phrase in phrases)
                if self._topics_in(self._held(text)) == wanted:
                    return text
        return text  # whoever shows it runs it through the Router first

    def topics_of(self, phrases: tuple[int, ...]) -> frozenset[int]:
        """The topics that a text of these phrases holds."""
        if phrases not in self._holding:
            held = frozenset().union(*(self._closures[each] for each in phrases))
            self._holding[phrases] = self._topics_in(held)
        return self._holding[phrases]

    def _topics_in(self, held: frozenset[int]) -> frozenset[int]:
        near = {topic for phrase in held for topic in self._said_in[phrase]}
        return frozenset(topic for topic in near if held.isdisjoint(self._topics[topic][1]))

    # The booleans --------------------------------------------------------------------------------

    def _fits(
        self, phrases: Iterable[int], groups: frozenset[frozenset[int]], never: frozenset[int]
    ) -> bool:
        held = self.topics_of(tuple(phrases))
        return held.isdisjoint(never) and all(not held.isdisjoint(group) for group in groups)

    def _guess(
        self, groups: frozenset[frozenset[int]], never: frozenset[int]
    ) -> tuple[int, ...] | None:
        """Phrase by phrase, the first that hurts nothing: nearly always right, and cheap."""
        chosen: tuple[int, ...] = ()
        for group in sorted(groups, key=len):
            if not self.topics_of(chosen).isdisjoint(group):
                continue
            phrase = next(
                (
                    phrase
                    for topic in sorted(group - never)
                    for phrase in self._topics[topic][0]
                    if self.topics_of((*chosen, phrase)).isdisjoint(never)
                    and topic in self.topics_of((*chosen, phrase))
                ),
                None,
            )
            if phrase is None:
                return None
            chosen = (*chosen, phrase)
        return chosen if self._fits(chosen, groups, never) else None

    def _solve(
        self, groups: frozenset[frozenset[int]], never: frozenset[int]
    ) -> tuple[int, ...] | None:
        solver = self._solving()
        topics = [self.variable(0, number) for number in range(self.topics)]
        assumed = [-topics[number] for number in never]
        for group in groups:
            if len(group) == 1:
                assumed += [topics[number] for number in group]
            else:
                # A group is a clause of this question alone: a fresh variable switches it on.
                self._switch += 1
                solver.add_clause([-self._switch, *(topics[number] for number in group)])
                assumed.append(self._switch)
        if not solver.solve(assumptions=assumed):
            return None
        model = solver.get_model() or []
        chosen = [number - 1 for number in model[: len(self._phrases)] if number > 0]
        for phrase in sorted(chosen, key=lambda each: -_plainness(self._phrases[each])[0]):
            fewer = [each for each in chosen if each != phrase]
            if self._fits(fewer, groups, never):
                chosen = fewer
        return tuple(chosen)

    def _solving(self) -> Solver:
        if self._solver is None:
            self._solver = Solver(name="cadical153")
            for clause in self.formula(0):
                self._solver.add_clause(clause)
            self._switch = len(self._phrases) + len(self._topics)
        return self._solver

    def formula(self, offset: int) -> Iterator[list[int]]:
        """All that is true of phrases and topics, in clauses over variables from `offset` + 1.

        First come the phrases, then the topics: see `variable`.
        """
        for phrase, closure in enumerate(self._closures):
            holds = offset + phrase + 1
            if phrase not in closure:  # nothing but punctuation: no text holds it
                yield [-holds]
            for other in closure - {phrase}:
                yield [-holds, offset + other + 1]
        for number, (said, unsaid) in enumerate(self._topics):
            topic = self.variable(offset, number)
            yield [-topic, *(offset + phrase + 1 for phrase in said)]
            for phrase in unsaid:
                yield [-topic, -(offset + phrase + 1)]
            spoilt = [offset + other + 1 for other in sorted(unsaid)]
            for phrase in said:
                yield [topic, -(offset + phrase + 1), *spoilt]

    def variable(self, offset: int, topic: int) -> int:
        """The variable of a topic in `formula(offset)`."""
        return offset + len(self._phrases) + 1 + topic

    @property
    def variables(self) -> int:
        """How many variables the formula has."""
        return len(self._phrases) + len(self._topics)

    @property
    def topics(self) -> int:
        """How many topics there are."""
        return len(self._topics)

    # Phrases within phrases ----------------------------------------------------------------------

    def _index(self) -> dict[str, list[int]]:
        """Phrases by two letters of their first word, so that few need to be tried."""
        near: dict[str, list[int]] = defaultdict(list)
        for number, phrase in enumerate(self._phrases):
            said = words(phrase.replace("*", ""))
            near[max(said, key=len)[:2] if said else ""].append(number)
        return near

    def _held(self, text: str) -> frozenset[int]:
        said = line(text)
        pairs = {said[at : at + size] for at in range(len(said)) for size in (1, 2)}
        return frozenset(
            number
            for pair in pairs & self._near.keys()
            for number in self._near[pair]
            if self._matchers[number](said)
        )


def _plainness(phrase: str) -> tuple[int, int, str]:
    """Phrases that read well first."""
    return phrase.count("*"), len(phrase), phrase


def _letters_apart(phrases: Iterable[str]) -> str:
    """Two letters that no phrase has, so that what they fill is held by nothing else."""
    used = set("".join(word for phrase in phrases for word in words(phrase.replace("*", ""))))
    free = [char for char in string.ascii_lowercase if char not in used]
    if len(free) < 2:
        greek = (chr(code) for code in range(0x3B1, 0x3C9) if chr(code) != "ς")
        wide = (chr(code) for code in range(0x4E00, 0x9FA5))
        free += [char for source in (greek, wide) for char in source if char not in used][:2]
    return "".join(free[:2])


def _instance(phrase: str, filler: str) -> str:
    """A `*` beside a symbol, which is a word of its own, stands for nothing."""
    return _STAR.sub(filler, phrase).replace("*", "")

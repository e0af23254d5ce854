"""A few words for each topic, as people say it: a list of five hundred tells a manager nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from remit.decide.text import line, matcher, parts_of
from remit.model import Topic

WORDS = 3
"""Words that stand for a topic."""
_EDGES = " .,;:!?…()[]{}\"'“”‘’"


def samples_of(topics: Iterable[Topic], texts: Mapping[str, list[str]]) -> dict[str, list[str]]:
    """By topic: words of the scenarios' texts that hold it, else some of its own."""
    return {
        topic.id: _said(topic, texts.get(topic.id, ())) or _written(topic.words) for topic in topics
    }


def _said(topic: Topic, texts: Iterable[str]) -> list[str]:
    found: dict[str, str] = {}
    phrases = [(matcher(phrase), len(parts_of(phrase))) for phrase in topic.words]
    for text in texts:
        tokens = text.split()
        told = line(text)
        windows = (
            " ".join(tokens[start : start + size]).strip(_EDGES)
            for holds, size in phrases
            if holds(told)
            for start in range(len(tokens) - size + 1)
            if holds(line(" ".join(tokens[start : start + size])))
        )
        best = max(windows, key=len, default="")
        if best:
            found.setdefault(line(best), best.lower())
        if len(found) == WORDS:
            break
    return list(found.values())


def _written(phrases: Iterable[str]) -> list[str]:
    """Those without a `*` first; what it stands for is left open."""
    ordered = sorted(phrases, key=lambda phrase: "*" in phrase)
    return list(dict.fromkeys(phrase.replace("*", "…") for phrase in ordered))[:WORDS]

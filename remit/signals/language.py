"""The language of a text: the platform's own mark, else what lingua's slim build thinks."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

from remit.model import Arrival

if TYPE_CHECKING:
    from lingua import LanguageDetector

LONGEST = 2_000
"""Characters that are looked at; more say nothing more."""
SURE = 0.75
"""From here on a language is believed that the brand does not speak."""
UNMARKED = frozenset({"und", "zxx", "mul", "mis"})
"""Marks by which a platform says that it does not know."""
_NOISE = re.compile(r"https?://\S+|[@#]\S+")
_LETTERS = re.compile(r"[^\W\d_]")


@lru_cache(maxsize=1)
def _detector() -> LanguageDetector:
    # Late, so that who never asks does not pay. Two threads that both ask first build two; the
    # models behind them are loaded once.
    from lingua import Language, LanguageDetectorBuilder

    # By name, because the full build, where it stands in for the slim one, knows many more.
    return LanguageDetectorBuilder.from_languages(
        Language.ENGLISH,
        Language.FRENCH,
        Language.INDONESIAN,
        Language.MALAY,
        Language.PORTUGUESE,
        Language.SPANISH,
    ).build()


def identify(text: str, languages: Sequence[str]) -> tuple[str | None, float | None]:
    """The language's code and the confidence from 0 to 1; (None, None) where nobody can tell.

    `languages` are the brand's, and the code is spelt as they spell it. Short texts look like many
    languages, so one that the brand does not speak must be sure. Malay and Indonesian share most
    of their words: Malay is taken for Indonesian where the brand speaks only the latter.
    """
    # Half of a surrogate pair is no text, and the model would fail on it.
    sound = text[:LONGEST].encode("utf-8", "ignore").decode("utf-8")
    words = _NOISE.sub(" ", sound)
    if len(_LETTERS.findall(words)) < 2:  # one letter is no word
        return None, None
    found = {
        each.language.iso_code_639_1.name.lower(): each.value
        for each in _detector().compute_language_confidence_values(words)
    }
    spoken = {language.partition("-")[0].lower(): language for language in reversed(languages)}
    if "id" in spoken and "ms" not in spoken:
        found["id"] += found.pop("ms")
    best = _best(found, spoken)
    if not found[best]:  # a script that none of them is written in
        return None, None
    return spoken.get(best, best), round(min(found[best], 1.0), 4)


def with_language(arrival: Arrival, languages: Sequence[str]) -> Arrival:
    """The arrival with its language named, unless the platform named it or nobody can tell."""
    event = arrival.event
    if not event.text or (event.language and event.language.lower() not in UNMARKED):
        return arrival
    code, confidence = identify(event.text, languages)
    return arrival.model_copy(
        update={
            "event": event.model_copy(update={"language": code}),
            "language_confidence": confidence,
        }
    )


def _best(found: Mapping[str, float], spoken: Mapping[str, str]) -> str:
    best = max(found, key=lambda code: found[code])
    if best in spoken or found[best] >= SURE:
        return best
    ours = [code for code in found if code in spoken and found[code]]
    return max(ours, key=lambda code: found[code], default=best)

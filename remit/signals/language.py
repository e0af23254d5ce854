"""The language of a text: the platform's own mark, else lingua's slim build."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from lingua import LanguageDetector, LanguageDetectorBuilder

from remit.model import Arrival

_NOISE = re.compile(r"https?://\S+|[@#]\S+")
_LETTERS = re.compile(r"[^\W\d_]")


@lru_cache(maxsize=1)
def _detector() -> LanguageDetector:
    return LanguageDetectorBuilder.from_all_languages().build()


def identify(text: str, languages: Sequence[str]) -> tuple[str | None, float | None]:
    """The ISO 639-1 code and the confidence from 0 to 1; (None, None) where there are no words.

    Malay and Indonesian share most of their words: Malay is taken for Indonesian where the brand
    speaks only the latter, with the confidence of both together.
    """
    words = _NOISE.sub(" ", text)
    if len(_LETTERS.findall(words)) < 2:  # noqa: PLR2004 - one letter is no word
        return None, None
    found = {
        each.language.iso_code_639_1.name.lower(): each.value
        for each in _detector().compute_language_confidence_values(words)
    }
    if "id" in languages and "ms" not in languages and "ms" in found:
        found["id"] = found.get("id", 0.0) + found.pop("ms")
    best = max(found, key=lambda code: found[code])
    return best, round(min(found[best], 1.0), 4)


def with_language(arrival: Arrival, languages: Sequence[str]) -> Arrival:
    """The arrival with its language named, unless the platform named it or nobody can tell."""
    event = arrival.event
    if event.language or not event.text:
        return arrival
    code, confidence = identify(event.text, languages)
    if code is None:
        return arrival
    return arrival.model_copy(
        update={
            "event": event.model_copy(update={"language": code}),
            "language_confidence": confidence,
        }
    )



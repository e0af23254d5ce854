"""Which of the brand's languages a message is in, and which a template can answer in."""

from __future__ import annotations

from collections.abc import Sequence

ENGLISH = "en"
"""What a brand answers in that names no language."""


def matching(wanted: str, languages: Sequence[str]) -> str | None:
    """The same language, or the same but for its region."""
    exact = [each for each in languages if each.casefold() == wanted.casefold()]
    near = [each for each in languages if _base(each) == _base(wanted)]
    return next(iter(exact + near), None)


def speaks(languages: Sequence[str], language: str) -> bool:
    """Who names no language is written in all of them."""
    return not languages or matching(language, languages) is not None


def spoken(languages: Sequence[str], language: str, home: Sequence[str]) -> str:
    """The language wanted, or the nearest to home of those that a template is written in."""
    if speaks(languages, language):
        return language
    near = [each for each in home if speaks(languages, each)]
    return (near or list(languages))[0]


def _base(language: str) -> str:
    return language.partition("-")[0].casefold()

"""The draft of a reply: a template of the playbook, filled in the language of the message."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

import regex

from remit.draft.languages import ENGLISH, matching, speaks, spoken
from remit.draft.sandbox import ERRORS, line_of, render
from remit.model import Case, Event, Frozen, Knowledge, Limits, Play, Playbook, Refused, Template

GENERAL = "general"
"""The template for what no other is about, where the playbook has one of this name."""
LONGEST = 5_000
"""Characters. A template that makes more is broken."""
LONGEST_HANDLE = 100


class Composed(Frozen):
    """A text, and what it rests on. Empty where a person must write it."""

    text: str
    language: str
    template: str | None = None
    citations: tuple[str, ...] = ()
    """Ids of the approved answers that stand in the text."""


def compose(
    event: Event,
    case: Case,
    playbook: Playbook,
    now: datetime,
    limits: Limits | None = None,
    *,
    rejected: int = 0,
) -> Composed:
    """Draft the answer to `event`. `rejected`: how many drafts of the case were.

    With `limits`, approved answers are left out until the text fits; one that still does not is
    left as it is for a person to shorten. Raises Refused("template") where the template cannot be
    rendered.
    """
    language = _language(event, case, playbook)
    template = _template(case, playbook, language) if case.play is Play.reply else None
    if template is None:
        return Composed(text="", language=language)
    language = spoken(template.languages, language, playbook.languages)
    knowledge = _knowledge(case, playbook, language, now)
    values = values_of(language, playbook.brand, _handle(event), case.topics, rejected)
    text = _text(template, values, knowledge)
    while limits is not None and knowledge and _length(text) > limits.graphemes:
        knowledge = knowledge[:-1]
        text = _text(template, values, knowledge)
    return Composed(
        text=text,
        language=language,
        template=template.id,
        citations=tuple(each.id for each in knowledge if each.body.strip() in text),
    )


def values_of(
    language: str, brand: str, handle: str, topics: Sequence[str], rejected: int = 0
) -> dict[str, object]:
    """What a template can speak of, beside the approved answers.

    Why a draft was rejected is no such thing: it is said among colleagues, and this is public.
    """
    return {
        "language": language,
        "brand": brand,
        "author": {"handle": handle},
        "topics": list(topics),
        "rejected": rejected,
    }


def _text(
    template: Template, values: Mapping[str, object], knowledge: tuple[Knowledge, ...]
) -> str:
    answers = [each.body.strip() for each in knowledge]
    try:
        text = render(template.body, {**values, "knowledge": answers}).strip()
    except ERRORS as error:
        raise _unusable(template, str(error) or type(error).__name__, line_of(error)) from error
    if len(text) > LONGEST:
        raise _unusable(template, f"it makes {len(text)} characters, more than {LONGEST}")
    return text


def _unusable(template: Template, why: str, line: int | None = None) -> Refused:
    place = f"{template.where.file}:{template.where.line + (line or 1) - 1}"
    return Refused("template", f"{place}: template {template.id} cannot be rendered: {why}")


def _handle(event: Event) -> str:
    """One word without what cannot be seen: a name must not smuggle in a line or another mention."""
    handle = (event.author.handle if event.author else None) or ""
    seen = (each for each in handle if unicodedata.category(each)[0] not in "CZ")
    return "".join(seen).removeprefix("@")[:LONGEST_HANDLE]


def _language(event: Event, case: Case, playbook: Playbook) -> str:
    """The message's, or the author's earlier one, where the brand speaks it; else the brand's own."""
    for wanted in (event.language, case.language):
        found = matching(wanted, playbook.languages) if wanted else None
        if found is not None:
            return found
    return playbook.languages[0] if playbook.languages else ENGLISH


def _template(case: Case, playbook: Playbook, language: str) -> Template | None:
    named = playbook.templates.get(case.template or "")
    if named is not None:
        return named
    speaking = [each for each in playbook.templates.values() if speaks(each.languages, language)]
    for topic in case.topics:
        for each in speaking:
            if topic in each.topics:
                return each
    return playbook.templates.get(GENERAL)


def _knowledge(
    case: Case, playbook: Playbook, language: str, now: datetime
) -> tuple[Knowledge, ...]:
    """The approved answers that hold today where the brand is, by the order of the case's topics."""
    today = now.astimezone(ZoneInfo(playbook.timezone)).date()
    return tuple(
        dict.fromkeys(
            each
            for topic in case.topics
            for each in playbook.knowledge
            if topic in each.topics
            and (each.valid_until is None or each.valid_until >= today)
            and speaks(each.languages, language)
        )
    )


def _length(text: str) -> int:
    return len(regex.findall(r"\X", text))

"""The draft of a reply: a template of the playbook, filled in the language of the message."""

from __future__ import annotations

from datetime import datetime

from jinja2 import StrictUndefined, TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from remit.model import Case, Event, Frozen, Knowledge, Play, Playbook, Refused, Template

GENERAL = "general"
LONGEST = 5_000
"""Characters of a draft; what a network takes is checked where it is published."""


class Composed(Frozen):
    """A text, and what it rests on. Empty where a person must write it."""

    text: str
    language: str
    template: str | None = None
    citations: tuple[str, ...] = ()


def compose(event: Event, case: Case, playbook: Playbook, now: datetime) -> Composed:
    """Draft the answer to `event`. Raises Refused where the template cannot be rendered."""
    language = _language(event, playbook)
    template = None if case.play is Play.triage else _template(case, playbook, language)
    if template is None:
        return Composed(text="", language=language)
    knowledge = _knowledge(case, playbook, language, now)
    environment = ImmutableSandboxedEnvironment(
        undefined=StrictUndefined, autoescape=False, trim_blocks=True, lstrip_blocks=True  # noqa: S701 - plain text goes out, no HTML
    )
    author = event.author
    try:
        text = environment.from_string(template.body).render(
            language=language,
            brand=playbook.brand,
            author={"handle": (author.handle if author else None) or ""},
            topics=list(case.topics),
            knowledge=[each.body.strip() for each in knowledge],
        )
    except (TemplateError, TypeError, ValueError, ArithmeticError) as error:
        raise Refused(
            "template", f"template {template.id} ({template.where.file}) cannot be rendered: {error}"
        ) from error
    used = tuple(each.id for each in knowledge if each.body.strip() in text)
    return Composed(
        text=text.strip()[:LONGEST], language=language, template=template.id, citations=used
    )


def _language(event: Event, playbook: Playbook) -> str:
    if event.language in playbook.languages:
        return str(event.language)
    return playbook.languages[0] if playbook.languages else "en"


def _template(case: Case, playbook: Playbook, language: str) -> Template | None:
    named = playbook.templates.get(case.template or "")
    if named is not None:
        return named
    speaks = [
        each for each in playbook.templates.values() if not each.languages or language in each.languages
    ]
    for topic in case.topics:
        for each in speaks:
            if topic in each.topics:
                return each
    return playbook.templates.get(GENERAL)


def _knowledge(
    case: Case, playbook: Playbook, language: str, now: datetime
) -> tuple[Knowledge, ...]:
    return tuple(
        each
        for each in playbook.knowledge
        if (not each.valid_until or each.valid_until >= now.date())
        and (not each.languages or language in each.languages)
        and set(each.topics) & set(case.topics)
    )

"""PB030: templates tried before anybody waits for a draft of theirs.

Each is read for what it can never do, then rendered in every language that it may be asked for, with
and without approved answers, with the topics that can lead to it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from remit.draft.compose import GENERAL, LONGEST, values_of
from remit.draft.languages import ENGLISH, matching, speaks, spoken
from remit.draft.sandbox import ERRORS, line_of, render
from remit.draft.syntax import mistakes
from remit.model import AnyOf, Finding, HoldsTopics, Playbook, Rule, Template

CODE = "PB030"
_ANSWERS: tuple[tuple[str, ...], ...] = ((), ("Answer.",), ("Answer.", "Another."))
_LONGEST_REASON = 200


def template_findings(playbook: Playbook) -> tuple[Finding, ...]:
    """What is wrong with the templates, in the order of files and lines."""
    found = [
        finding
        for template in playbook.templates.values()
        for finding in (*_lacking(template, playbook), *_broken(template, playbook))
    ]
    return tuple(sorted(dict.fromkeys(found), key=lambda each: (each.file, each.line)))


# Languages ---------------------------------------------------------------------------------------


def _lacking(template: Template, playbook: Playbook) -> Iterator[Finding]:
    """One finding for all languages that it is asked for and does not speak."""
    lacks = [each for each in _asked(template, playbook) if not speaks(template.languages, each)]
    if not lacks:
        return
    said, lack = _and(template.languages), _and(lacks)
    yield _finding(
        template,
        template.where.line,
        f"template {template.id} has no text in {lack}; found {said}, and the brand answers in "
        f"{_and(playbook.languages)}; write it in {lack} and add {lack} to its languages{_or(template, playbook)}",
        playbook,
    )


def _asked(template: Template, playbook: Playbook) -> list[str]:
    """The brand's languages in which this template, and no other, is to answer."""
    naming = _naming(template, playbook)
    if template.id == GENERAL or not (naming or template.topics):
        return list(playbook.languages)
    asked = {language for rule in naming for language in _spoken_to(rule, playbook)}
    asked |= {
        language
        for topic in template.topics
        for language in playbook.languages
        if _first(topic, language, playbook) in {None, template.id}
    }
    return [language for language in playbook.languages if language in asked]


def _first(topic: str, language: str, playbook: Playbook) -> str | None:
    """The template that answers a topic in a language; where none does, the first about the topic."""
    about = [each for each in playbook.templates.values() if topic in each.topics]
    speaking = [each.id for each in about if speaks(each.languages, language)]
    return next(iter(speaking or [each.id for each in about]), None)


def _spoken_to(rule: Rule, playbook: Playbook) -> list[str]:
    """The brand's languages in which an event of the rule is answered."""
    tests = [each.test for each in rule.when.all if each.field == "language"]
    named = [value for test in tests if isinstance(test, AnyOf) for value in test.values]
    spoken_to = [matching(str(value), playbook.languages) for value in named]
    if not named or None in spoken_to:  # what the brand does not speak is answered in any of them
        return list(playbook.languages)
    return [each for each in spoken_to if each is not None]


def _or(template: Template, playbook: Playbook) -> str:
    """What else may be done about a language."""
    if template.topics and not _naming(template, playbook) and template.id != GENERAL:
        return f", or write another template for {_and(template.topics)}"
    return ""


# Rendering ---------------------------------------------------------------------------------------


def _broken(template: Template, playbook: Playbook) -> Iterator[Finding]:
    """What it can never do, else what fails when it is rendered; each once for a line."""
    found = [
        _finding(
            template, template.where.line + line - 1, f"template {template.id} {why}", playbook
        )
        for line, why in mistakes(template.body)
    ]
    yield from found or _failing(template, playbook)


def _failing(template: Template, playbook: Playbook) -> Iterator[Finding]:
    told: set[tuple[int, str]] = set()
    home = playbook.languages or (ENGLISH,)
    for language in dict.fromkeys(spoken(template.languages, each, home) for each in home):
        for topics in _led_by(template, playbook):
            for answers in _ANSWERS:
                failed = _try(template, language, playbook.brand, topics, answers)
                again = failed is None
                if again:
                    failed = _try(template, language, playbook.brand, topics, answers, rejected=1)
                if failed is None or failed in told:
                    continue
                told.add(failed)
                line, why = failed
                given = (
                    f"in {language}, with {len(answers) or 'no'} approved answer"
                    f"{'s' * (len(answers) > 1)} and {'no topic' if not topics else _and(topics)}"
                    f"{', after a draft was rejected' * again}"
                )
                yield _finding(
                    template,
                    template.where.line + line - 1,
                    f"template {template.id} {why}; found {given}; "
                    "give it words for this case, or `default(...)` for what may be absent",
                    playbook,
                )


def _try(
    template: Template,
    language: str,
    brand: str,
    topics: Sequence[str],
    answers: Sequence[str],
    *,
    rejected: int = 0,
) -> tuple[int, str] | None:
    """The line of the body and what is wrong there; None for a text that may go to a person."""
    values = {**values_of(language, brand, "kak", topics, rejected), "knowledge": list(answers)}
    try:
        text = render(template.body, values).strip()
    except ERRORS as error:
        return line_of(error) or 1, f"cannot be rendered: {reason(error)}"
    if not text:
        return 1, "says nothing"
    if len(text) > LONGEST:
        return 1, f"makes more than {LONGEST} characters"
    return None


def reason(error: BaseException) -> str:
    """What a library says of a template, in one line."""
    said = " ".join(str(error).split()) or type(error).__name__
    return said if len(said) <= _LONGEST_REASON else said[: _LONGEST_REASON - 3] + "..."


def _led_by(template: Template, playbook: Playbook) -> list[tuple[str, ...]]:
    """Topics of cases that can lead to the template: none of them, each, all together."""
    naming = _naming(template, playbook)
    topics = dict.fromkeys(template.topics)
    bare = template.id == GENERAL or not (naming or topics)
    for rule in naming:
        wanted = [topic for test in _topical(rule) for topic in (*test.any, *test.all)]
        topics |= dict.fromkeys(wanted)
        bare = bare or not wanted
    alone: list[tuple[str, ...]] = [(topic,) for topic in topics]
    return [*([()] if bare else []), *alone, *([tuple(topics)] if len(topics) > 1 else [])]


def _topical(rule: Rule) -> list[HoldsTopics]:
    return [each.test for each in rule.when.all if isinstance(each.test, HoldsTopics)]


def _naming(template: Template, playbook: Playbook) -> list[Rule]:
    rules = (*playbook.rules, *([playbook.otherwise] if playbook.otherwise else []))
    return [rule for rule in rules if rule.outcome.template == template.id]


def _finding(template: Template, line: int, message: str, playbook: Playbook) -> Finding:
    others = tuple(rule.id for rule in _naming(template, playbook))
    return Finding(code=CODE, file=template.where.file, line=line, message=message, others=others)


def _and(names: Sequence[str]) -> str:
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} and {names[-1]}"


__all__ = ["template_findings"]

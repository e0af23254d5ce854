"""topics: what each topic matches, and why one text holds it, or what it lacks."""

from __future__ import annotations

import shutil
import sys
import textwrap
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from remit.check.words import ALIKE, Heard, Match, Near, Place, Used, form, hear, uses
from remit.cli.checked import seen
from remit.cli.output import PIPED_WIDTH, Format, emit_json
from remit.decide import Router
from remit.decide.text import words
from remit.model import Decision, Event, InputError, Playbook, Refused
from remit.playbook import load_playbook

Line = tuple[tuple[str, str], ...]
"""Pieces of text, each with its style."""
LONGEST_TEXT = 100_000
_AROUND = 6
"""Words shown on either side of those that are meant."""


def topics(path: Path, text: str | None, format_: Format) -> None:
    """Print every topic, or what each makes of one text."""
    from flows.calendars import PublicHolidays

    playbook = load_playbook(path)
    router = Router(playbook, PublicHolidays())
    if text is None:
        used = uses(playbook, router)
        if format_ is Format.json:
            emit_json([_used_json(each) for each in used])
        else:
            _show(_catalogue(used, playbook))
        return
    if len(text) > LONGEST_TEXT:
        raise InputError(
            f"the text has {len(text)} characters; a post has at most {LONGEST_TEXT}, try a part of it"
        )
    heard = hear(text, playbook, router)
    decision = _decision(text, playbook, router)
    if format_ is Format.json:
        emit_json(_heard_json(text, heard, router, decision))
    else:
        _show(_tried(words(text), heard, playbook, decision))


def _decision(text: str, playbook: Playbook, router: Router) -> Decision | None:
    """What becomes of a plain comment with this text, now. None where no rule takes it."""
    platform = next((channel.platform for channel in playbook.channels.values()), "any")
    event = Event(
        id="try",
        kind="conversation.comment",
        platform=platform,
        time=datetime.now(UTC),
        text=text,
    )
    try:
        return router.decide(event)
    except Refused:
        return None


# For machines ------------------------------------------------------------------------------------


def _used_json(used: Used) -> dict[str, object]:
    def phrases(written: Iterable[str]) -> list[dict[str, str]]:
        return [{"phrase": phrase, "form": form(phrase)} for phrase in written]

    return {
        "topic": used.topic.id,
        "words": phrases(used.topic.words),
        "not": phrases(used.topic.without),
        "rules": list(used.rules),
        "example": used.example,
    }


def _heard_json(
    text: str, heard: tuple[Heard, ...], router: Router, decision: Decision | None
) -> dict[str, object]:
    said = words(text)

    def place(at: Place) -> dict[str, object]:
        return {"words": list(said[at.start : at.end]), "from": at.start}

    def matches(found: tuple[Match, ...]) -> list[dict[str, object]]:
        return [{"phrase": match.phrase, **place(match.at)} for match in found]

    return {
        "text": text,
        "words": list(said),
        "topics": list(router.topics(text)),
        "rule": decision and decision.rule,
        "owner": decision and decision.outcome.owner,
        "heard": [
            {
                "topic": each.topic,
                "held": each.held,
                "because": matches(each.because),
                "cancelled": matches(each.cancelled),
                "nearly": [
                    {
                        "phrase": near.phrase,
                        "likeness": round(near.likeness, 2),
                        **place(near.at),
                        "add": near.add,
                    }
                    for near in each.nearly
                ],
            }
            for each in heard
        ],
    }


# For people --------------------------------------------------------------------------------------


def _show(lines: Iterable[Line]) -> None:
    """Print; in colour on a terminal."""
    if not sys.stdout.isatty():
        for line in lines:
            print("".join(text for text, _ in line))
        return
    from rich.console import Console
    from rich.text import Text

    console = Console(highlight=False, soft_wrap=True)
    for line in lines:
        console.print(Text.assemble(*line))


def _catalogue(used: tuple[Used, ...], playbook: Playbook) -> Iterator[Line]:
    if not used:
        yield ((f"Brand {playbook.brand} names no topic.", ""),)
    for each in used:
        rules = ", ".join(each.rules) or "no rule"
        yield ((each.topic.id, "bold"), (f"  asked for by {rules}", ""))
        yield from _phrases("words", each.topic.words)
        yield from _phrases("not", each.topic.without)
        example = "no single phrase of it" if each.example is None else f'"{seen(each.example)}"'
        yield (("  held by ", "dim"), (example, ""))
        yield ()
    if used:
        yield (
            ("Letters of any case, stretched or not, are the same; ", "dim"),
            ("`*` stands for the rest of a word; = is the form compared.", "dim"),
        )


def _phrases(name: str, phrases: tuple[str, ...]) -> Iterator[Line]:
    if not phrases:
        return
    said = ", ".join(_phrase(phrase) for phrase in phrases)
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else PIPED_WIDTH
    head = f"  {name} ({len(phrases)}): "
    for line in textwrap.wrap(
        said, max(width, 40), initial_indent=head, subsequent_indent="    ", break_long_words=False
    ):
        yield ((line, ""),)


def _phrase(phrase: str) -> str:
    """As written, and as compared where that reads otherwise."""
    compared = form(phrase)
    return seen(phrase) if compared == phrase else f"{seen(phrase)} (= {compared or 'nothing'})"


def _tried(
    said: tuple[str, ...], heard: tuple[Heard, ...], playbook: Playbook, decision: Decision | None
) -> Iterator[Line]:
    yield (("words   ", "dim"), (_cut(said, Place(0, 0), 4 * _AROUND) or "none", ""))
    held = [each for each in heard if each.held]
    yield (("topics  ", "dim"), (", ".join(each.topic for each in held) or "none", "bold"))
    if decision is None:
        yield (("rule    ", "dim"), ("none takes a plain comment with this text", ""))
    else:
        owner = playbook.roles[decision.outcome.owner]
        yield (
            ("rule    ", "dim"),
            (f"{decision.rule}, for a plain comment with this text: ", ""),
            (f"{seen(owner.title or owner.id)} ({owner.id}) owns it", ""),
        )
    for each in held:
        yield ()
        yield ((each.topic, "bold green"), (" holds", ""))
        for match in each.because:
            yield from _where(match, said, "green")
    for each in heard:
        if each.cancelled:
            yield ()
            yield ((each.topic, "bold yellow"), (" would hold, and `not` takes it back", ""))
            for match in each.because:
                yield from _where(match, said, "green")
            for match in each.cancelled:
                yield from _where(match, said, "yellow", "not ")
    rest = sorted(
        (each for each in heard if each.nearly), key=lambda each: -each.nearly[0].likeness
    )
    if rest:
        yield ()
        yield (("nearest of the other topics", "dim"),)
    for each in rest:
        for near in each.nearly:
            yield _nearly(each.topic, near, said)


def _where(match: Match, said: tuple[str, ...], style: str, head: str = "") -> Iterator[Line]:
    """A phrase, and the text with brackets around what it takes."""
    yield (
        (f"  {head}", "dim"),
        (f'"{seen(match.phrase)}"', style),
        (" in: ", "dim"),
        (_cut(said, match.at), ""),
    )


def _nearly(topic: str, near: Near, said: tuple[str, ...]) -> Line:
    """The words that a phrase resembles; what to add, where they are alike enough to be meant."""
    like, phrase = " ".join(said[near.at.start : near.at.end]), seen(near.phrase)
    if near.likeness < ALIKE:
        nearest = f'; nearest are "{like}" and "{phrase}"' if near.likeness else ""
        about = f": nothing is like it{nearest}"
        return ((f"  {near.likeness:4.0%}  ", "dim"), (topic, ""), (about, "dim"))
    return (
        (f"  {near.likeness:4.0%}  ", "dim"),
        (topic, "bold"),
        (f': "{like}" is like "{phrase}"', ""),
        (f'; to hold it, add "{near.add}"', "dim"),
    )


def _cut(said: tuple[str, ...], at: Place, around: int = _AROUND) -> str:
    """The text around a place, which stands in brackets."""
    first, last = max(0, at.start - around), at.end + around
    shown = list(said[first:last])
    if at.end > at.start:
        shown[at.start - first] = f"[{shown[at.start - first]}"
        shown[at.end - 1 - first] += "]"
    return " ".join((*["…"] * (first > 0), *shown, *["…"] * (last < len(said))))

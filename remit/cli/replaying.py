"""replay: real history through a playbook."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import orjson
import typer
from pydantic import ValidationError

from remit.check.load import NOBODY
from remit.check.replay import Replay, Taken
from remit.check.sums import outcomes_of
from remit.cli.event_lines import TOO_LONG, Source, bar, opened
from remit.cli.output import complain, emit_json
from remit.cli.replayed.document import as_json
from remit.cli.replayed.text import as_text
from remit.cli.unread import Unread
from remit.cli.whole import written_whole
from remit.model import Event, InputError, Outcome
from remit.playbook import load_playbook

FORMATS = ("text", "json", "html")
_AT_ONCE = 4096
"""Decisions that are written at once."""


def replay(path: Path, events: Path, against: Path | None, out: Path | None, format_: str) -> None:
    """Print what the events come to.

    Ends with 1 where a line was no event, or an event has no owner: it is said which.
    """
    from flows.calendars import PublicHolidays

    if format_ not in FORMATS:
        raise InputError(f"there is no format {format_!r}; choose {', '.join(FORMATS)}")
    if format_ == "html" and sys.stdout.isatty():
        raise InputError("a page is for a browser, not for a terminal; add > replay.html")
    playbook = load_playbook(path)
    old = None if against is None else load_playbook(against)
    counted = Replay(playbook, old, PublicHolidays())
    unread = Unread("line")
    with opened(events) as source, _decisions(out, events, outcomes_of(playbook)) as written:
        _run(source, counted, unread, written)
    report = counted.report()
    if format_ == "json":
        emit_json(as_json(report, unread))
    elif format_ == "html":
        from remit.cli.replayed.page import page

        sys.stdout.buffer.write(page(report, playbook, unread).encode())
    else:
        as_text(report, playbook)
    unread.complain(report.events)
    unowned = sum(load.events for load in report.rules if load.rule == NOBODY)
    if unowned:
        have = "event has" if unowned == 1 else "events have"
        complain(
            f"remit: {unowned:,} {have} no owner; no rule takes them and the playbook has no "
            "`otherwise`; add one that says who owns what nobody foresaw"
        )
    if unread.count or unowned:
        raise typer.Exit(1)


def _run(source: Source, replay: Replay, unread: Unread, written: Taken | None) -> None:
    # All that was loaded stays: the collector of garbage need not look at it again and again.
    gc.freeze()
    with bar("replay", source.size) as progress:
        number = 1
        for lines in source.lines():
            replay.take(_events(lines, number, unread), written)
            number += len(lines)
            progress(source.read)


def _events(lines: Sequence[bytes], first: int, unread: Unread) -> list[Event]:
    """The events of some lines. What is none is noted by its number and left out."""
    # What Event.model_validate_json does, without the questions that it asks before.
    parse = Event.__pydantic_validator__.validate_json
    try:
        return list(map(parse, lines))
    except ValidationError:
        events: list[Event] = []
    for number, line in enumerate(lines, first):
        try:
            events.append(parse(line))
        except ValidationError as error:
            if line is TOO_LONG:
                unread.note(number, "it is longer than 8 MB")
            elif line and not line.isspace():
                unread.note(number, error)
    return events


@contextmanager
def _decisions(
    out: Path | None, events: Path, outcomes: dict[str, Outcome]
) -> Iterator[Taken | None]:
    """Where each decision goes, a line each, in the order read."""
    if out is None:
        yield None
        return
    if out.exists() and events.exists() and out.samefile(events):
        raise InputError(f"--out would overwrite {events} with its decisions; name another file")
    ends = {rule: _end(rule, outcome) for rule, outcome in outcomes.items()}
    ends[NOBODY] = _end(None, None)
    with written_whole(out) as file:
        lines: list[bytes] = []

        def write(event: str, rule: str) -> None:
            lines.append(b'{"event":' + orjson.dumps(event) + ends[rule])
            if len(lines) >= _AT_ONCE:
                file.write(b"".join(lines))
                lines.clear()

        yield write
        file.write(b"".join(lines))


def _end(rule: str | None, outcome: Outcome | None) -> bytes:
    said = {
        "rule": rule,
        "owner": outcome and outcome.owner,
        "severity": outcome and outcome.severity,
        "play": outcome and outcome.play,
    }
    return b"," + orjson.dumps(said)[1:] + b"\n"

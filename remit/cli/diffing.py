"""diff: what a change of the playbook would move, in sentences."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from remit.check.diff import Change, compare
from remit.cli.checked import seen
from remit.cli.comment import comment
from remit.cli.decisions import as_json, as_yaml, event_json
from remit.cli.output import complain, emit_json, say
from remit.cli.release_note import ReleaseNote, release_note
from remit.cli.waiting import waiting
from remit.model import InputError
from remit.playbook import load_playbook

FORMATS = ("text", "json", "github")


def diff(old_path: Path, new_path: Path, since: datetime | None, format_: str) -> int:
    """Print what differs; 0 where every event is decided and treated alike, 1 where one is not."""
    from flows.calendars import PublicHolidays

    if format_ not in FORMATS:
        raise InputError(f"there is no format {format_!r}; choose {', '.join(FORMATS)}")
    old, new = load_playbook(old_path), load_playbook(new_path)
    day = (since or datetime.now(ZoneInfo(new.timezone))).date()
    with waiting("Comparing the decisions of both playbooks"):
        found = compare(old, new, day, PublicHolidays())
    note = release_note(found, old, new)
    if format_ == "json":
        emit_json([_json(change) for change in found.changes])
        for said in _beside(note):  # a list of changes has no place for it
            complain(seen(said))
    elif format_ == "github":
        say(comment(note))
    else:
        say("\n".join(_text(note)))
    return 1 if found.changes or found.undecided or found.redefined else 0


def _json(change: Change) -> dict[str, object]:
    return {
        "old_rule": change.old_rule,
        "new_rule": change.new_rule,
        "old": None if change.old is None else as_json(change.old),
        "new": None if change.new is None else as_json(change.new),
        "event": event_json(change.event),
    }


def _text(note: ReleaseNote) -> Iterator[str]:
    yield seen(note.head)
    yield from map(seen, (*note.tally, *note.words))
    for number, item in enumerate(note.items, start=1):
        yield ""
        yield seen(f"{number}. {item.title}")
        yield seen(f"   {item.why}")
        for part, before, after in item.parts:
            yield seen(f"   {part}: {after}; was {before}.")
        yield "   For example:"
        yield from (f"     {line}" for line in as_yaml(item.event).splitlines())
    beside = tuple(map(seen, _beside(note)))
    yield from ("", *beside) if beside else ()


def _beside(note: ReleaseNote) -> Iterator[str]:
    for name, before, after in note.names:
        yield f"{name}: {after}; was {before}."
    for said in note.undecided:
        yield f"Undecided: {said}."

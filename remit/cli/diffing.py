"""diff: what a change of the playbook would move, in sentences."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from remit.check.diff import Change, Differences, compare
from remit.cli.decisions import PARTS, as_json, as_yaml, event_json, in_words
from remit.cli.output import emit_json, say
from remit.model import InputError, Playbook
from remit.playbook import load_playbook

FORMATS = ("text", "json", "github")


def diff(old_path: Path, new_path: Path, since: date, format_: str) -> int:
    """Print what differs; 0 where every event is decided alike, 1 where one is not."""
    from flows.calendars import PublicHolidays

    if format_ not in FORMATS:
        raise InputError(f"there is no format {format_!r}; choose {', '.join(FORMATS)}")
    old, new = load_playbook(old_path), load_playbook(new_path)
    found = compare(old, new, since, PublicHolidays())
    if format_ == "json":
        emit_json([_json(change) for change in found.changes])
    elif format_ == "github":
        say(_markdown(found, old, new))
    else:
        say(_text(found, old, new))
    return 1 if found.changes or found.undecided else 0


def _json(change: Change) -> dict[str, object]:
    return {
        "old_rule": change.old_rule,
        "new_rule": change.new_rule,
        "old": as_json(change.old),
        "new": as_json(change.new),
        "event": event_json(change.event),
    }


def _sentence(change: Change, old: Playbook, new: Playbook) -> str:
    before, after = change.old.owner, change.new.owner
    if change.old_rule == change.new_rule:
        taken = f"Events that rule {change.old_rule} takes"
    else:
        taken = f"Events that rule {change.old_rule} took and rule {change.new_rule} takes now"
    if before == after:
        return f"{taken} stay with {_role(new, after)}, and are treated otherwise."
    return f"{taken} pass from {_role(old, before)} to {_role(new, after)}."


def _role(playbook: Playbook, role: str) -> str:
    title = playbook.roles[role].title
    return f"{title} ({role})" if title and title != role else role


def _parts(change: Change) -> list[tuple[str, str, str]]:
    """(part, old, new) of what differs."""
    old, new = in_words(change.old), in_words(change.new)
    return [(part, old[part], new[part]) for part in PARTS if old[part] != new[part]]


def _head(found: Differences) -> str:
    count = len(found.changes)
    if not count and not found.undecided:
        return "No event is decided otherwise."
    kinds = "1 kind of event changes" if count == 1 else f"{count} kinds of events change"
    return f"{kinds} owner or treatment."


def _text(found: Differences, old: Playbook, new: Playbook) -> str:
    lines = [_head(found)]
    for number, change in enumerate(found.changes, start=1):
        lines += ["", f"{number}. {_sentence(change, old, new)}"]
        lines += [f"   {part}: {before} -> {after}" for part, before, after in _parts(change)]
        lines += ["   For example:"]
        lines += [f"     {line}" for line in as_yaml(change.event).splitlines()]
    lines += [f"\nUndecided: {said}" for said in found.undecided]
    return "\n".join(lines)


def _markdown(found: Differences, old: Playbook, new: Playbook) -> str:
    """Fits a comment on a pull request; nothing of a text is read as markup."""
    lines = [f"### {_head(found)}"]
    for change in found.changes:
        lines += ["", f"**{_plain(_sentence(change, old, new))}**", ""]
        lines += ["| | before | after |", "|---|---|---|"]
        lines += [
            f"| {part} | {_plain(before)} | {_plain(after)} |"
            for part, before, after in _parts(change)
        ]
        shown = as_yaml(change.event)
        fence = "`" * max(3, _longest_run(shown) + 1)
        lines += ["", "<details><summary>An event that shows it</summary>", ""]
        lines += [f"{fence}yaml", shown, fence, "", "</details>"]
    lines += [f"\n⚠ Undecided: {_plain(said)}" for said in found.undecided]
    return "\n".join(lines)


def _plain(text: str) -> str:
    """Text that Markdown and HTML leave as it is."""
    return "".join(f"\\{char}" if char in "\\`*_{}[]<>#|~&@!" else char for char in text)


def _longest_run(text: str) -> int:
    longest = run = 0
    for char in text:
        run = run + 1 if char == "`" else 0
        longest = max(longest, run)
    return longest

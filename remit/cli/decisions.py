"""A decision and an event as the command prints them."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from decimal import Decimal

from remit.model import Due, Duration, Event, HoldOrder, Outcome


def as_json(outcome: Outcome) -> dict[str, object]:
    """The parts of a decision for machines, lengths of time as the playbook writes them."""
    return {
        "owner": outcome.owner,
        "severity": str(outcome.severity),
        "play": str(outcome.play),
        "due": None if outcome.due is None else _due(outcome.due),
        "escalation": outcome.escalation,
        "approval": outcome.approval,
        "hold": None if outcome.hold is None else _hold(outcome.hold),
        "consulted": list(outcome.consulted),
        "informed": list(outcome.informed),
    }


def event_json(event: Event) -> dict[str, object]:
    """An event with only what it says, as EVENT.json. Its numbers are exact decimals still."""
    said: dict[str, object] = event.model_dump(exclude_none=True, exclude_defaults=True)
    return said | {"time": event.time.isoformat()}


def as_yaml(event: Event) -> str:
    """An event as YAML. Whatever its text holds stays within quotes, and what does not print is
    escaped, as no emitter of YAML does for characters that turn the direction of writing."""
    return "\n".join(_lines(event_json(event), ""))


def _lines(said: Mapping[str, object], indent: str) -> list[str]:
    lines: list[str] = []
    for key, value in said.items():
        if isinstance(value, Mapping):
            lines += [f"{indent}{key}:", *_lines(value, indent + "  ")]
        else:
            lines.append(f"{indent}{key}: {_scalar(value)}")
    return lines


def _scalar(value: object) -> str:
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, str) and _PLAIN.fullmatch(value) and value not in _NOT_TEXT:
        return value
    # A string of JSON is a double-quoted one of YAML.
    quoted = json.dumps(value, ensure_ascii=False)
    return "".join(char if char.isprintable() else json.dumps(char)[1:-1] for char in quoted)


_PLAIN = re.compile(r"[A-Za-z][A-Za-z._-]*[A-Za-z]")
_NOT_TEXT = frozenset({"true", "false", "yes", "no", "on", "off", "null"})


def _due(due: Due) -> dict[str, object]:
    lengths = {
        name: str(length)
        for name in ("first_response", "next_response", "resolution")
        if (length := getattr(due, name)) is not None
    }
    return {**lengths, "clock": due.clock}


def _hold(hold: HoldOrder) -> dict[str, object]:
    length: Duration | None = hold.at_most
    return {
        "posts_of": hold.posts_of,
        "starts": hold.starts,
        "at_most": None if length is None else str(length),
        "topics": list(hold.topics),
    }

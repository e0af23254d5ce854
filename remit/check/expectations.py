"""What a scenario expects of a decision, key by key.

A value is expected as it stands; a list of values, where the decision has one, means any of them;
where it has several (consulted, informed, topics) it means just these, in any order; `{not: ...}`
means none of them. A due time is an instant, or the length that the rule gives.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from remit.model import Decision, Due, Duration

NONE = "none"
_SEVERAL = ("consulted", "informed", "topics")
_LENGTHS = ("first_response", "next_response", "resolution")
_HOLD = ("posts_of", "starts", "at_most", "topics")
_NOT = "not"


@dataclass(frozen=True, slots=True)
class Mismatch:
    """`key` as in the scenario, and both sides in words."""

    key: str
    expected: str
    got: str
    because: str = ""
    """How that came about, where neither side says it."""


@dataclass(frozen=True, slots=True)
class Got:
    """A decision, and its due times in the brand's time."""

    decision: Decision
    due: Mapping[str, datetime]


def mismatches(expected: Mapping[str, object], got: Got) -> Iterator[Mismatch]:
    """What is not as expected, in the order of the scenario."""
    outcome = got.decision.outcome
    for key, wanted in expected.items():
        if key == "due":
            yield from _due(wanted, outcome.due, got.due)
        elif key == "hold":
            hold = outcome.hold
            held = None if hold is None else {name: getattr(hold, name) for name in _HOLD}
            yield from _parts(key, wanted, held, _HOLD)
        elif key in _SEVERAL:
            source = got.decision if key == "topics" else outcome
            yield from _several(key, wanted, tuple(getattr(source, key)))
        else:
            found = got.decision.rule if key == "rule" else getattr(outcome, key)
            yield from _one(key, wanted, found, _same)


Compare = Callable[[object, object], bool]


def _one(key: str, wanted: object, found: object, same: Compare) -> Iterator[Mismatch]:
    """A part that has one value."""
    refused = _refused(wanted)
    if refused is not None:
        if any(same(value, found) for value in refused):
            yield Mismatch(key, f"not {_listed(refused, 'or')}", _said(found))
        return
    allowed = wanted if isinstance(wanted, list | tuple) else [wanted]
    if not any(same(value, found) for value in allowed):
        yield Mismatch(key, _listed(allowed, "or"), _said(found))


def _several(key: str, wanted: object, found: tuple[str, ...]) -> Iterator[Mismatch]:
    """A part that has any number of values."""
    refused = _refused(wanted)
    if refused is not None:
        if not set(map(str, refused)).isdisjoint(found):
            yield Mismatch(key, f"not {_listed(refused, 'or')}", _listed(found))
        return
    names = wanted if isinstance(wanted, list | tuple) else [wanted]
    if set(map(str, names)) != set(found):
        yield Mismatch(key, _listed(names), _listed(found))


def _due(wanted: object, due: Due | None, times: Mapping[str, datetime]) -> Iterator[Mismatch]:
    found: dict[str, object] | None = None
    if due is not None:
        found = {name: _Time(getattr(due, name), times.get(name)) for name in _LENGTHS}
        found["clock"] = due.clock
    yield from _parts("due", wanted, found, (*_LENGTHS, "clock"))


def _parts(
    key: str, wanted: object, found: Mapping[str, object] | None, known: tuple[str, ...]
) -> Iterator[Mismatch]:
    """A part of parts: only those named are compared."""
    if not isinstance(wanted, Mapping) or _NOT in wanted:
        there = found if found is None else "something"
        yield from _one(key, wanted, there, _same)
        return
    if found is None:
        yield Mismatch(key, _said(wanted), NONE)
        return
    for name, value in wanted.items():
        if name not in known:
            yield Mismatch(f"{key}.{name}", f"one of {', '.join(known)}", f"the key {name}")
            continue
        part = found.get(name)
        if isinstance(part, _Time):
            for wrong in _one(f"{key}.{name}", value, part.like(value), _same_time):
                yield replace(wrong, because=part.counted(found.get("clock")))
        elif isinstance(part, list | tuple):
            yield from _several(f"{key}.{name}", value, tuple(map(str, part)))
        else:
            yield from _one(f"{key}.{name}", value, part, _same)


@dataclass(frozen=True, slots=True)
class _Time:
    """When something is due: the length that the rule gives, and the instant that it comes to."""

    length: Duration | None
    instant: datetime | None

    def like(self, wanted: object) -> object:
        """Lengths are compared with lengths, and instants with instants."""
        values = _refused(wanted) or (wanted if isinstance(wanted, list | tuple) else [wanted])
        if any(isinstance(_time(value), datetime) for value in values):
            return self.instant
        return self.length

    def counted(self, clock: object) -> str:
        if self.length is None:
            return ""
        return f"{self.length} on the {clock} clock"


def _time(value: object) -> object:
    """An instant or a length, as written in a scenario; else the value itself."""
    if isinstance(value, str):
        for read in (Duration.parse, datetime.fromisoformat):
            try:
                return read(value)
            except ValueError:
                continue
    return value


def _same_time(wanted: object, found: object) -> bool:
    value = _time(wanted)
    if isinstance(value, datetime) and value.tzinfo is None:
        return False
    return value == found or _same(wanted, found)


def _same(wanted: object, found: object) -> bool:
    if isinstance(found, Duration):
        return _time(wanted) == found
    return wanted == (NONE if found is None else found)


def _refused(wanted: object) -> list[object] | None:
    """The values of `{not: ...}`."""
    if not isinstance(wanted, Mapping) or set(wanted) != {_NOT}:
        return None
    values = wanted[_NOT]
    return list(values) if isinstance(values, list | tuple) else [values]


def _listed(values: object, last: str = "and") -> str:
    assert isinstance(values, list | tuple)
    said = [_said(value) for value in values]
    if len(said) < 2:
        return said[0] if said else NONE
    return f"{', '.join(said[:-1])} {last} {said[-1]}"


def _said(value: object) -> str:
    if value is None:
        return NONE
    if isinstance(value, datetime):
        return value.isoformat(timespec="seconds" if value.second else "minutes")
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {_said(part)}" for key, part in value.items())
    if isinstance(value, list | tuple):
        return _listed(list(value))
    return str(value)

"""Events in the words of a playbook: what a set of atoms says, as the tests that would ask for it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime

from remit.check.bitsets import bits, runs
from remit.check.space import Segment, Space
from remit.decide.axes import Numbers
from remit.decide.domains import covers
from remit.decide.match import shown
from remit.model import KINDS, Finding, Rule

_SHOWN = 6
"""Names that a sentence lists before it counts the rest."""
_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def listed(names: Iterable[str], last: str = "and") -> str:
    """`a, b and c`; the end of a long list is counted."""
    every = list(names)
    if len(every) > _SHOWN + 1:
        every = [*every[:_SHOWN], f"{len(every) - _SHOWN} more"]
    if len(every) < 2:
        return "".join(every)
    return f"{', '.join(every[:-1])} {last} {every[-1]}"


def in_list(names: Iterable[str]) -> str:
    """`[a, b]` as the playbook would write it; the end of a long list is counted."""
    every = list(names)
    if len(every) > _SHOWN + 1:
        every = [*every[:_SHOWN], f"... {len(every) - _SHOWN} more"]
    return f"[{', '.join(every)}]"


def finding(code: str, at: Rule, message: str, **more: object) -> Finding:
    """A finding at the place of a rule."""
    where = at.where
    return Finding.model_validate(
        {"code": code, "file": where.file, "line": max(where.line, 1), "message": message} | more
    )


def kinds(numbers: Iterable[int]) -> list[str]:
    """Kinds by number, with one name for all below it."""
    left = [KINDS[number] for number in numbers]
    found: list[str] = []
    for top in dict.fromkeys(kind.split(".", maxsplit=1)[0] for kind in left):
        below = [kind for kind in KINDS if covers(top, kind)]
        mine = [kind for kind in left if covers(top, kind)]
        found += [top] if mine == below else mine
    return found


def tests(space: Space, mask: int) -> Iterator[str]:
    """What a box asks for, but of the kind and the text, field by field."""
    for segment in space.segments:
        atoms = segment.of(mask)
        if atoms == segment.full or segment.name == "kind":
            continue
        if segment.name == "hours":
            at = segment.samples[next(bits(atoms))]["time"]
            assert isinstance(at, datetime)
            yield f"the time is like {_WEEKDAYS[at.weekday()]} {at:%H:%M}"
        elif segment.name == "place":
            yield _places(segment, atoms)
        else:
            axis = space.axis(segment.name)
            if isinstance(axis, Numbers):
                own = space.own_atoms(segment.name, atoms)
                yield f"{segment.name}: {_numbers(axis, own)}"
            else:
                yield f"{segment.name}: {_values(segment, atoms)}"


def _values(segment: Segment, atoms: int) -> str:
    values = [sample[segment.name] for sample in segment.samples]
    inside = [_value(values[atom]) for atom in bits(atoms)]
    outside = [values[atom] for atom in bits(segment.full & ~atoms)]
    missing = None in [values[atom] for atom in bits(atoms)]
    if missing and len(inside) == 1:
        return "missing"
    if outside == [None]:
        return "{exists: true}"
    if missing and len(outside) <= len(inside):
        return f"{{not: {_one_or_list([_value(value) for value in outside])}}}"
    return _one_or_list(inside)


def _value(value: object) -> str:
    return "missing" if value is None else shown(value) if isinstance(value, str | bool) else "?"


def _one_or_list(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else in_list(names)


def _numbers(axis: Numbers, atoms: int) -> str:
    parts: list[str] = []
    inside = atoms & ~(1 << axis.missing)
    impossible = ((1 << axis.missing) - 1) & ~axis.full
    for start, end in runs(inside | impossible):
        run = inside & ((2 << end) - (1 << start))
        if not run:
            continue
        bounds: list[str] = []
        first, last = (run & -run).bit_length() - 1, run.bit_length() - 1
        at, point = divmod(first, 2)
        if first > 2 * axis.breaks.index(axis.at_least) + 1:
            low = axis.breaks[at] if point else axis.breaks[at - 1]
            bounds.append(f"{'at_least' if point else 'more_than'}: {shown(low)}")
        at, point = divmod(last, 2)
        if last < 2 * axis.breaks.index(axis.at_most) + 1:
            bounds.append(f"{'at_most' if point else 'less_than'}: {shown(axis.breaks[at])}")
        parts.append(f"{{{', '.join(bounds)}}}" if bounds else "{exists: true}")
    if atoms >> axis.missing & 1:
        parts.append("missing")
    return listed(parts, "or")


def _places(segment: Segment, atoms: int) -> str:
    def named(sample: Mapping[str, object]) -> str:
        channel, platform = sample["channel"], sample["platform"]
        return str(platform) if channel is None else f"{channel} on {platform}"

    return f"it comes from {listed((named(segment.samples[atom]) for atom in bits(atoms)), 'or')}"

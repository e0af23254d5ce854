"""What falls through every rule, in a few words."""

from __future__ import annotations

from remit.check import wording
from remit.check.bitsets import bits, bitset
from remit.check.reach import Reach
from remit.check.search import Found
from remit.check.space import Space
from remit.model import KINDS


def shape(space: Space, reach: Reach, example: Found) -> str:
    """Kinds that no rule names, kinds of which something is left, and what an example of that is like."""
    whole, some, unknown = _by_kind(space, reach)
    parts: list[str] = []
    if whole:
        parts.append(f"all of {wording.listed(wording.kinds(whole))}")
    if some:
        if _kind(space, example) not in some:
            example = _example(space, reach, some[0])
        parts.append(_described(space, reach, example, some))
    if unknown:
        parts.append(f"perhaps some of {wording.listed(wording.kinds(unknown))}")
    return ", and ".join(parts)


def _by_kind(space: Space, reach: Reach) -> tuple[list[int], list[int], list[int]]:
    """Kinds of which all, some, and nobody knows what falls through."""
    whole: list[int] = []
    some: list[int] = []
    unknown: list[int] = []
    for kind in range(len(KINDS)):
        mask = _only(space, kind)
        if not reach.search.touching(mask) & reach.above[-1]:
            whole.append(kind)
            continue
        answer = reach.left(mask)
        if answer.undecided:
            unknown.append(kind)
        elif answer.found is not None:
            some.append(kind)
    return whole, some, unknown


def _example(space: Space, reach: Reach, kind: int) -> Found:
    found = reach.left(_only(space, kind)).found
    assert found is not None, "asked before"
    return found


def _described(space: Space, reach: Reach, example: Found, kinds: list[int]) -> str:
    """Those kinds, and what events like that one have in common."""
    mask = _widened(space, reach, example)
    asked = [*wording.tests(space, mask), *_text(space, reach, example, mask)]
    alike = [kind for kind in bits(space.segments[0].of(mask)) if kind in kinds]
    like = wording.listed(wording.kinds(alike))
    if alike == kinds:
        return f"{like} where {' and '.join(asked)}"
    every = wording.listed(wording.kinds(kinds))
    return (
        f"some of {every}, such as {' where '.join([like, ' and '.join(asked)][: 1 + bool(asked)])}"
    )


def _widened(space: Space, reach: Reach, example: Found) -> int:
    """Atom by atom as much around the example as no rule takes with a text like its."""
    tables = reach.search.tables
    mask = reach.search.first(example.mask)
    passing = tables.of_text(space.texts.topics_of(example.phrases)) & reach.above[-1]
    for axis, segment in enumerate(space.segments):
        others = passing
        for other, each in enumerate(space.segments):
            if other != axis:
                others &= tables.touching(other, each.of(mask))
        wide = bitset(atom for atom in bits(segment.full) if not tables.row(axis, atom) & others)
        mask |= wide << segment.offset
    return mask


def _text(space: Space, reach: Reach, example: Found, mask: int) -> list[str]:
    """The topics that matter there: those that it holds, and those that would bring it to a rule."""
    names = {number: name for name, number in reversed(space.texts.numbers[0].items())}
    held = space.texts.topics_of(example.phrases)
    wanted: dict[int, None] = {}
    for number in bits(reach.search.touching(mask) & reach.above[-1]):
        for group in reach.search.clauses[number].groups:
            wanted.update(dict.fromkeys(sorted(group - held)))
    said = [f"topic: {names[topic]}" for topic in sorted(held)]
    if wanted:
        said.append(f"topic: {{none: {wording.in_list(names[topic] for topic in wanted)}}}")
    return said


def _only(space: Space, kind: int) -> int:
    segment = space.segments[0]
    assert segment.name == "kind"
    return space.full & ~segment.bits | 1 << (segment.offset + kind)


def _kind(space: Space, found: Found) -> int:
    return next(bits(space.segments[0].of(found.mask)))

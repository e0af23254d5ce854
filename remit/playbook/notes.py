"""What a reading gathers: findings, names that were declared, and names that were used."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice

from remit.model import FieldSpec, Finding, Role, Rule
from remit.playbook.nodes import shown

_MOST_NAMED = 12
_MOST_COMPARED = 200_000
"""So many pairs of names take about a second."""


@dataclass(frozen=True, slots=True)
class Use:
    """A name that must be declared somewhere, as one of `kinds` or literally one of `besides`."""

    name: str
    kinds: tuple[str, ...]
    besides: tuple[str, ...]
    file: str
    line: int
    rule: str | None


@dataclass(slots=True)
class Notes:
    """Shared by all files of a bundle."""

    findings: list[Finding] = field(default_factory=list)
    uses: list[Use] = field(default_factory=list)
    declared: dict[str, dict[str, str]] = field(default_factory=dict)
    """Kind to name to `file:line`; also of what turned out unreadable."""
    broken: set[str] = field(default_factory=set)
    """Kinds whose declarations could not be read: their uses are not judged."""
    fields: dict[str, FieldSpec | None] = field(default_factory=dict)
    """The brand's own fields; None for one that could not be read."""
    defaults: dict[str, str] = field(default_factory=dict)
    """Play to the name of its approval."""
    rules: list[Rule] = field(default_factory=list)
    """Rules that could be read, whatever became of the others."""
    roles: dict[str, Role] = field(default_factory=dict)
    files: Mapping[str, bytes] = field(default_factory=dict)

    def names(self, kind: str) -> Sequence[str]:
        return list(self.declared.get(kind, {}))


@dataclass(slots=True)
class Reading:
    """Where in the bundle the reader stands."""

    notes: Notes
    file: str
    rule: str | None = None
    key: str = "the file"

    def note(self, line: int, message: str, code: str = "PB001") -> None:
        self.notes.findings.append(
            Finding(code=code, file=self.file, line=line, message=message, rule=self.rule)
        )

    def declare(self, kind: str, name: str, line: int) -> bool:
        """False, with a finding, for a name of that kind that is there already."""
        known = self.notes.declared.setdefault(kind, {})
        if name in known:
            self.note(
                line,
                f"the {kind} {shown(name)} is repeated; "
                f"found it at {known[name]} and at {self.file}:{line}; keep one",
            )
            return False
        known[name] = f"{self.file}:{line}"
        return True

    def use(
        self, name: str, kinds: tuple[str, ...], line: int, besides: tuple[str, ...] = ()
    ) -> None:
        self.notes.uses.append(Use(name, kinds, besides, self.file, line, self.rule))

    @contextmanager
    def at(self, key: str) -> Iterator[None]:
        """Errors inside name this key."""
        before, self.key = self.key, key
        try:
            yield
        finally:
            self.key = before


def listing(names: Collection[str]) -> str:
    """`a, b, c`, cut where it would fill the screen."""
    text = ", ".join(islice(names, _MOST_NAMED))
    rest = len(names) - _MOST_NAMED
    return f"{text} and {rest} more" if rest > 0 else text or "none"


def closest(name: str, names: Iterable[str]) -> str | None:
    """The name that was probably meant."""
    options = list(names)
    folded = {option.casefold(): option for option in reversed(options)}
    found = difflib.get_close_matches(name.casefold()[:100], folded, n=1, cutoff=0.6)
    return folded[found[0]] if found else None


def meant(name: str, names: Iterable[str], otherwise: str) -> str:
    """`did you mean NAME?`, or what else to do."""
    close = closest(name, names)
    return f"did you mean {close}?" if close is not None else otherwise


def resolve(notes: Notes) -> list[Finding]:
    """PB002 for every name that nobody declared, and for names that could mean two things."""
    findings: list[Finding] = []
    left = _MOST_COMPARED
    options: dict[tuple[tuple[str, ...], tuple[str, ...]], list[str]] = {}
    for use in notes.uses:
        if use.name in use.besides or notes.broken & set(use.kinds):
            continue
        homes = [kind for kind in use.kinds if use.name in notes.declared.get(kind, {})]
        if not homes:
            every = (use.kinds, use.besides)
            if every not in options:
                named = (name for kind in use.kinds for name in notes.names(kind))
                options[every] = [*use.besides, *named]
            left -= len(options[every])
            message = _unknown(use, options[every], guess=left >= 0)
        elif len(homes) > 1:
            message = f"{shown(use.name)} may be a {' or a '.join(homes)}; found both; rename one"
        else:
            continue
        findings.append(
            Finding(code="PB002", file=use.file, line=use.line, message=message, rule=use.rule)
        )
    return findings


def _unknown(use: Use, names: Sequence[str], *, guess: bool) -> str:
    kinds = " or ".join(use.kinds)
    remedy = f"use one of them, or declare the {kinds}" if names else f"declare the {kinds}"
    if guess:
        remedy = meant(use.name, names, remedy)
    return f"unknown {kinds} {shown(use.name)}; the playbook has {listing(names)}; {remedy}"

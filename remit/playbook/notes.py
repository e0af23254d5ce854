"""What a reading gathers: findings, names that were declared, and names that were used."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice

from remit.model import FieldSpec, Finding, Role, Rule
from remit.playbook.compose import Allowance, compose
from remit.playbook.nodes import Node, shown

MOST_FINDINGS = 5_000
"""More are told to nobody."""
_MOST_NAMED = 12
_MOST_COMPARED = 4_000_000
"""So many pairs of names take about a second."""
_LONGEST = 64
_ALIKE = 60
"""Of 100: two names that have so much in common are told apart by a slip of the hand."""


class TooManyFindings(Exception):
    """Reading ends here, and `finding` says so."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(str(finding))
        self.finding = finding


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
    shapes: dict[str, object] = field(default_factory=dict)
    """What reads a value of each; made where the first rule tests it."""
    own: list[str] = field(default_factory=list)
    """Their names as rules spell them: `fields.NAME`."""
    defaults: dict[str, str] = field(default_factory=dict)
    """Play to the name of its approval."""
    rules: list[Rule] = field(default_factory=list)
    """Rules that could be read, whatever became of the others."""
    roles: dict[str, Role] = field(default_factory=dict)
    files: Mapping[str, bytes] = field(default_factory=dict)
    images: Sequence[str] = ()
    """Those of the files that are images."""
    allowance: Allowance = field(default_factory=Allowance)
    compared: int = 0
    """Pairs of names so far."""

    def add(self, finding: Finding) -> None:
        """Raises TooManyFindings."""
        if len(self.findings) < MOST_FINDINGS:
            self.findings.append(finding)
            return
        message = (
            f"more than {MOST_FINDINGS} mistakes; found the next one here; correct those above"
        )
        raise TooManyFindings(
            Finding(code="PB001", file=finding.file, line=finding.line, message=message)
        )

    def names(self, kind: str) -> Sequence[str]:
        return list(self.declared.get(kind, {}))

    def meant(self, name: str, names: Collection[str], otherwise: str) -> str:
        """`did you mean NAME?`, or what else to do."""
        self.compared += len(names)
        close = closest(name, names) if self.compared <= _MOST_COMPARED else None
        return otherwise if close is None else f"did you mean {_short(close)}?"


@dataclass(slots=True)
class Reading:
    """Where in the bundle the reader stands."""

    notes: Notes
    file: str
    rule: str | None = None
    key: str = "the file"

    def note(self, line: int, message: str, code: str = "PB001") -> None:
        self.notes.add(
            Finding(code=code, file=self.file, line=line, message=message, rule=self.rule)
        )

    def meant(self, name: str, names: Collection[str], otherwise: str) -> str:
        """`did you mean NAME?`, or what else to do."""
        return self.notes.meant(name, names, otherwise)

    def compose(self, source: str, first_line: int = 1) -> Node | None:
        """The document of this file, or None after a note."""
        return compose(source, self.note, first_line, self.notes.allowance)

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

    def at(self, key: str) -> _At:
        """Errors inside name this key."""
        return _At(self, key)


class _At:
    """As `contextlib.contextmanager` would make it, in a third of its time: every key needs one."""

    __slots__ = ("before", "key", "reading")

    def __init__(self, reading: Reading, key: str) -> None:
        self.reading = reading
        self.key = key

    def __enter__(self) -> None:
        self.before = self.reading.key
        self.reading.key = self.key

    def __exit__(self, *_: object) -> None:
        self.reading.key = self.before


def listing(names: Collection[str], most: int = _MOST_NAMED) -> str:
    """`a, b, c`, cut where it would fill the screen."""
    text = ", ".join(map(_short, islice(names, most)))
    rest = len(names) - most
    return f"{text} and {rest} more" if rest > 0 else text or "none"


def closest(name: str, names: Collection[str]) -> str | None:
    """The name that was probably meant."""
    # A hundredth of a second to import, for none but those who mistyped.
    from rapidfuzz import fuzz, process

    folded = {option: option.casefold() for option in names}
    found = process.extractOne(
        name[:100].casefold(), folded, scorer=fuzz.ratio, score_cutoff=_ALIKE
    )
    return None if found is None else str(found[2])


def _short(name: str) -> str:
    """A name that may be anything: one that is no id is still known by what was typed."""
    return name if len(name) <= _LONGEST and name.isprintable() else shown(name)


def resolve(notes: Notes) -> None:
    """PB002 for every name that nobody declared, and for names that could mean two things."""
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
            message = _unknown(use, options[every], notes)
        elif len(homes) > 1:
            message = f"{shown(use.name)} may be a {' or a '.join(homes)}; found both; rename one"
        else:
            continue
        notes.add(
            Finding(code="PB002", file=use.file, line=use.line, message=message, rule=use.rule)
        )


def _unknown(use: Use, names: Sequence[str], notes: Notes) -> str:
    kinds = " or ".join(use.kinds)
    remedy = f"use one of them, or declare the {kinds}" if names else f"declare the {kinds}"
    remedy = notes.meant(use.name, names, remedy)
    return f"unknown {kinds} {shown(use.name)}; the playbook has {listing(names)}; {remedy}"

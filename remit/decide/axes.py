"""Every value that a field can have, as finitely many atoms: what no rule can tell apart is one.

The Router finds an event's atom and looks up which rules take it; the prover asks which atoms a
test takes. An atom is a number from 0, a set of atoms a mask with one bit for each.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from decimal import Decimal

from remit.decide.domains import (
    CLOSED,
    INTEGERS,
    LIMITS,
    NUMBERS,
    OPEN,
    OTHER_CHANNEL,
    REQUIRED,
    covers,
)
from remit.model import (
    KINDS,
    AnyOf,
    Exists,
    FieldTest,
    InputError,
    NoneOf,
    Playbook,
    Range,
    Scalar,
    Test,
)

_DIGITS = 34
_EXPONENT = 30
GREATEST = Decimal((0, (9,) * _DIGITS, _EXPONENT))


class Values:
    """A field of named values. Atoms: each value, then *other* and *missing* where they can be."""

    def __init__(self, field: str, values: Iterable[Scalar], *, other: bool, missing: bool) -> None:
        self.field = field
        self.values: tuple[Scalar, ...] = tuple(dict.fromkeys(values))
        self.atom = {_key(value): number for number, value in enumerate(self.values)}
        count = len(self.values)
        self.other: int | None = count if other else None
        count += other
        self.missing: int | None = count if missing else None
        self.size = count + missing
        self.full = (1 << self.size) - 1
        if field == "channel" and self.other is not None:
            # A rule may ask for the channels that the playbook does not declare.
            self.atom.setdefault(_key(OTHER_CHANNEL), self.other)

    def index(self, value: Scalar | None) -> int | None:
        """The atom of a value; None where the field cannot have it."""
        if value is None:
            return self.missing
        return self.atom.get(_key(value), self.other)

    def mask(self, test: Test) -> int:
        """The atoms that pass a test. Raises InputError for a test that the field does not know."""
        if isinstance(test, Exists):
            absent = 0 if self.missing is None else 1 << self.missing
            return self.full & ~absent if test.exists else absent
        if not isinstance(test, AnyOf | NoneOf):
            raise InputError(f"{self.field} has named values: test one, a list, `not` or `exists`")
        named = 0
        for value in test.values:
            number = self.atom.get(_key(value))
            named |= 0 if number is None else 1 << number
        return named if isinstance(test, AnyOf) else self.full & ~named

    def label(self, atom: int) -> str:
        if atom < len(self.values):
            value = self.values[atom]
            return str(value).lower() if isinstance(value, bool) else str(value)
        return "other" if atom == self.other else "missing"


class Kinds(Values):
    """The closed kinds; a name above some of them covers all below it."""

    def __init__(self) -> None:
        super().__init__("kind", KINDS, other=False, missing=False)

    def mask(self, test: Test) -> int:
        if isinstance(test, Exists):
            return self.full if test.exists else 0
        if not isinstance(test, AnyOf | NoneOf):
            raise InputError("kind takes a kind, a list of kinds, or `not`")
        named = 0
        for number, kind in enumerate(KINDS):
            if any(isinstance(value, str) and covers(value, kind) for value in test.values):
                named |= 1 << number
        return named if isinstance(test, AnyOf) else self.full & ~named


class Numbers:
    """A field of numbers. With breakpoints b0 < b1 < ..., atom 2i+1 is the point b_i, atom 2i the
    open interval below it, atom 2n the one above all, and the last atom is *missing*.

    An interval in which no event can have a value is not in `full`, and no mask has it.
    """

    def __init__(
        self,
        field: str,
        breaks: Iterable[Decimal],
        *,
        integers: bool = False,
        at_least: Decimal | None = None,
        at_most: Decimal | None = None,
    ) -> None:
        self.field = field
        self.integers = integers
        self.at_least = GREATEST.copy_negate() if at_least is None else at_least
        self.at_most = GREATEST if at_most is None else at_most
        bounds = {self.at_least, self.at_most}
        self.breaks: tuple[Decimal, ...] = tuple(sorted({*breaks, *bounds}))
        self.missing = 2 * len(self.breaks) + 1
        self.size = self.missing + 1
        self.full = self._possible()

    def index(self, value: Decimal | int | None) -> int:
        """The atom of a value."""
        if value is None:
            return self.missing
        breaks = self.breaks
        at = bisect_left(breaks, value)
        return 2 * at + (at < len(breaks) and breaks[at] == value)

    def mask(self, test: Test) -> int:
        """The atoms that pass a test. Raises InputError for a test that the field does not know."""
        if isinstance(test, Exists):
            absent = 1 << self.missing
            return (self.full & ~absent) if test.exists else absent
        if isinstance(test, Range):
            return self._range(test) & self.full
        if not isinstance(test, AnyOf | NoneOf):
            raise InputError(f"{self.field} is a number: test a value, bounds, `not` or `exists`")
        named = 0
        for value in test.values:
            if isinstance(value, Decimal):
                named |= 1 << self.index(value)
        return (named if isinstance(test, AnyOf) else ~named) & self.full

    def sample(self, atom: int) -> Decimal | None:
        """A value of that atom, the shortest there is; None for *missing* and for an empty one."""
        if atom == self.missing:
            return None
        at, point = divmod(atom, 2)
        if point:
            return self.breaks[at]
        below = self.breaks[at - 1] if at else None
        above = self.breaks[at] if at < len(self.breaks) else None
        if below is None or above is None:
            return None  # beyond the domain
        return between(below, above, integers=self.integers)

    def label(self, atom: int) -> str:
        if atom == self.missing:
            return "missing"
        at, point = divmod(atom, 2)
        if point:
            return format(self.breaks[at], "f")
        below = format(self.breaks[at - 1], "f") if at else "-infinity"
        above = format(self.breaks[at], "f") if at < len(self.breaks) else "infinity"
        return f"between {below} and {above}"

    def _range(self, test: Range) -> int:
        first, last = 0, 2 * len(self.breaks)
        if test.at_least is not None:
            first = max(first, self.index(test.at_least))
        if test.more_than is not None:
            first = max(first, self.index(test.more_than) + 1)
        if test.at_most is not None:
            last = min(last, self.index(test.at_most))
        if test.less_than is not None:
            last = min(last, self.index(test.less_than) - 1)
        return ((1 << (last + 1)) - 1) & ~((1 << first) - 1) if first <= last else 0

    def _possible(self) -> int:
        possible = 1 << self.missing
        low, high = self.breaks.index(self.at_least), self.breaks.index(self.at_most)
        for at in range(low, high + 1):
            if not self.integers or self.breaks[at] == self.breaks[at].to_integral_value():
                possible |= 1 << (2 * at + 1)
            if at < high and self.sample(2 * at + 2) is not None:
                possible |= 1 << (2 * at + 2)
        return possible


Axis = Values | Numbers


def between(below: Decimal, above: Decimal, *, integers: bool = False) -> Decimal | None:
    """A short number strictly between two, or None where an event can have none.

    An event's numbers have at most 34 digits and an exponent within 30.
    """
    if above <= 0:  # from the end that is nearer to nothing: -11 below -10, not the least there is
        mirrored = between(above.copy_negate(), below.copy_negate(), integers=integers)
        return None if mirrored is None else mirrored.copy_negate()
    low, high = _scaled(below), _scaled(above)
    # In units of 10**-30 both bounds are integers, and so is every number of an event.
    finest = _EXPONENT if integers else 0
    coarsest = max(len(str(low)), len(str(high)), _EXPONENT)
    for power in (*range(_EXPONENT, finest - 1, -1), *range(_EXPONENT + 1, coarsest)):
        step = 10**power
        found = 0 if low < 0 < high else (low // step + 1) * step
        if found < high and len(str(abs(found)).rstrip("0")) <= _DIGITS:
            return _unscaled(found)
    return None


def axes_of(playbook: Playbook, tests: Sequence[FieldTest]) -> dict[str, Axis]:
    """An axis for each field of one value that these tests name. Topics and hours are not among them.

    A number is broken at its bounds and at every number that a test names.
    """
    named: dict[str, list[Scalar]] = {}
    for asked in tests:
        found = named.setdefault(asked.field, [])
        test = asked.test
        if isinstance(test, AnyOf | NoneOf):
            found += test.values
        elif isinstance(test, Range):
            bounds = (test.at_least, test.more_than, test.at_most, test.less_than)
            found += [bound for bound in bounds if bound is not None]
    return {field: axis_of(playbook, field, values) for field, values in named.items()}


def axis_of(playbook: Playbook, field: str, named: Iterable[Scalar]) -> Axis:
    """The axis of one field, told apart by those values. Raises InputError for an unknown field."""
    if field == "kind":
        return Kinds()
    if field in OPEN:
        return Values(field, named, other=True, missing=field not in REQUIRED)
    if field == "channel":
        return Values(field, playbook.channels, other=True, missing=True)
    if field in CLOSED:
        return Values(field, CLOSED[field], other=False, missing=True)
    numbers = (value for value in named if isinstance(value, Decimal))
    if field in NUMBERS:
        low, high = LIMITS.get(field, (None, None))
        return Numbers(field, numbers, integers=field in INTEGERS, at_least=low, at_most=high)
    own = playbook.fields.get(field.removeprefix("fields."))
    if own is None or not field.startswith("fields."):
        raise InputError(f"{field!r} is not a field that the playbook declares")
    if own.number:
        return Numbers(field, numbers, at_least=own.at_least, at_most=own.at_most)
    return Values(field, own.values, other=False, missing=True)


def _key(value: Scalar) -> tuple[bool, Scalar]:
    """1 and true are one to Python, and two to a playbook."""
    return isinstance(value, bool), value


def _scaled(value: Decimal) -> int:
    unit: int = 10**_EXPONENT
    numerator, denominator = value.as_integer_ratio()
    return numerator * unit // denominator


def _unscaled(number: int) -> Decimal:
    digits = str(abs(number))
    short = digits.rstrip("0") or "0"
    exponent = 0 if number == 0 else len(digits) - len(short) - _EXPONENT
    if exponent > 0:  # 1200, not 1.2E+3
        short, exponent = short + "0" * exponent, 0
    return Decimal((number < 0, tuple(map(int, short)), exponent))

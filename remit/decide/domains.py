"""Which values a field can have. A value that its field cannot have counts as missing.

So an adapter that invents a relation, or a sentiment of 5, finds no owner that the prover has not
seen: the event is decided as if it had not said it.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from remit.model import RELATIONS, UNDER, FieldSpec, Scalar

OPEN = ("platform", "language", "metric")
"""Fields that always have a value which the playbook does not name."""
INTEGERS = ("author.followers", "reach")
NUMBERS = ("sentiment", "toxicity", "value", "change", *INTEGERS)
REQUIRED = ("kind", "platform")
CLOSED: Mapping[str, tuple[Scalar, ...]] = {
    "under": UNDER,
    "author.relation": RELATIONS,
    "author.verified": (False, True),
}
LIMITS: Mapping[str, tuple[Decimal | None, Decimal | None]] = {
    "author.followers": (Decimal(0), None),
    "reach": (Decimal(0), None),
    "sentiment": (Decimal(-1), Decimal(1)),
    "toxicity": (Decimal(0), Decimal(1)),
}
OTHER_CHANNEL = "other"
"""A channel that the playbook does not declare."""


def covers(kind: str, of: str) -> bool:
    """`conversation` covers `conversation.comment`, and nothing that only begins alike."""
    return of == kind or of.startswith(kind + ".")


def known(field: str, value: Scalar | int | None) -> Scalar | int | None:
    """The value, or None where the field cannot have it."""
    if field in CLOSED:
        return value if value in CLOSED[field] else None
    low, high = LIMITS.get(field, (None, None))
    return value if low is None or value is None else _within(value, low, high)


def known_own(spec: FieldSpec, value: Scalar | None) -> Scalar | int | None:
    """The value of a field of the brand's own, or None where the field cannot have it."""
    if spec.number:
        return _within(value, spec.at_least, spec.at_most)
    return value if isinstance(value, str) and value in spec.values else None


def _within(
    value: Scalar | int | None, low: Decimal | None, high: Decimal | None
) -> Decimal | int | None:
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        return None
    return value if (low is None or value >= low) and (high is None or value <= high) else None

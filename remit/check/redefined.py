"""Names that two playbooks share and that stand for something else in each.

A decision names an approval, an escalation and an owner, whose hours a due time counts. If one of
these is defined otherwise, events are decided in the same words and treated differently all the same.
It is said once for each name, not once for each rule that uses it. Who holds a role is not compared:
people come and go without a change of what is decided.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from dataclasses import dataclass

from remit.model import OTHERWISE, Approval, Due, Outcome, Playbook, Role, Step


@dataclass(frozen=True, slots=True)
class Redefined:
    """A name, what it stood for, what it stands for now, and the new rules whose decision names it."""

    name: str
    old: Approval | tuple[Step, ...] | Role
    new: Approval | tuple[Step, ...] | Role
    rules: tuple[str, ...]


def redefined(old: Playbook, new: Playbook) -> tuple[Redefined, ...]:
    """Approvals, then escalations, then roles whose hours some due time counts."""
    before, after = _named(old), _named(new)
    return tuple(
        Redefined(after[key].name, before[key].value, after[key].value, tuple(after[key].rules))
        for key in sorted(before.keys() & after.keys())
        if before[key].means != after[key].means
    )


@dataclass(slots=True)
class _Name:
    name: str
    value: Approval | tuple[Step, ...] | Role
    means: Hashable
    rules: list[str]


def _named(book: Playbook) -> dict[tuple[int, str], _Name]:
    """What the decisions of a playbook name, by sort and name."""
    found: dict[tuple[int, str], _Name] = {}
    for rule, outcome in _outcomes(book):
        for key, value, means in _names_of(outcome, book):
            found.setdefault(key, _Name(key[1], value, means, [])).rules.append(rule)
    return found


def _names_of(
    outcome: Outcome, book: Playbook
) -> Iterator[tuple[tuple[int, str], Approval | tuple[Step, ...] | Role, Hashable]]:
    if outcome.approval is not None and outcome.approval in book.approvals:
        approval = book.approvals[outcome.approval]
        tiers = tuple((frozenset(tier.by), tier.count, tier.not_writer) for tier in approval.asked)
        means = (tiers, *(getattr(approval, each) for each in _SAID))
        yield (0, approval.id), approval, means
    if outcome.escalation is not None and outcome.escalation in book.escalations:
        steps = book.escalations[outcome.escalation]
        yield (1, outcome.escalation), steps, steps
    if _counts_hours(outcome.due) and outcome.owner in book.roles:
        role = book.roles[outcome.owner]
        open_always = role.hours is None or not any(role.hours.week)
        yield (
            (2, role.id),
            role,
            open_always
            or (
                role.hours,
                role.dated,
                role.holidays,
                book.timezone,
            ),
        )


_SAID = ("expires", "identity")


def _counts_hours(due: Due | None) -> bool:
    return due is not None and due.clock == "business"


def _outcomes(book: Playbook) -> Iterator[tuple[str, Outcome]]:
    for rule in book.rules:
        yield rule.id, rule.outcome
    if book.otherwise is not None:
        yield OTHERWISE, book.otherwise.outcome

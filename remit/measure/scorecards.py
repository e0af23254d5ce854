"""A scorecard a role. Every event, case and publication is on exactly one of them."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable
from typing import Literal

from remit.model import CaseFact, Facts, Frozen, Play, Playbook

REACTIONS = ("likes", "reposts", "quotes", "reactions", "shares")
"""Metrics that are acts of the audience on a publication. Answers to it are counted apart."""

ANSWERED_OUTSIDE = "responded_outside"
WHOLE = "all"


class Scorecard(Frozen):
    """What one role owned between two instants and what became of it."""

    role: str
    title: str
    events: int = 0
    """Messages and acts of others that it owned."""
    cases: int = 0
    open: int = 0
    overdue: int = 0
    """Unanswered, and past their due time."""
    late: int = 0
    """Answered after their due time."""
    asked: int = 0
    """Cases that ask for a reply: the denominator of `answered_share`."""
    answered: int = 0
    answered_outside: int = 0
    """Of these, on the platform itself, past Remit."""
    answered_unseen: int = 0
    """Of these, from a template alone, without a person having seen it: these are not timed."""
    first_response_median_seconds: float | None = None
    first_response_p90_seconds: float | None = None
    first_response_clock: Literal["calendar"] = "calendar"
    """From the event to the first approved reply. Replies made past Remit are not timed."""
    posts: int = 0
    replies: int = 0
    """Approved by a person."""
    unseen: int = 0
    """Replies that the playbook let go out without a person."""
    reactions: int = 0
    """Acts of the audience on its posts and replies."""
    received: int = 0
    """Answers of the audience to its posts and replies."""

    @property
    def answered_share(self) -> float | None:
        """Of the cases that ask for a reply; None where there were none."""
        return self.answered / self.asked if self.asked else None

    @property
    def first_response_median(self) -> str:
        return humanly(self.first_response_median_seconds)

    @property
    def first_response_p90(self) -> str:
        return humanly(self.first_response_p90_seconds)


def scorecards(facts: Facts, playbook: Playbook) -> tuple[Scorecard, ...]:
    """One for each role of the playbook, in its order, and for each other role that owned something.

    A role that the playbook has dropped keeps what it owned, so that the sums are the whole.
    """
    owners = {fact.owner for fact in facts.events}
    owners |= {fact.owner for fact in facts.cases}
    owners |= {fact.owner for fact in facts.publications}
    others = sorted(owners - set(playbook.roles))
    titles = {role: value.title for role, value in playbook.roles.items()}
    titles |= {role: role for role in others}
    return tuple(_card(_of(facts, role), role, title) for role, title in titles.items())


def whole(facts: Facts) -> Scorecard:
    """The same figures over everything, counted on its own and not by adding up the roles."""
    return _card(facts, WHOLE, "All roles")


def humanly(seconds: float | None) -> str:
    """`42s`, `3m 20s`, `1h 5m`, `2d 3h`; a dash where there is nothing to tell."""
    if seconds is None:
        return "–"
    rest = round(seconds)
    parts = []
    for size, unit in ((86400, "d"), (3600, "h"), (60, "m"), (1, "s")):
        number, rest = divmod(rest, size)
        parts.append((number, unit))
    first = next((index for index, (number, _) in enumerate(parts) if number), 3)
    return (
        " ".join(f"{number}{unit}" for number, unit in parts[first : first + 2] if number) or "0s"
    )


def _of(facts: Facts, role: str) -> Facts:
    return facts.model_copy(
        update={
            "events": tuple(fact for fact in facts.events if fact.owner == role),
            "cases": tuple(fact for fact in facts.cases if fact.owner == role),
            "publications": tuple(fact for fact in facts.publications if fact.owner == role),
        }
    )


def _card(facts: Facts, role: str, title: str) -> Scorecard:
    answered = [case for case in facts.cases if case.play is Play.reply and _answered(case)]
    times = sorted(
        max(0.0, (case.responded_at - case.asked_at).total_seconds())
        for case in answered
        if case.responded_at is not None and case.outcome != ANSWERED_OUTSIDE
    )
    unfinished = [case for case in facts.cases if not case.state.finished]
    counts = [fact.counts for fact in facts.publications]
    return Scorecard(
        role=role,
        title=title,
        events=sum(not event.ours for event in facts.events),
        cases=len(facts.cases),
        open=len(unfinished),
        overdue=sum(
            case.responded_at is None
            and case.first_response_due is not None
            and case.first_response_due < facts.until
            for case in unfinished
        ),
        late=sum(_late(case) for case in answered),
        asked=sum(case.play is Play.reply for case in facts.cases),
        answered=len(answered),
        answered_outside=sum(case.outcome == ANSWERED_OUTSIDE for case in answered),
        answered_unseen=sum(case.unseen and case.responded_at is None for case in answered),
        first_response_median_seconds=statistics.median(times) if times else None,
        first_response_p90_seconds=_nearest_rank(times, 0.9),
        posts=sum(fact.kind == "post" for fact in facts.publications),
        replies=sum(fact.kind == "reply" and not fact.unseen for fact in facts.publications),
        unseen=sum(fact.unseen for fact in facts.publications),
        reactions=sum(each.get(metric, 0) for each in counts for metric in REACTIONS),
        received=sum(each.get("replies", 0) for each in counts),
    )


def _answered(case: CaseFact) -> bool:
    return case.responded_at is not None or case.outcome == ANSWERED_OUTSIDE or case.unseen


def _late(case: CaseFact) -> bool:
    due, at = case.first_response_due, case.responded_at
    return due is not None and at is not None and at > due


def _nearest_rank(ordered: Iterable[float], share: float) -> float | None:
    values = list(ordered)
    return values[math.ceil(share * len(values)) - 1] if values else None

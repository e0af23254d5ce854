"""Every example is put to the real Router before anybody sees it."""

from __future__ import annotations

from remit.check.instances import event_of
from remit.check.search import Found
from remit.check.space import Space
from remit.decide import Router
from remit.model import OTHERWISE, Decision, Event, HolidayCalendar, Playbook, Refused


class Trial:
    """What the Router says of events that were found. A rule is named by its number."""

    def __init__(self, playbook: Playbook, holidays: HolidayCalendar | None = None) -> None:
        self.router = Router(playbook, holidays)
        self._numbers = {rule.id: number for number, rule in enumerate(playbook.rules)}

    def gap(self, space: Space, found: Found) -> Event | None:
        """An event that no rule takes; None where the Router says otherwise."""
        event = event_of(space, found)
        return event if self.first(event) is None else None

    def taken(self, space: Space, found: Found, by: int) -> Event | None:
        """An event that a rule takes; None where the Router says otherwise."""
        event = event_of(space, found)
        return event if self.first(event) == by else None

    def boundary(self, space: Space, found: Found, by: int, after: int) -> Event | None:
        """An event that one rule takes and another would have next; None where it is not so."""
        event = self.taken(space, found, by)
        return event if event is not None and self.next(event) == after else None

    def first(self, event: Event) -> int | None:
        """The rule that takes an event; None where no rule does."""
        try:
            return self._number(self.router.decide(event))
        except Refused:
            return None

    def next(self, event: Event) -> int | None:
        """The rule that would take it next."""
        try:
            return self._number(self.router.next(event))
        except Refused:
            return None

    def _number(self, decision: Decision) -> int | None:
        return None if decision.rule == OTHERWISE else self._numbers[decision.rule]

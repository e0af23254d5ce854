"""What a finding is looked for in: a playbook, and what only higher rooms can know."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from remit.check.arrivals import Arrivals
from remit.check.given import Away, Given
from remit.check.reach import Reach
from remit.check.roster import Roster
from remit.check.search import Search
from remit.check.space import Space
from remit.check.trial import Trial
from remit.decide import Router
from remit.model import Playbook


@dataclass(frozen=True)
class Study:
    """One playbook under examination. What several findings need is made once, when first asked."""

    playbook: Playbook
    given: Given

    @cached_property
    def search(self) -> Search:
        """Questions about all events that the rules can tell apart."""
        return Search(Space((self.playbook,), self.given.since, self.given.holidays))

    @property
    def space(self) -> Space:
        return self.search.space

    @cached_property
    def reach(self) -> Reach:
        """Which events each rule takes first."""
        return Reach(self.search)

    @cached_property
    def trial(self) -> Trial:
        """The real Router, through which every example goes before it is shown."""
        return Trial(self.playbook, self.given.holidays)

    @property
    def router(self) -> Router:
        return self.trial.router

    @cached_property
    def roster(self) -> Roster:
        """Who can be reached when."""
        return Roster(self.playbook, self.given)

    @cached_property
    def arrivals(self) -> Arrivals:
        """When events come to each rule."""
        return Arrivals(self.playbook, self.given, self.roster, self.reach, self.trial)


__all__ = ["Away", "Given", "Study"]

"""The scenarios of a playbook, run through the real Router: what was expected, and what came of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from pydantic import ValidationError

from remit.check.expectations import Got, Mismatch, mismatches
from remit.decide import Router, due_times
from remit.decide.clock import local
from remit.model import (
    OTHERWISE,
    Decision,
    Event,
    HolidayCalendar,
    Playbook,
    Refused,
    Scenario,
    Tried,
)


@dataclass(frozen=True, slots=True)
class Result:
    """One scenario."""

    scenario: Scenario
    rule: str | None
    """The rule that decided; None where no rule did, or there was no event to decide."""
    mismatches: tuple[Mismatch, ...] = ()
    trace: tuple[Tried, ...] = ()
    """The lines of the trace that explain the mismatches: the rule expected, and the one that won."""

    @property
    def held(self) -> bool:
        return not self.mismatches


@dataclass(frozen=True, slots=True)
class Report:
    results: tuple[Result, ...]
    unreached: tuple[str, ...]
    """Rules that no scenario reaches, in the order of the playbook; `otherwise` is the last."""

    @property
    def failed(self) -> tuple[Result, ...]:
        return tuple(result for result in self.results if not result.held)


def run(
    playbook: Playbook, holidays: HolidayCalendar | None = None, router: Router | None = None
) -> Report:
    """Every scenario of a playbook."""
    stage = _Stage(playbook, holidays, router or Router(playbook, holidays))
    results = tuple(map(stage.play, playbook.scenarios))
    reached = {result.rule for result in results}
    names = [rule.id for rule in playbook.rules]
    names += [] if playbook.otherwise is None else [OTHERWISE]
    return Report(results, tuple(name for name in names if name not in reached))


class _Stage:
    def __init__(
        self, playbook: Playbook, holidays: HolidayCalendar | None, router: Router
    ) -> None:
        self._playbook = playbook
        self._holidays = holidays
        self._router = router
        self._places = {rule.id: place for place, rule in enumerate(playbook.rules)}

    def play(self, scenario: Scenario) -> Result:
        try:
            event = Event.model_validate({"id": "1", **scenario.event, "time": scenario.at})
        except ValidationError as error:
            return Result(scenario, None, tuple(_refused(error)))
        try:
            decision, tried = self._router.explain(event)
        except Refused:
            lost = Mismatch("rule", _expected(scenario), "no rule, and there is no otherwise")
            return Result(scenario, None, (lost,))
        wrong = tuple(mismatches(scenario.expect, self._got(decision, scenario.at)))
        trace = tuple(self._explained(scenario, decision, tried)) if wrong else ()
        return Result(scenario, decision.rule, wrong, trace)

    def _got(self, decision: Decision, at: datetime) -> Got:
        playbook, outcome = self._playbook, decision.outcome
        role = playbook.roles[outcome.owner]
        first, settled = due_times(outcome.due, role, playbook.timezone, at, self._holidays)
        due = {"first_response": first, "resolution": settled}
        return Got(
            decision=decision,
            due={
                name: local(when, playbook.timezone)
                for name, when in due.items()
                if when is not None
            },
        )

    def _explained(
        self, scenario: Scenario, decision: Decision, tried: tuple[Tried, ...]
    ) -> Iterator[Tried]:
        """Why the rule expected did not take it, where one was named, then the rule that did."""
        wanted = scenario.expect.get("rule")
        lines = {line.rule: line for line in tried}
        if isinstance(wanted, str) and wanted != decision.rule:
            if wanted in lines:
                yield lines[wanted]
            elif wanted in self._places:
                yield Tried(rule=wanted, matched=False, failed=f"stands below {decision.rule}")
        yield lines.get(decision.rule, Tried(rule=decision.rule, matched=True))


def _refused(error: ValidationError) -> Iterator[Mismatch]:
    for each in error.errors(include_url=False, include_input=False):
        place = ".".join(str(part) for part in each["loc"]) or "event"
        yield Mismatch(f"event.{place}", "a value that an event can have", each["msg"])


def _expected(scenario: Scenario) -> str:
    wanted = scenario.expect.get("rule")
    return wanted if isinstance(wanted, str) else "a decision"

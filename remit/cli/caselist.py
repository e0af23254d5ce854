"""remit cases: what waits, what is due first on top, by role, person, due time, topic and state."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, NamedTuple
from zoneinfo import ZoneInfo

from remit.cli.output import Format, emit_json, print_table, say
from remit.cli.with_desk import one_brand, run
from remit.decide.claims import claimant
from remit.decide.owed import Standing, due_order, owed, standing
from remit.ledger import bundles
from remit.ledger import cases as ledger_cases
from remit.model import Case, InputError, Playbook, Severity, State

if TYPE_CHECKING:
    from flows.desk import Desk

DUE = ("today", "soon", "overdue")


@dataclass(frozen=True)
class Wish:
    """What of the list is asked for; None asks nothing."""

    role: str | None = None
    person: str | None = None
    due: str | None = None
    topic: str | None = None
    state: str | None = None
    severity: str | None = None
    waiting: bool = False

    def takes(self, case: Case, zone: ZoneInfo, now: datetime) -> bool:
        return (
            self.role in {None, case.owner}
            and self.person in {None, case.assignee}
            and (self.topic is None or self.topic in case.topics)
            and self.state in {None, case.state.value}
            and self.severity in {None, case.severity.value}
            and (not self.waiting or case.state is State.waiting)
            and (self.due is None or _is_due(case, self.due, zone, now))
        )


class Listed(NamedTuple):
    """A case, and why nothing was sent where nothing was."""

    case: Case
    notice: str | None


class _Found(NamedTuple):
    rows: list[Listed]
    playbook: Playbook
    now: datetime


def list_cases(brand: str | None, wish: Wish, format_: Format, *, every: bool) -> None:
    """Print the cases. In text, times are the brand's own."""
    _known("state", wish.state, State)
    _known("severity", wish.severity, Severity)
    if wish.due is not None and wish.due not in DUE:
        _day(wish.due)

    async def work(desk: Desk) -> _Found:
        from flows.notices import notice_text

        named = one_brand(await bundles.brands(desk.ledger), brand)
        playbook = await desk.deployed(named)
        over = every or (wish.state is not None and State(wish.state).finished)
        found = await ledger_cases.find(desk.ledger, named, unfinished=not over)
        _check(wish, playbook, found)
        zone, now = ZoneInfo(playbook.timezone), desk.now()
        chosen = sorted((each for each in found if wish.takes(each, zone, now)), key=due_order)
        rows = [
            Listed(case, notice_text(await ledger_cases.notice(desk.ledger, case.id)))
            for case in chosen
        ]
        return _Found(rows, playbook, now)

    found = run(work)
    if format_ is Format.json:
        emit_json([_plain(row, found) for row in found.rows])
        return
    zone = ZoneInfo(found.playbook.timezone)
    print_table(
        ["due", "", "case", "state", "owner", "who has it", "severity", "about", "on", "why"],
        [_row(row, zone, found) for row in found.rows],
        title=f"Times are {zone.key}",
    )
    say(_counts([row.case for row in found.rows], found.now))
    if found.rows:
        first = found.rows[0].case.id
        say(f"Look at one: remit case {first}; decide: remit decide {first} approve --as PERSON")


def _check(wish: Wish, playbook: Playbook, found: Sequence[Case]) -> None:
    """Refuse what is neither in the playbook nor among the cases, with what is."""
    of_cases = {
        "role": {case.owner for case in found},
        "person": {case.assignee for case in found if case.assignee},
        "topic": {topic for case in found for topic in case.topics},
    }
    in_playbook: dict[str, Iterable[str]] = {
        "role": playbook.roles,
        "person": playbook.people,
        "topic": playbook.topics,
    }
    for what, seen in of_cases.items():
        _known(what, getattr(wish, what), [*in_playbook[what], *sorted(seen)], playbook.brand)


def _known(what: str, given: str | None, choices: Iterable[str], brand: str | None = None) -> None:
    known = list(dict.fromkeys(str(choice) for choice in choices))
    if given is None or given in known:
        return
    whose = f"the playbook of {brand} has" if brand else "there is"
    raise InputError(
        f"{whose} no {what} {given!r}; choose {', '.join(known) or 'none: it has no ' + what}"
    )


def _day(given: str) -> date:
    try:
        return date.fromisoformat(given)
    except ValueError:
        raise InputError(
            f"--due is {given!r}; write {', '.join(DUE)} or a day like 2027-03-01"
        ) from None


def _is_due(case: Case, due: str, zone: ZoneInfo, now: datetime) -> bool:
    """Today is everything that falls due before it ends, what is overdue included."""
    what = owed(case)
    if what is None:
        return False
    if due == "overdue":
        return what.overdue(now)
    if due == "soon":
        return standing(case, now) == "due soon"
    day = what.at.astimezone(zone).date()
    return day <= now.astimezone(zone).date() if due == "today" else day == _day(due)


def _plain(row: Listed, found: _Found) -> dict[str, object]:
    """A case for machines: as the ledger has it, and what a list is sorted by."""
    case, due = row.case, owed(row.case)
    return {
        **case.model_dump(mode="json"),
        "notice": row.notice,
        "due": None if due is None else {"what": due.what, "at": due.at.isoformat()},
        "standing": standing(case, found.now),
        "claimed_by": claimant(case, found.playbook, found.now),
    }


def _row(row: Listed, zone: ZoneInfo, found: _Found) -> tuple[object, ...]:
    case, due, stands = row.case, owed(row.case), standing(row.case, found.now)
    at = f"{due.at.astimezone(zone):%Y-%m-%d %H:%M} {due.what}" if due else None
    if stands == "waiting" and case.waiting_since is not None:
        at = f"since {case.waiting_since.astimezone(zone):%Y-%m-%d %H:%M}"
    state = str(case.state).replace("_", " ")
    if case.state is State.waiting:
        state = f"waiting for {case.waiting_for or 'the author'}"
    elif case.handoff_to:
        state = f"{state}, offered to {case.handoff_to}"
    return (
        at,
        stands if stands in {"breached", "due soon"} else None,
        case.id,
        state,
        case.owner,
        who(case, found.playbook, found.now),
        case.severity,
        ", ".join(case.topics) or case.rule,
        case.platform,
        row.notice or case.outcome,
    )


def who(case: Case, playbook: Playbook, now: datetime) -> str | None:
    """Whoever has it, and until when it is theirs alone."""
    if claimant(case, playbook, now) is None or case.claimed_until is None:
        return case.assignee
    until = case.claimed_until.astimezone(ZoneInfo(playbook.timezone))
    return f"{case.assignee} until {until:%m-%d %H:%M}"


def _counts(found: Sequence[Case], now: datetime) -> str:
    if not found:
        return "No case."
    stands = Counter(standing(case, now) for case in found)
    owners = Counter(case.owner for case in found)
    order: tuple[Standing, ...] = ("breached", "due soon", "open", "waiting", "finished")
    said = ", ".join(f"{stands[each]} {each}" for each in order if stands[each])
    return f"{len(found)} cases: {said}; {', '.join(f'{o} {n}' for o, n in owners.items())}"

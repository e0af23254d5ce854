"""away: who is not there, and who stands in: recorded, listed, withdrawn."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import TYPE_CHECKING

from remit.cli.output import Format, emit_json, print_table, say
from remit.cli.with_desk import one_brand, run
from remit.decide import clock
from remit.ledger import absences, bundles
from remit.model import Absence, InputError, Playbook

if TYPE_CHECKING:
    from flows.desk import Desk

_DAYS = re.compile(r"(\d{4}-\d\d-\d\d)(?:\.\.(\d{4}-\d\d-\d\d))?", re.ASCII)


def away(
    person: str | None,
    days: str | None,
    cover: str | None,
    by: str | None,
    withdraw: int | None,
    brand: str | None,
    format_: Format,
) -> None:
    """Record a leave, withdraw one, or list what is and what is to come."""
    if withdraw is not None:
        if person or days or cover:
            raise InputError("--withdraw takes the number of the leave, and nothing beside it")
        _withdraw(withdraw, by, brand)
    elif person is None:
        if cover:
            raise InputError(
                "name who is away, and when: remit away PERSON FROM..TO --cover PERSON"
            )
        _list(brand, format_)
    elif days is None:
        raise InputError(
            f"say when {person} is away: remit away {person} 2027-03-08..2027-03-16; both days count"
        )
    else:
        _record(person, *read_days(days), cover, by, brand)


def leave_of(brand: str, since: date) -> tuple[Absence, ...]:
    """All leave from a day on that this home's ledger knows of a brand that is deployed here."""

    async def work(desk: Desk) -> tuple[Absence, ...]:
        if brand not in await bundles.brands(desk.ledger):
            raise InputError(
                f"no playbook of {brand!r} is deployed here, so no leave of it is known; "
                "set REMIT_HOME to where it is, or leave out --leave"
            )
        return tuple(await absences.between(desk.ledger, brand, since))

    return run(work)


def read_days(text: str) -> tuple[date, date]:
    """`2027-03-08..2027-03-16`, or one day."""
    match = _DAYS.fullmatch(text)
    try:
        if match is not None:
            first = date.fromisoformat(match[1])
            return first, first if match[2] is None else date.fromisoformat(match[2])
    except ValueError:
        pass
    raise InputError(f"{text!r} is no day and no days; write 2027-03-08 or 2027-03-08..2027-03-16")


def _record(
    person: str, since: date, until: date, cover: str | None, by: str | None, brand: str | None
) -> None:
    async def work(desk: Desk) -> tuple[Absence, Playbook]:
        playbook = await _playbook(desk, brand)
        for name in (person, cover, by):
            _known(name, playbook)
        if until < _today(playbook, desk.now()):
            raise InputError(f"{until} is over; a leave that is past changes nothing")
        made = await absences.record(
            desk.ledger,
            playbook.brand,
            person,
            since,
            until,
            cover=cover,
            by=by,
            now=desk.now(),
        )
        return made, playbook

    made, playbook = run(work)
    days = f"from {made.since} to {made.until}, both days included"
    if made.since == made.until:
        days = f"on {made.since}"
    say(f"Leave {made.id}: {person} is away {days}.")
    if cover is None:
        say("Nobody stands in; the others of the same roles, then their backups, are told instead.")
        return
    missing = [
        role.id
        for role in playbook.roles.values()
        if person in role.people and cover not in role.people
    ]
    say(f"{cover} is told in their place.")
    if missing:
        say(
            f"{cover} does not hold {', '.join(missing)}, and may approve nothing that only they may: "
            "the playbook says who may."
        )


def _withdraw(number: int, by: str | None, brand: str | None) -> None:
    async def work(desk: Desk) -> Absence:
        playbook = await _playbook(desk, brand)
        _known(by, playbook)
        return await absences.withdraw(desk.ledger, playbook.brand, number, by, desk.now())

    done = run(work)
    say(f"Leave {done.id} of {done.person} ({done.since}..{done.until}) is withdrawn.")


def _list(brand: str | None, format_: Format) -> None:
    async def work(desk: Desk) -> list[Absence]:
        playbook = await _playbook(desk, brand)
        return await absences.between(desk.ledger, playbook.brand, _today(playbook, desk.now()))

    found = run(work)
    if format_ is Format.json:
        emit_json(found)
        return
    if not found:
        say("Nobody is away, and nobody will be: remit away PERSON FROM..TO records a leave.")
        return
    print_table(
        ["leave", "person", "from", "to", "stands in", "recorded by"],
        [(one.id, one.person, one.since, one.until, one.cover, one.recorded_by) for one in found],
        title="Both days are included",
    )


async def _playbook(desk: Desk, brand: str | None) -> Playbook:
    return await desk.deployed(one_brand(await bundles.brands(desk.ledger), brand))


def _known(person: str | None, playbook: Playbook) -> None:
    if person is not None and person not in playbook.people:
        known = ", ".join(playbook.people) or "nobody"
        raise InputError(f"the playbook has no person {person!r}; it has {known}")


def _today(playbook: Playbook, now: datetime) -> date:
    return clock.local(now, playbook.timezone).date()

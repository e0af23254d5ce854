"""cases, ack, resolve, handoff, decide, slot, settle: what a person does without the UI."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from remit.cli.output import Format, emit_json, print_table, say
from remit.cli.with_desk import one_brand, run
from remit.ledger import bundles, publications, slots
from remit.ledger import cases as ledger_cases
from remit.ledger.rulings import Ruled, rule_on
from remit.model import Case, InputError, Publication, Refused, Ruling, Slot, Verdict

if TYPE_CHECKING:
    from flows.desk import Desk

OFFER = timedelta(hours=4)
"""How long a handoff waits to be accepted."""


def list_cases(brand: str | None, role: str | None, format_: Format, *, every: bool) -> None:
    """Print the cases. In text, times are the brand's own."""

    async def work(desk: Desk) -> tuple[list[tuple[Case, str | None]], ZoneInfo]:
        from flows.forms import notice_text

        named = one_brand(await bundles.brands(desk.ledger), brand)
        playbook = await desk.deployed(named)
        found = await ledger_cases.find(desk.ledger, named, owner=role, unfinished=not every)
        whys = [notice_text(await ledger_cases.notice(desk.ledger, case.id)) for case in found]
        return list(zip(found, whys, strict=True)), ZoneInfo(playbook.timezone)

    found, zone = run(work)
    found.sort(key=lambda row: (row[0].first_response_due or row[0].opened_at, row[0].id))
    if format_ is Format.json:
        emit_json([{**case.model_dump(mode="json"), "notice": why} for case, why in found])
        return
    print_table(
        ["case", "due", "state", "owner", "severity", "rule", "topics", "outcome", "why"],
        [_row(case, why, zone) for case, why in found],
        title=f"Times are {zone.key}",
    )


def _row(case: Case, why: str | None, zone: ZoneInfo) -> tuple[object, ...]:
    due = case.first_response_due
    return (
        case.id,
        f"{due.astimezone(zone):%Y-%m-%d %H:%M}" if due else None,
        f"{case.state}, offered to {case.handoff_to}" if case.handoff_to else case.state,
        case.owner,
        case.severity,
        case.rule,
        ", ".join(case.topics),
        case.outcome,
        why,
    )


async def _known(desk: Desk, case: int, person: str) -> Case:
    found = await ledger_cases.get(desk.ledger, case)
    people = (await desk.deployed(found.brand)).people
    if person not in people:
        raise InputError(f"the playbook has no person {person!r}; it has {', '.join(people)}")
    return found


def acknowledge(case: int, person: str) -> None:
    async def work(desk: Desk) -> Case:
        await _known(desk, case, person)
        return await ledger_cases.acknowledge(desk.ledger, case, person, "cli", desk.now())

    done = run(work)
    say(f"Case {done.id}: {person} has it. The escalation stops; the answer stays due.")


def resolve(case: int, person: str, reason: str) -> None:
    async def work(desk: Desk) -> Case:
        await _known(desk, case, person)
        return await ledger_cases.resolve(desk.ledger, case, person, reason, "cli", desk.now())

    done = run(work)
    say(f"Case {done.id} is {done.state}.")


def handoff(case: int, person: str, to: str | None, reason: str, *, accept: bool) -> None:
    if accept == (to is not None):
        raise InputError("say either --to ROLE or --accept")

    async def work(desk: Desk) -> Case:
        found = await _known(desk, case, person)
        if accept:
            return await ledger_cases.accept_handoff(desk.ledger, case, person, "cli", desk.now())
        playbook = await desk.deployed(found.brand)
        if to is None or to not in playbook.roles or to == found.owner:
            others = ", ".join(role for role in playbook.roles if role != found.owner)
            raise InputError(f"case {case} can be handed to {others}; not to {to!r}")
        now = desk.now()
        return await ledger_cases.hand_off(
            desk.ledger, case, to, person, reason, "cli", now, now + OFFER
        )

    done = run(work)
    if accept:
        say(f"Case {done.id} is {done.owner}'s now; its clocks kept running.")
    else:
        say(
            f"Case {done.id} is offered to {to}; it stays {done.owner}'s until: remit handoff {done.id} --accept"
        )


def decide(case: int, verdict: str, person: str, text: str | None, reason: str) -> None:
    if verdict not in {"approve", "edit", "reject"}:
        raise InputError(f"{verdict!r} is not a verdict; choose approve, edit or reject")
    if verdict == "edit" and not text:
        raise InputError("an edit needs the text that goes out: --text")

    async def work(desk: Desk) -> Ruled:
        found = await ledger_cases.get(desk.ledger, case)
        playbook = await desk.deployed(found.brand)
        ruling = Ruling(
            case=case,
            draft=found.draft,
            verdict=Verdict(verdict),
            person=person,
            via="cli",
            text=text,
            reason=reason,
        )
        return await rule_on(desk.ledger, ruling, playbook, desk.now())

    ruled = run(work)
    if not ruled.accepted:
        raise Refused(ruled.code, ruled.message)
    say(ruled.message)


def slot(number: int, person: str, at: datetime | None, *, drop: bool) -> None:
    if drop == (at is not None):
        raise InputError("say either --at TIME or --drop")

    async def work(desk: Desk) -> Slot:
        if drop:
            return await slots.drop(desk.ledger, number, person, desk.now())
        assert at is not None
        if at <= desk.now():
            raise InputError(f"{at:%Y-%m-%d %H:%M%z} is over; choose a time to come")
        return await slots.retime(desk.ledger, number, at, person, desk.now())

    done = run(work)
    say(
        f"Slot {done.id} ({done.post}) is {done.state}"
        + (f", for {done.at:%Y-%m-%d %H:%M%z}." if not drop else ".")
    )


def settle(publication: int, person: str, *, published: bool) -> None:
    async def work(desk: Desk) -> Publication:
        return await publications.settle(desk.ledger, publication, published, person, desk.now())

    done = run(work)
    say(f"Publication {done.id} is {done.state}.")

"""ack, resolve, handoff, decide, slot, settle: what a person does without the UI."""

from __future__ import annotations

import sys
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from pydantic import SecretStr

from remit.cli.editing import edited, needs_terminal
from remit.cli.output import say
from remit.cli.with_desk import run
from remit.decide.owed import owed
from remit.ledger import cases as ledger_cases
from remit.ledger import claims, drafts, publications, slots, waits
from remit.ledger.rulings import Ruled, rule_on
from remit.model import Case, InputError, Publication, Refused, Ruling, Slot, Verdict

if TYPE_CHECKING:
    from flows.desk import Desk

OFFER = timedelta(hours=4)
"""How long a handoff waits to be accepted."""


async def _known(desk: Desk, case: int, person: str) -> Case:
    found = await ledger_cases.get(desk.ledger, case)
    people = (await desk.deployed(found.brand)).people
    if person not in people:
        raise InputError(f"the playbook has no person {person!r}; it has {', '.join(people)}")
    return found


def acknowledge(case: int, person: str) -> None:
    async def work(desk: Desk) -> Case:
        found = await _known(desk, case, person)
        playbook = await desk.deployed(found.brand)
        return await ledger_cases.acknowledge(
            desk.ledger, case, person, "cli", desk.now(), playbook=playbook
        )

    done = run(work)
    say(f"Case {done.id}: {person} has it. The escalation stops; the answer stays due.")


def resolve(case: int, person: str, reason: str) -> None:
    async def work(desk: Desk) -> Case:
        found = await _known(desk, case, person)
        playbook = await desk.deployed(found.brand)
        return await ledger_cases.resolve(
            desk.ledger, case, person, reason, "cli", desk.now(), playbook=playbook
        )

    done = run(work)
    say(f"Case {done.id} is {done.state}.")


def wait(case: int, person: str, for_: str, reason: str, *, over: bool) -> None:
    async def work(desk: Desk) -> tuple[Case, ZoneInfo]:
        found = await _known(desk, case, person)
        playbook = await desk.deployed(found.brand)
        zone, now = ZoneInfo(playbook.timezone), desk.now()
        if not over:
            done = await waits.wait(desk.ledger, case, playbook, person, for_, reason, "cli", now)
            return done, zone
        from flows.clocks import clocks_of

        clocks = await clocks_of(desk, playbook)
        return await waits.resume(desk.ledger, case, clocks, person, reason, "cli", now), zone

    done, zone = run(work)
    if over:
        due = owed(done)
        when = f"; {due.what} due {due.at.astimezone(zone):%Y-%m-%d %H:%M}" if due else ""
        say(f"Case {done.id} goes on{when}.")
    else:
        say(
            f"Case {done.id} waits for the {done.waiting_for}; its clocks stand still until the "
            f"author writes or: remit wait {done.id} --over"
        )


def claim(case: int, person: str, minutes: int, *, release: bool) -> None:
    async def work(desk: Desk) -> tuple[Case, ZoneInfo]:
        found = await _known(desk, case, person)
        playbook = await desk.deployed(found.brand)
        zone, now = ZoneInfo(playbook.timezone), desk.now()
        if release:
            return await claims.let_go(desk.ledger, case, playbook, person, "cli", now), zone
        length = timedelta(minutes=minutes)
        return await claims.take(desk.ledger, case, playbook, person, "cli", now, length), zone

    done, zone = run(work)
    if done.claimed_until is None or release:
        say(f"Case {done.id} is claimed by nobody.")
    else:
        until = done.claimed_until.astimezone(zone)
        say(f"Case {done.id} is {person}'s alone until {until:%Y-%m-%d %H:%M}.")


def handoff(case: int, person: str, to: str | None, reason: str, *, accept: bool) -> None:
    if accept == (to is not None):
        raise InputError("say either --to ROLE or --accept")

    async def work(desk: Desk) -> Case:
        found = await _known(desk, case, person)
        playbook = await desk.deployed(found.brand)
        if accept:
            return await ledger_cases.accept_handoff(
                desk.ledger, case, person, "cli", desk.now(), playbook=playbook
            )
        if to is None or to not in playbook.roles or to == found.owner:
            others = ", ".join(role for role in playbook.roles if role != found.owner)
            raise InputError(f"case {case} can be handed to {others}; not to {to!r}")
        now = desk.now()
        return await ledger_cases.hand_off(
            desk.ledger, case, to, person, reason, "cli", now, now + OFFER, playbook=playbook
        )

    done = run(work)
    if accept:
        say(f"Case {done.id} is {done.owner}'s now; its clocks kept running.")
    else:
        say(
            f"Case {done.id} is offered to {to}; it stays {done.owner}'s until: remit handoff {done.id} --accept"
        )


def decide(
    case: int, verdict: str, person: str, text: str | None, reason: str, code: str | None = None
) -> None:
    if verdict not in {"approve", "edit", "reject"}:
        raise InputError(f"{verdict!r} is not a verdict; choose approve, edit or reject")
    if verdict == "edit" and not text:
        needs_terminal()

    async def work(desk: Desk) -> Ruled:
        found = await ledger_cases.get(desk.ledger, case)
        playbook = await desk.deployed(found.brand)
        approval = playbook.approvals.get(found.approval or "")
        asks = approval is not None and approval.identity == "verified" and verdict != "reject"
        # The editor comes first: a code is good for half a minute.
        words = text or await _edited(desk, found, verdict)
        given = ask_code() if code is None and asks else code
        ruling = Ruling(
            case=case,
            draft=found.draft,
            verdict=Verdict(verdict),
            person=person,
            code=SecretStr(given) if given else None,
            via="cli",
            text=words,
            reason=reason,
        )
        return await rule_on(desk.ledger, ruling, playbook, desk.now(), key=desk.enrol_key())

    ruled = run(work)
    if not ruled.accepted:
        raise Refused(ruled.code, ruled.message)
    say(ruled.message)


async def _edited(desk: Desk, case: Case, verdict: str) -> str | None:
    """The draft as the person leaves it in an editor, where it is to be edited."""
    if verdict != "edit":
        return None
    draft = await drafts.get(desk.ledger, case.draft) if case.draft else None
    return edited(draft.text if draft else "", case.id)


def ask_code() -> str | None:
    """A one-time code, typed unseen; None where nobody sits at a terminal."""
    if not sys.stdin.isatty():
        return None
    import typer

    code: str = typer.prompt("One-time code", hide_input=True)
    return code


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

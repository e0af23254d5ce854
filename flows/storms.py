"""Storms, run: closed when they are over, members begun as places get free, answered in one step."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from uuid import UUID, uuid5

from flows.desk import LEASE, Desk
from remit.ledger import cases, drafts, incidents, places, publications, storms
from remit.ledger.rulings import rule_on
from remit.ledger.steps import StepRow
from remit.model import Case, Draft, Frozen, Playbook, PublicationState, Refused, Ruling, Verdict

_log = logging.getLogger("remit.storms")
_RUNS = UUID("0b0a7a52-6f0e-5d7c-9d57-0d1f6b1c4e55")
_ON_ITS_WAY = [PublicationState.prepared, PublicationState.sending, PublicationState.unknown]


class Left(Frozen):
    """A member that the one step did not answer, and why."""

    case: int
    code: str
    message: str


class Answers(Frozen):
    """What one decision on a storm has brought about."""

    approved: tuple[int, ...]
    left: tuple[Left, ...]


async def watch(desk: Desk, playbook: Playbook) -> None:
    """One turn of tick: what is over is closed, what was stated is shared, what is free is given."""
    brand, now = playbook.brand, desk.now()
    for number in await incidents.end_what_is_over(desk.ledger, brand, now):
        _log.info("%s: storm %s is over", brand, number)
    await storms.share(desk.ledger, brand, now)
    await places.give(desk.ledger, brand, now)


async def in_turn(desk: Desk, steps: Sequence[StepRow]) -> list[StepRow]:
    """The steps whose runs may start now: of a storm's members only the first few at once."""
    if len(steps) <= places.AT_MOST:
        return list(steps)
    members = await places.members(desk.ledger, [step.case for step in steps])
    mine = [step for step in steps if step.case in members]
    later = {step.id for step in mine[places.AT_MOST :]}
    return [step for step in steps if step.id not in later]


async def answer(desk: Desk, incident: int, person: str, via: str) -> Answers:
    """One decision for all who wait: the approved words, said yes to for each member by itself.

    Every member is judged alone, as if its form had been answered, and goes out alone; whoever is
    left is named. Running it again takes up who is left. Refused code: no_statement.
    """
    storm = await storms.get(desk.ledger, incident)
    if storm.statement is None:
        own = "its own case" if storm.case is None else f"case {storm.case}"
        raise Refused(
            "no_statement", f"storm {incident} has no approved words yet; decide on {own} first"
        )
    playbook = await desk.deployed(storm.brand)
    approved: list[int] = []
    left: list[Left] = []
    for number in storm.unanswered:
        try:
            said = await _answer(desk, await cases.get(desk.ledger, number), playbook, person, via)
        except Refused as no:
            left.append(Left(case=number, code=no.code, message=str(no)))
        else:
            approved += [number] if said else []
    return Answers(approved=tuple(approved), left=tuple(left))


async def _answer(desk: Desk, case: Case, playbook: Playbook, person: str, via: str) -> bool:
    """Whether the member was approved now; False where its answer is on its way already."""
    ledger = desk.ledger
    if await publications.find(ledger, case=case.id, states=_ON_ITS_WAY):
        return False
    said = await storms.statement_for(ledger, case)
    if said is None:
        raise Refused(
            "other_language",
            f"case {case.id} speaks {case.language}, and the words are of another language: "
            "decide on its own draft",
        )
    draft = await drafts.current(ledger, case.id)
    claimed = draft is None
    if draft is None:
        draft = await _draft(desk, case, said)
    if draft.text != said.text:
        raise Refused(
            "other_draft",
            f"case {case.id} has a draft of other words: decide on it, or wait until it is drafted anew",
        )
    ruling = Ruling(case=case.id, draft=draft.id, verdict=Verdict.approve, person=person, via=via)
    ruled = await rule_on(ledger, ruling, playbook, desk.now())
    if claimed:  # whoever sends it, or shows it to another person, is a run of the case
        await cases.retry(ledger, case.id, "statement", desk.now(), attempt=case.attempt)
    if not ruled.accepted:
        raise Refused(ruled.code, ruled.message)
    return True


async def _draft(desk: Desk, case: Case, said: storms.Statement) -> Draft:
    """The member's own draft, with nobody's words but the approved ones; no run is needed for it."""
    run = str(uuid5(_RUNS, f"{case.brand}:{case.id}:{case.attempt}"))
    held = await cases.claim(desk.ledger, case.id, case.attempt, run, desk.now(), LEASE)
    return await drafts.save(
        desk.ledger,
        case.id,
        run,
        text=said.text,
        language=said.language,
        destination=await desk.destination(held),
        template=None,
        now=desk.now(),
        lease=LEASE,
    )

"""One rung of a case's ladder: tell whose turn it is, record it, and end.

Waiting is the ledger's: an acknowledgement before the next rung is due stops the ladder there. Who
is told follows who is there: shifts, leave with who stands in, hours and calls, then the backup. What
is neither high nor critical waits for the end of a person's quiet hours, as a reminder.
"""

from __future__ import annotations

import logging

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.states import Completed

from flows import messages, names
from flows.desk import LEASE, Desk, open_desk
from flows.notify import FAILED, NO_ADDRESS, tell
from remit.decide import presence
from remit.decide.reminding import STEP, Reminder, told_from
from remit.ledger import absences, cases, reminders, steps
from remit.ledger.steps import StepRow
from remit.model import Case, Playbook, Refused

_log = logging.getLogger("remit.escalation")
QUIET = "quiet"
"""The person is told once their quiet hours are over."""


@flow(name="escalation", persist_result=False, retries=0)
async def escalation(step: int) -> State[None]:
    """Take one step: notify the people of the rung once."""
    desk = await open_desk()
    run = str(names.this_run().id)
    try:
        rung = await steps.claim(desk.ledger, step, run, desk.now(), LEASE)
    except Refused as elsewhere:
        return Completed(message=str(elsewhere), name="Superseded")
    case = await cases.get(desk.ledger, rung.case)
    playbook = await desk.deployed(case.brand)
    await names.call_this_run(
        f"{names.of_case(case, playbook, desk.now())} · step {rung.index + 1}",
        [*names.tags(case), "escalation"],
    )
    return Completed(message=await climb(desk, rung, case, playbook))


async def climb(desk: Desk, rung: StepRow, case: Case, playbook: Playbook) -> str:
    """Tell the people of a step that a run has claimed, each once; what came of it, in words."""
    acknowledged = case.acknowledged_at
    if case.state.finished or (acknowledged and acknowledged >= rung.ladder_started_at):
        await steps.finish(desk.ledger, rung.id, "acknowledged", desk.now())
        return "Somebody has it; nobody was disturbed."
    now = desk.now()
    away = await absences.away(desk.ledger, playbook, now)
    told = presence.whom(playbook, case.owner, rung.notify, now, away, desk.holidays)
    message = messages.of_step(case, playbook, rung.index, now)
    before = await steps.notified(desk.ledger, rung.id)
    for person, role in told:
        if person in before:  # a run that died had told them
            continue
        said = playbook.notify.get(person)
        later = told_from(said, playbook.timezone, desk.now(), case.severity, "escalation")
        waits = later > desk.now()
        code = QUIET if waits else await tell(playbook, person, message.title, message.body)
        if code in {QUIET, FAILED}:  # kept first, so that it is told later whatever happens here
            kept = Reminder(person, role, case.id, "escalation", f"{STEP}{rung.id}")
            after = later if waits else desk.now() + reminders.AGAIN
            await reminders.postpone(desk.ledger, case.brand, kept, after, desk.now())
        await steps.record(desk.ledger, rung.id, person, role, code, desk.now())
        if code == NO_ADDRESS:
            _log.warning(
                "case %s: %s has no notification address; it is in the ledger", case.id, person
            )
    await steps.finish(desk.ledger, rung.id, "notified" if told else "nobody", desk.now())
    return f"Step {rung.index + 1}: {len(told)} told."

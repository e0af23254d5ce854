"""One rung of a case's ladder: tell whose turn it is, record it, and end.

Waiting is the ledger's: an acknowledgement before the next rung is due stops the ladder there.
"""

from __future__ import annotations

from prefect import flow, get_run_logger
from prefect.client.schemas.objects import State
from prefect.states import Completed

from flows import names
from flows.desk import LEASE, open_desk
from flows.notify import NO_ADDRESS, people_for, tell
from remit.ledger import cases, steps
from remit.model import Refused


@flow(name="escalation", persist_result=False, retries=0)
async def escalation(step: int) -> State[None]:
    """Take one step: notify the people of the rung once."""
    desk = await open_desk()
    log = get_run_logger()
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
    acknowledged = case.acknowledged_at
    if case.state.finished or (acknowledged and acknowledged >= rung.ladder_started_at):
        await steps.finish(desk.ledger, step, "acknowledged", desk.now())
        return Completed(message="Somebody has it; nobody was disturbed.")
    told = people_for(playbook, case.owner, rung.notify)
    title = f"{case.severity}: case {case.id} of {case.brand} waits for {case.owner}"
    body = (
        f"Rule {case.rule}, step {rung.index + 1}. "
        f"Take it with: remit ack {case.id}, or in the form of its run."
    )
    before = await steps.notified(desk.ledger, step)
    for person, role in told:
        if person in before:  # a run that died had told them
            continue
        code = await tell(playbook, person, title, body)
        await steps.record(desk.ledger, step, person, role, code, desk.now())
        if code == NO_ADDRESS:
            log.warning(
                "case %s: %s has no notification address; it is in the ledger", case.id, person
            )
    await steps.finish(desk.ledger, step, "notified" if told else "nobody", desk.now())
    return Completed(message=f"Step {rung.index + 1}: {len(told)} told.")

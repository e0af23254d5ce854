"""A case, answered: draft, a person's decision, one reply."""

from __future__ import annotations

from datetime import timedelta

from prefect import flow, get_run_logger
from prefect.client.schemas.objects import State
from prefect.flow_runs import asuspend_flow_run
from prefect.states import Completed
from pydantic import ValidationError

from flows import names
from flows.desk import LEASE, Desk, open_desk
from flows.forms import describe, reply_form, ruling_of
from flows.runs import forget_own_form
from flows.sending import NotSent, is_out, send_reply
from integrations.registry import limits_of
from remit.draft import Composed, compose
from remit.ledger import cases, drafts, publications, storms
from remit.ledger.autopilot import go_unseen
from remit.ledger.rulings import rule_on
from remit.ledger.standing import standing
from remit.ledger.turned_back import note, turn_back
from remit.model import Case, PublicationState, Refused, Verdict
from remit.model import State as CaseState

FORM_GRACE = LEASE
"""From the ledger's word that a form is shown to the moment when its absence is a fault."""
DEFAULT_EXPIRY = timedelta(hours=24)


@flow(name="reply", persist_result=False, retries=0, log_prints=False)
async def reply(case: int, attempt: int) -> State[None]:
    """Work on one case until a person has decided and what was decided is done.

    Killed at any line it can start again: the claim admits one run for each attempt, and every
    step asks the ledger what has been done.
    """
    desk = await open_desk()
    run = str(names.this_run().id)
    try:
        work = await cases.claim(desk.ledger, case, attempt, run, desk.now(), LEASE)
        playbook = await desk.deployed(work.brand)
        await names.call_this_run(names.of_case(work, playbook, desk.now()), names.tags(work))
        ended = await _work(desk, work, run)
    except Refused as elsewhere:
        get_run_logger().info("case %s: %s", case, elsewhere)
        said = f"Nothing was sent by this run: {elsewhere}."
        ended = Completed(message=said, name="Superseded")
    await forget_own_form()
    return ended


async def _work(desk: Desk, case: Case, run: str) -> State[None]:
    while True:
        approved = await publications.find(
            desk.ledger, case=case.id, states=[PublicationState.prepared]
        )
        if approved:  # decided before this run, by a command or in a run that died
            done = await _send(desk, case, approved[0].id, run)
            if done is not None:
                return done
            case = await cases.get(desk.ledger, case.id)
        if case.state is not CaseState.awaiting_approval:
            case = await _draft(desk, case, run)
            if await _goes_unseen(desk, case, run):
                continue
            case = await _show(desk, case, run)
        done = await _decided(desk, case, run)
        if done is not None:
            return done
        case = await cases.get(desk.ledger, case.id)
        if case.state is CaseState.awaiting_approval:
            case = await _show(desk, case, run)


async def _draft(desk: Desk, case: Case, run: str) -> Case:
    """Write a draft unless one that still holds is there."""
    if await drafts.current(desk.ledger, case.id) is None:
        playbook = await desk.playbook(case.playbook)
        event = await cases.subject(desk.ledger, case.id)
        try:
            limits = limits_of(case.platform) if case.channel else None
            rejected = (await standing(desk.ledger, case.id, playbook, desk.now())).rejections
            composed = compose(event, case, playbook, desk.now(), limits, rejected=rejected)
            said = await storms.statement_for(desk.ledger, case)
            if said is not None:  # what was approved for all of its storm
                composed = Composed(text=said.text, language=said.language)
        except Refused as broken:  # a person writes what the template could not
            get_run_logger().warning("case %s: %s", case.id, broken)
            composed = Composed(text="", language=case.language or "en")
            await note(desk.ledger, case.id, broken.code, desk.now())
        await drafts.save(
            desk.ledger,
            case.id,
            run,
            text=composed.text,
            language=composed.language,
            destination=await desk.destination(case),
            template=composed.template,
            citations=composed.citations,
            now=desk.now(),
            lease=LEASE,
        )
    return await cases.get(desk.ledger, case.id)


async def _goes_unseen(desk: Desk, case: Case, run: str) -> bool:
    """Whether the playbook lets this very answer go out without a person; it is prepared then."""
    playbook = await desk.deployed(case.brand)
    if case.rule not in playbook.autopilot:
        return False
    no = await go_unseen(desk.ledger, case.id, run, playbook, desk.now())
    if no is not None:
        get_run_logger().info("case %s is for a person: %s", case.id, no[1])
    return no is None


async def _show(desk: Desk, case: Case, run: str) -> Case:
    """Say in the ledger that a form is about to be shown; the suspension follows in `_decided`."""
    assert case.draft is not None
    playbook = await desk.deployed(case.brand)
    approval = playbook.approvals.get(case.approval or "")
    expires = approval.expires.calendar if approval and approval.expires else DEFAULT_EXPIRY
    now = desk.now()
    await drafts.await_approval(
        desk.ledger, case.id, run, case.draft, now, FORM_GRACE, now + expires
    )
    return await cases.get(desk.ledger, case.id)


async def _decided(desk: Desk, case: Case, run: str) -> State[None] | None:
    """Suspend for the form, or go on with its answer. None: show another form."""
    playbook = await desk.deployed(case.brand)
    promised = await desk.playbook(case.playbook)
    event = await cases.subject(desk.ledger, case.id)
    _, trace = (await desk.router(promised)).explain(event)
    draft = await drafts.get(desk.ledger, case.draft) if case.draft else None
    form = reply_form(
        case,
        draft,
        playbook,
        describe(
            case,
            await cases.conversation(desk.ledger, case.id),
            trace,
            playbook,
            desk.now(),
            notice=await cases.notice(desk.ledger, case.id),
            citations=draft.citations if draft else (),
            standing=await standing(desk.ledger, case.id, playbook, desk.now()),
        ),
    )
    try:
        answer = await asuspend_flow_run(wait_for_input=form, key=f"form-{case.form_round}")
    except ValidationError:  # a resume whose input does not fit the form decides nothing
        answer = None
    await cases.renew(desk.ledger, case.id, run, desk.now(), LEASE)
    ruling = ruling_of(answer, case)
    ruled = await rule_on(desk.ledger, ruling, playbook, desk.now(), run=run, key=desk.enrol_key())
    if ruling.code is not None:  # it is worth nothing any more, and shown to nobody either
        await forget_own_form()
    get_run_logger().info("case %s: %s", case.id, ruled.message)
    if not ruled.accepted:
        return None
    if ruled.publication is not None:
        return await _send(desk, case, ruled.publication, run)
    over = (await cases.get(desk.ledger, case.id)).state.finished
    if over or ruling.verdict in {Verdict.resolve, Verdict.hand_off, Verdict.wait}:
        return Completed(message=ruled.message)
    return None


async def _send(desk: Desk, case: Case, publication: int, run: str) -> State[None] | None:
    try:
        sent = await send_reply(desk, case, publication, run)
    except Refused as no:
        if no.code in {"already", "lease_lost"}:
            raise
        code = no.code if isinstance(no, NotSent) or no.code in _ASK_AGAIN else "thread_moved"
        back = await turn_back(
            desk.ledger, case.id, publication, code, desk.now(), anew=code in _DRAFT_ANEW
        )
        if back.state.finished:
            return Completed(message=f"Nothing was sent: {back.outcome}.")
        return None
    if is_out(sent):
        return Completed(message="One reply was sent.")
    if sent.state is PublicationState.failed:
        return Completed(message=f"Nothing was sent: {sent.error}. The case is open again.")
    return Completed(
        message="Sent, and not confirmed yet; the ledger settles it.", name="Unconfirmed"
    )


_DRAFT_ANEW = frozenset({"thread_moved", "draft_voided", "gone", "playbook_changed"})
_ASK_AGAIN = frozenset(
    {
        "stopped",
        "watch",
        "held",
        "not_approved",
        "thread_stale",
        "draft_changed",
        "thread_moved",
        "unsettled",
        "playbook_changed",
    }
)

"""A brief, carried out: variants, another person's approval, slots. And the publishing of a slot."""

from __future__ import annotations

from prefect import flow, get_run_logger
from prefect.client.schemas.objects import State
from prefect.flow_runs import asuspend_flow_run
from prefect.states import Completed
from pydantic import ValidationError

from flows import names
from flows.desk import LEASE, Desk, open_desk
from flows.forms import describe_plan, plan_form, ruling_of
from flows.reply import DEFAULT_EXPIRY, FORM_GRACE
from flows.runs import forget_own_form
from flows.sending import NotSent, is_out, send_slot
from integrations.registry import limits_of
from remit.draft import plan_text, variant_problems
from remit.ledger import cases, drafts, slots
from remit.ledger.rulings import rule_on
from remit.ledger.standing import standing
from remit.ledger.turned_back import note
from remit.model import Brief, Case, InputError, Playbook, Refused, Verdict
from remit.model import State as CaseState


@flow(name="campaign", persist_result=False, retries=0)
async def campaign(case: int, attempt: int) -> State[None]:
    """Bring one brief to approved slots. Killed at any line it can start again."""
    desk = await open_desk()
    run = str(names.this_run().id)
    try:
        work = await cases.claim(desk.ledger, case, attempt, run, desk.now(), LEASE)
        playbook = await desk.deployed(work.brand)
        await names.call_this_run(names.of_case(work, playbook, desk.now()), names.tags(work))
        ended = await _work(desk, work, run)
    except Refused as elsewhere:
        get_run_logger().info("case %s: %s", case, elsewhere)
        ended = Completed(message=str(elsewhere), name="Superseded")
    await forget_own_form()
    return ended


async def _work(desk: Desk, case: Case, run: str) -> State[None]:
    while True:
        promised = await desk.playbook(case.playbook)
        brief = await _brief(desk, case, promised)
        problems = _problems(brief, promised)
        if case.state is not CaseState.awaiting_approval:
            await _plan(desk, case, run, brief, promised)
            case = await cases.get(desk.ledger, case.id)
            assert case.draft is not None
            approval = promised.approvals.get(case.approval or "")
            expires = approval.expires.calendar if approval and approval.expires else DEFAULT_EXPIRY
            now = desk.now()
            await drafts.await_approval(
                desk.ledger, case.id, run, case.draft, now, FORM_GRACE, now + expires
            )
            case = await cases.get(desk.ledger, case.id)
        playbook = await desk.deployed(case.brand)
        form = plan_form(
            case,
            playbook,
            describe_plan(
                case,
                await slots.find(desk.ledger, case=case.id),
                problems,
                playbook,
                desk.now(),
                title=brief.title,
                notice=await cases.notice(desk.ledger, case.id),
                standing=await standing(desk.ledger, case.id, playbook, desk.now()),
            ),
        )
        try:
            answer = await asuspend_flow_run(wait_for_input=form, key=f"form-{case.form_round}")
        except ValidationError:
            answer = None
        await cases.renew(desk.ledger, case.id, run, desk.now(), LEASE)
        ruling = ruling_of(answer, case)
        if problems and ruling.verdict is Verdict.approve:
            await note(desk.ledger, case.id, "content_refused", desk.now())
        else:
            ruled = await rule_on(
                desk.ledger, ruling, playbook, desk.now(), run=run, key=desk.enrol_key()
            )
            if ruling.code is not None:  # it is worth nothing any more, and shown to nobody either
                await forget_own_form()
            if ruled.accepted and ruled.approvals_missing == 0:
                return Completed(message=ruled.message)
        case = await _again(desk, case, run)


async def _again(desk: Desk, case: Case, run: str) -> Case:
    """Another form for what is still to be decided."""
    case = await cases.get(desk.ledger, case.id)
    if case.state is CaseState.awaiting_approval and case.draft is not None:
        now = desk.now()
        await drafts.await_approval(
            desk.ledger, case.id, run, case.draft, now, FORM_GRACE, now + DEFAULT_EXPIRY
        )
        case = await cases.get(desk.ledger, case.id)
    return case


async def _brief(desk: Desk, case: Case, playbook: Playbook) -> Brief:
    event = await cases.subject(desk.ledger, case.id)
    named = str(event.fields.get("brief") or "")
    brief = playbook.campaigns.get(named)
    if brief is None:
        known = ", ".join(sorted(playbook.campaigns)) or "none"
        raise InputError(f"the playbook has no brief {named!r}; it has {known}")
    return brief


def _problems(brief: Brief, playbook: Playbook) -> tuple[str, ...]:
    limits = {
        channel: limits_of(playbook.channels[channel].platform)
        for post in brief.posts
        for channel in post.channels
    }
    return variant_problems(brief, limits)


async def _plan(desk: Desk, case: Case, run: str, brief: Brief, playbook: Playbook) -> None:
    await slots.plan(desk.ledger, case.id, run, brief, playbook, desk.now(), LEASE)
    if await drafts.current(desk.ledger, case.id) is None:
        await drafts.save(
            desk.ledger,
            case.id,
            run,
            text=plan_text(brief),
            language=playbook.languages[0] if playbook.languages else "en",
            destination=" ".join(sorted({c for post in brief.posts for c in post.channels})),
            template=None,
            writer=brief.writer,
            now=desk.now(),
            lease=LEASE,
        )


@flow(name="publish", persist_result=False, retries=0)
async def publish(slot: int, attempt: int) -> State[None]:
    """Publish one slot whose time has come, once."""
    desk = await open_desk()
    run = str(names.this_run().id)
    try:
        work = await slots.claim(desk.ledger, slot, attempt, run, desk.now(), LEASE)
        playbook = await desk.deployed(work.brand)
        await names.call_this_run(
            names.of_slot(work, playbook, desk.now()),
            [f"role:{work.owner}", f"brand:{work.brand}", f"slot:{work.id}"],
        )
        sent = await send_slot(desk, work, run)
    except NotSent as no:
        await slots.retry(desk.ledger, slot, no.code, desk.now())
        return Completed(message=f"Nothing was sent: {no}", name="NotSent")
    except Refused as no:
        return Completed(message=f"Nothing was sent: {no}", name="Superseded")
    if is_out(sent):
        return Completed(message="Published once.")
    return Completed(
        message="Sent, and not confirmed yet; the ledger settles it.", name="Unconfirmed"
    )

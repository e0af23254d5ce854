"""Runs in Prefect, as tick sees them: started once, marked dead, their forms looked after."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

import anyio
from httpx import HTTPError  # Prefect's client raises these; nothing is requested with it here
from prefect.client.orchestration import PrefectClient, get_client
from prefect.client.schemas.filters import (
    FlowRunFilter,
    FlowRunFilterId,
    FlowRunFilterState,
    FlowRunFilterStateType,
    FlowRunFilterTags,
)
from prefect.client.schemas.objects import FlowRun, StateType
from prefect.exceptions import ObjectNotFound, PrefectException
from prefect.states import Cancelled, Crashed

from flows import names
from flows.desk import LEASE, Desk
from remit.ledger import cases, slots
from remit.model import Case, Missing, Play, SlotState
from remit.model import State as CaseState

AWAY = (HTTPError, OSError, anyio.BrokenResourceError)
"""What a server that is not there looks like."""

LONGEST = timedelta(hours=1)
"""What a run may take that claims nothing: a poll, a report."""

_log = logging.getLogger("remit.runs")
_OVER = {StateType.CANCELLED, StateType.CANCELLING, StateType.FAILED, StateType.CRASHED}


async def start(
    client: PrefectClient, deployment: str, parameters: Mapping[str, object], key: str
) -> None:
    """Start a run; with a key that was used before, nothing happens."""
    try:
        found = await client.read_deployment_by_name(deployment)
    except ObjectNotFound:
        _log.error("Prefect has no deployment %s; run `remit deploy`", deployment)
        return
    await client.create_flow_run_from_deployment(
        found.id, parameters=dict(parameters), idempotency_key=key
    )


def again(now: datetime) -> int:
    """Part of a run's key that changes every two minutes: a run that died before its claim is no end.

    A second run of the same work is refused by its claim and ends at once.
    """
    return int(now.timestamp() // 120)


async def start_case(client: PrefectClient, case: Case, now: datetime) -> None:
    flow = "campaign" if case.play is Play.campaign else "reply"
    await start(
        client,
        f"{flow}/{names.queue(case.brand, case.owner, case.severity.band)}",
        {"case": case.id, "attempt": case.attempt},
        f"case:{case.id}:{case.attempt}:{again(now)}",
    )


async def mark_crashed(client: PrefectClient, run: str | None) -> None:
    """Say in Prefect that the process of a run is dead: no service does, and its row holds a slot."""
    if run is None:
        return
    try:
        await client.set_flow_run_state(
            UUID(run), Crashed(message="Its worker died; the case was taken up again."), force=True
        )
        await forget_form(client, UUID(run))
    except ObjectNotFound:
        _log.info("run %s is gone from Prefect", run)


async def repair_forms(desk: Desk, client: PrefectClient, brand: str) -> None:
    """Every case that awaits approval has a form that can be filled in; no other case has one."""
    now = desk.now()
    waiting = [
        case
        for case in await cases.find(desk.ledger, brand, states=[CaseState.awaiting_approval])
        if case.lease_run and (case.lease_until is None or case.lease_until < now)
    ]
    known = await _runs(client, [case.lease_run for case in waiting if case.lease_run])
    playbook = await desk.deployed(brand)
    for case in waiting:
        run = known.get(case.lease_run or "")
        code = await _fault(client, case, run, now)
        if code is None and run is not None:
            await names.keep(client, run, names.of_case(case, playbook, now))
        elif code is not None:
            await cases.retry(desk.ledger, case.id, code, now)
            if run is not None and code == "run_cancelled":
                await forget_form(client, run.id)
            elif run is not None:
                await mark_crashed(client, str(run.id))
    await _close_stale(desk, client, brand)


async def _fault(
    client: PrefectClient, case: Case, run: FlowRun | None, now: datetime
) -> str | None:
    """Why nobody can decide on this case, or None when all is well."""
    if run is None or run.state is None:
        return "run_lost"
    if run.state.type is StateType.CANCELLED or run.state.type is StateType.CANCELLING:
        return "run_cancelled"
    if run.state.type in _OVER or run.state.type is StateType.COMPLETED:
        return "run_lost"
    if run.state.type is StateType.RUNNING or run.state.type is StateType.PENDING:
        # Its lease is over; but one that was just answered has not come to renew it yet.
        return "run_crashed" if run.state.timestamp + LEASE < now else None
    if run.state.type is StateType.PAUSED:
        keyset = run.state.state_details.run_input_keyset or {}
        try:
            await client.read_flow_run_input(run.id, keyset.get("schema", "none"))
        except HTTPError as absent:
            response = getattr(absent, "response", None)
            if response is not None and response.status_code == 404:
                return "form_lost"
            raise
        if not str(run.state.state_details.pause_key or "").endswith(f"-{case.form_round}"):
            return "form_lost"
    return None


async def bury(desk: Desk, client: PrefectClient, brand: str) -> None:
    """Runs whose process died end in Prefect too; until then each holds a place of its queue.

    The ledger has let go of such a run: it was killed before its claim, or its work was done by
    another. What waits for a person is no such run.
    """
    now = desk.now()
    alive = [StateType.PENDING, StateType.RUNNING, StateType.CANCELLING]
    found = await client.read_flow_runs(
        flow_run_filter=FlowRunFilter(
            tags=FlowRunFilterTags(all_=[f"brand:{brand}"]),
            state=FlowRunFilterState(type=FlowRunFilterStateType(any_=alive)),
        ),
        limit=200,
    )
    for run in found:
        silent = now - run.state.timestamp if run.state else LONGEST
        if silent > LEASE and not await _works(desk, run, silent, now):
            await mark_crashed(client, str(run.id))


async def _works(desk: Desk, run: FlowRun, silent: timedelta, now: datetime) -> bool:
    """Whether a run that Prefect takes for alive may be."""
    given = run.parameters or {}
    try:
        if "case" in given:
            case = await cases.get(desk.ledger, int(given["case"]))
            mine = case.lease_run == str(run.id)
            return mine and case.lease_until is not None and case.lease_until >= now
        if "slot" in given:  # a lease that is over has given the slot another attempt
            slot = await slots.get(desk.ledger, int(given["slot"]))
            return slot.state is SlotState.publishing and slot.attempt == given.get("attempt")
    except Missing:
        return False
    return silent <= LONGEST


async def _close_stale(desk: Desk, client: PrefectClient, brand: str) -> None:
    """Suspended runs whose case is closed or belongs to another run end, and so does what they show."""
    paused = await client.read_flow_runs(
        flow_run_filter=FlowRunFilter(
            tags=FlowRunFilterTags(all_=[f"brand:{brand}"]),
            state=FlowRunFilterState(type=FlowRunFilterStateType(any_=[StateType.PAUSED])),
        ),
        limit=200,
    )
    for run in paused:
        number = (run.parameters or {}).get("case")
        if number is None:
            continue
        try:
            case = await cases.get(desk.ledger, int(number))
        except Missing:
            case = None
        if case is not None and case.lease_run == str(run.id) and not case.state.finished:
            continue
        await forget_form(client, run.id)
        why = f"The case is {case.outcome or case.state}." if case else "There is no such case."
        await client.set_flow_run_state(run.id, Cancelled(message=why), force=True)


async def forget_form(client: PrefectClient, run: UUID) -> None:
    """Take what a form shows of a case out of Prefect's database."""
    for flow_run_input in await client.filter_flow_run_input(
        run, key_prefix="", limit=200, exclude_keys=set()
    ):
        await client.delete_flow_run_input(run, flow_run_input.key)


async def forget_own_form() -> None:
    """At the end of the run that is executing; it ends as it would, whatever the server says."""
    run = names.this_run()
    if run.run_count < 1:  # it was never suspended: as it was read, before this time
        return
    try:
        async with get_client() as client:
            await forget_form(client, run.id)
    except (*AWAY, PrefectException) as failed:
        _log.warning("the form of run %s stays in Prefect: %s", run.id, type(failed).__name__)


async def _runs(client: PrefectClient, ids: Sequence[str]) -> dict[str, FlowRun]:
    found: dict[str, FlowRun] = {}
    for first in range(0, len(ids), 100):
        some = [UUID(each) for each in ids[first : first + 100]]
        for run in await client.read_flow_runs(
            flow_run_filter=FlowRunFilter(id=FlowRunFilterId(any_=some)), limit=200
        ):
            found[str(run.id)] = run
    return found

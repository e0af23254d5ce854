"""Bring Prefect to what a playbook wants. Run twice, the second time changes nothing."""

from __future__ import annotations

from datetime import timedelta
from importlib import import_module
from typing import Any
from uuid import UUID

from prefect import Flow
from prefect.client.orchestration import PrefectClient, get_client
from prefect.client.schemas.actions import DeploymentScheduleCreate, WorkPoolCreate
from prefect.client.schemas.filters import DeploymentFilter, DeploymentFilterTags
from prefect.client.schemas.schedules import CronSchedule, IntervalSchedule
from prefect.events.actions import RunDeployment
from prefect.events.schemas.automations import Automation, AutomationCore, EventTrigger
from prefect.exceptions import ObjectAlreadyExists, ObjectNotFound
from prefect.utilities.callables import parameter_schema

from flows.compile import Wanted, WantedAutomation, WantedDeployment, WantedQueue, wanted
from flows.desk import Desk
from flows.names import POOL
from flows.runs import AWAY
from remit.ledger import bundles
from remit.model import Bundle, InputError, Playbook, RemitError

OPENED = "remit.case.opened"
PAGE = 200
"""The most that the server lists at once."""


async def deploy(desk: Desk, bundle: Bundle, playbook: Playbook) -> list[str]:
    """Keep the bundle, put it in force, and compile it into Prefect; the changes, in words."""
    if playbook.otherwise is None:
        raise InputError(
            f"the playbook of {playbook.brand} has no `otherwise`: an event that no rule takes would "
            "have no owner. Add one before it is put in force"
        )
    await bundles.keep(desk.ledger, bundle, playbook.brand, desk.now())
    changes = []
    if await bundles.deployed(desk.ledger, playbook.brand) != bundle.hash:
        await bundles.deploy(desk.ledger, playbook.brand, bundle.hash, desk.now())
        changes.append(f"playbook {bundle.hash[:12]} is in force")
    try:
        async with get_client() as client:
            changes += await apply(client, wanted(playbook))
    except AWAY as away:
        url = client.api_url  # without what may stand before the host
        raise RemitError(
            f"the Prefect server at {url.host}:{url.port} does not answer ({type(away).__name__}). "
            "The ledger has the playbook; start the server with `remit up`, or name yours in "
            "PREFECT_API_URL, and deploy again"
        ) from away
    return changes


async def apply(client: PrefectClient, want: Wanted) -> list[str]:
    """Create, change and remove what differs."""
    changes = await _pool(client)
    for queue in want.queues:
        changes += await _queue(client, queue)
    ids = {}
    for deployment in want.deployments:
        ids[deployment.flow, deployment.name], changed = await _deployment(client, deployment)
        changes += changed
    changes += await _automations(client, want, {key: str(id_) for key, id_ in ids.items()})
    tagged = DeploymentFilter(tags=DeploymentFilterTags(all_=["remit", f"brand:{want.brand}"]))
    for existing in await client.read_deployments(deployment_filter=tagged, limit=200):
        if existing.id not in ids.values():
            await client.delete_deployment(existing.id)
            changes.append(f"deployment {existing.name} removed")
    return changes


async def _pool(client: PrefectClient) -> list[str]:
    try:
        await client.read_work_pool(POOL)
    except ObjectNotFound:
        from flows.worker import RemitWorker

        template = RemitWorker.get_default_base_job_template()
        try:
            await client.create_work_pool(
                WorkPoolCreate(name=POOL, type=RemitWorker.type, base_job_template=template)
            )
        except ObjectAlreadyExists:
            return []
        return [f"work pool {POOL} created"]
    return []


async def process_pool() -> None:
    """The pool for Prefect's own process worker, to be made before the first deploy."""
    from prefect.workers.process import ProcessWorker

    async with get_client() as client:
        try:
            found = await client.read_work_pool(POOL)
        except ObjectNotFound:
            template = ProcessWorker.get_default_base_job_template()
            await client.create_work_pool(
                WorkPoolCreate(name=POOL, type=ProcessWorker.type, base_job_template=template)
            )
            return
    if found.type != ProcessWorker.type:
        raise InputError(
            f"the pool {POOL} is one of type {found.type}, and runs of their own processes need one of "
            f"type {ProcessWorker.type}; delete it with `prefect work-pool delete {POOL}`, or name "
            "another REMIT_HOME"
        )


async def _queue(client: PrefectClient, want: WantedQueue) -> list[str]:
    """A queue of ours with its limit, and urgent before normal.

    Priorities are unique in a pool, and a new queue moves those behind it. So their order is what
    is wanted, never a number: a number would be wrong again after the next brand.
    """
    known = await client.read_work_queues(work_pool_name=POOL, limit=PAGE)
    found = next((queue for queue in known if queue.name == want.name), None)
    if found is None:
        await client.create_work_queue(
            want.name,
            priority=1
            if want.urgent
            else max((each.priority or 0 for each in known), default=0) + 1,
            concurrency_limit=want.concurrency_limit,
            work_pool_name=POOL,
        )
        return [f"queue {want.name} created"]
    changes: dict[str, int | None] = {}
    if found.concurrency_limit != want.concurrency_limit:
        changes["concurrency_limit"] = want.concurrency_limit
    normal = [each.priority or 0 for each in known if each.name.endswith("-normal")]
    if want.urgent and normal and (found.priority or 0) >= min(normal):
        changes["priority"] = 1
    if not changes:
        return []
    await client.update_work_queue(found.id, **changes)
    return [f"queue {want.name} changed"]


def load(entrypoint: str) -> Flow[Any, Any]:
    """The flow at a dotted entrypoint."""
    module, _, name = entrypoint.rpartition(".")
    found = getattr(import_module(module), name)
    if not isinstance(found, Flow):
        raise TypeError(f"{entrypoint} is not a flow")
    return found


async def _deployment(client: PrefectClient, want: WantedDeployment) -> tuple[Any, list[str]]:
    full_name = f"{want.flow}/{want.name}"
    try:
        existing = await client.read_deployment_by_name(full_name)
    except ObjectNotFound:
        existing = None
    if existing is not None and existing.version == want.version:
        return existing.id, []
    flow = load(want.entrypoint)
    schedules = []
    if want.every is not None:
        schedules.append(
            DeploymentScheduleCreate(
                schedule=IntervalSchedule(
                    interval=timedelta(seconds=want.every), timezone=want.timezone
                )
            )
        )
    if want.cron is not None:
        schedules.append(
            DeploymentScheduleCreate(schedule=CronSchedule(cron=want.cron, timezone=want.timezone))
        )
    if existing is not None:
        for schedule in await client.read_deployment_schedules(existing.id):
            await client.delete_deployment_schedule(existing.id, schedule.id)
    deployment_id = await client.create_deployment(
        flow_id=await client.create_flow_from_name(flow.name),
        name=want.name,
        version=want.version,
        schedules=schedules,
        parameters=dict(want.parameters),
        description=want.description,
        work_queue_name=want.queue,
        work_pool_name=POOL,
        tags=list(want.tags),
        path=".",
        entrypoint=want.entrypoint,
        parameter_openapi_schema=parameter_schema(flow).model_dump_for_openapi(),
        enforce_parameter_schema=True,
    )
    return deployment_id, [f"deployment {full_name} {'changed' if existing else 'created'}"]


async def _automations(
    client: PrefectClient, want: Wanted, ids: dict[tuple[str, str], str]
) -> list[str]:
    prefix = f"remit {want.brand}: "
    existing: dict[str, Automation] = {}
    page = await client.read_automations(limit=200)
    while page:
        existing |= {each.name: each for each in page if each.name.startswith(prefix)}
        page = (
            await client.read_automations(limit=200, offset=len(page)) if len(page) == PAGE else []
        )
    changes = []
    for each in want.automations:
        deployment = ids[each.flow, each.deployment]
        version = each.version(deployment)
        found = existing.pop(each.name, None)
        if found is not None and found.description.endswith(version):
            continue
        core = _automation(each, deployment, version)
        if found is None:
            await client.create_automation(core)
        else:
            await client.update_automation(found.id, core)
        changes.append(f"automation {each.name!r} {'changed' if found else 'created'}")
    for name, stale in existing.items():
        await client.delete_automation(stale.id)
        changes.append(f"automation {name!r} removed")
    return changes


def typed(path: str) -> dict[str, Any]:
    """A trigger parameter that keeps its type: ids only, never a text."""
    return {
        "__prefect_kind": "json",
        "value": {"__prefect_kind": "jinja", "template": f"{{{{ {path} | tojson }}}}"},
    }


def _automation(want: WantedAutomation, deployment: str, version: str) -> AutomationCore:
    return AutomationCore(
        name=want.name,
        description=f"Compiled from the playbook by remit deploy; version {version}",
        enabled=True,
        trigger=EventTrigger(
            expect={OPENED},
            match=dict(want.match),
            for_each={"prefect.resource.id"},
            threshold=1,
            within=timedelta(0),
        ),
        actions=[
            RunDeployment(
                source="selected",
                deployment_id=UUID(deployment),
                parameters={
                    "case": typed("event.payload.case"),
                    "attempt": typed("event.payload.attempt"),
                },
            )
        ],
        tags=["remit", f"brand:{want.name.split(':')[0].removeprefix('remit ')}"],
    )

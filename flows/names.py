"""How a run is called and tagged: what an operator sorts by, and never a handle or a text."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import FlowRun
from prefect.context import FlowRunContext

from remit.model import Case, Playbook, Slot

POOL = "remit"
SYSTEM = "system"


def queue(brand: str, role: str, band: str) -> str:
    return f"{brand}-{role}-{band}"


def local(at: datetime, playbook: Playbook, today: datetime) -> str:
    """`14:30` today, `11-24 09:00` on another day, in the brand's zone."""
    zone = ZoneInfo(playbook.timezone)
    there, here = at.astimezone(zone), today.astimezone(zone)
    return f"{there:%H:%M}" if there.date() == here.date() else f"{there:%m-%d %H:%M}"


def of_case(case: Case, playbook: Playbook, now: datetime) -> str:
    """`14:30 · cm · bluesky · refund · case 1042`: due time first."""
    due = case.first_response_due or case.opened_at
    about = case.topics[0] if case.topics else case.rule
    return (
        f"{local(due, playbook, now)} · {case.owner} · {case.platform} · {about} · case {case.id}"
    )


def of_slot(slot: Slot, playbook: Playbook, now: datetime) -> str:
    return f"{local(slot.at, playbook, now)} · {slot.owner} · {slot.channel} · {slot.post} · slot {slot.id}"


def tags(case: Case) -> list[str]:
    return [
        f"role:{case.owner}",
        f"brand:{case.brand}",
        f"severity:{case.severity}",
        f"case:{case.id}",
    ]


def this_run() -> FlowRun:
    """The flow run that is executing. Raises RuntimeError outside of one."""
    context = FlowRunContext.get()
    if context is None or context.flow_run is None:
        raise RuntimeError("this belongs into a flow run")
    return context.flow_run


async def call_this_run(name: str, its_tags: list[str]) -> None:
    """Name and tag the run that is executing; nothing is sent when it is so already."""
    run = this_run()
    if run.name == name and set(its_tags) <= set(run.tags):
        return
    async with get_client() as client:
        await client.update_flow_run(run.id, name=name, tags=sorted({*run.tags, *its_tags}))

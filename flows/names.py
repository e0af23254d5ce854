"""How a run is called and tagged: what an operator sorts by, and never a handle or a text."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from prefect.client.orchestration import PrefectClient, get_client
from prefect.client.schemas.objects import FlowRun
from prefect.context import FlowRunContext

from remit.decide.owed import owed
from remit.model import Case, Playbook, Slot, State

POOL = "remit"
SYSTEM = "system"


def queue(brand: str, role: str, band: str) -> str:
    return f"{brand}-{role}-{band}"


def local(at: datetime, playbook: Playbook, today: datetime) -> str:
    """`14:30` today, `11-24 09:00` on another day, in the brand's zone."""
    zone = ZoneInfo(playbook.timezone)
    there, here = at.astimezone(zone), today.astimezone(zone)
    return f"{there:%H:%M}" if there.date() == here.date() else f"{there:%m-%d %H:%M}"


def dated(at: datetime, playbook: Playbook, now: datetime) -> str:
    """`11-25 14:30` in the brand's zone; the year is written where it is another."""
    zone = ZoneInfo(playbook.timezone)
    there, here = at.astimezone(zone), now.astimezone(zone)
    return f"{there:%m-%d %H:%M}" if there.year == here.year else f"{there:%Y-%m-%d %H:%M}"


def due_first(at: datetime, playbook: Playbook, now: datetime) -> str:
    """The due time as a text that stands among others where it stands in time.

    Overdue begins with `!`. A year to come is written out and so stands after all of this one;
    a past one begins with `! !`, because what was due in December comes before January.
    """
    zone = ZoneInfo(playbook.timezone)
    past_year = at.astimezone(zone).year < now.astimezone(zone).year
    return f"{'! ' * ((at < now) + past_year)}{dated(at, playbook, now)}"


def of_case(case: Case, playbook: Playbook, now: datetime) -> str:
    """`11-25 14:30 · cm · bluesky · refund · case 1042 · answer`: due time first.

    What has no due time, and what waits for somebody outside, begins with a word and stands last.
    """
    due = owed(case)
    about = case.topics[0] if case.topics else case.rule
    facts = f"{case.owner} · {case.platform} · {about} · case {case.id}"
    if due is not None:
        return f"{due_first(due.at, playbook, now)} · {facts} · {due.what}"
    if case.state is State.waiting:
        since = dated(case.waiting_since or case.opened_at, playbook, now)
        return f"waiting · {facts} · for {case.waiting_for or 'the author'} since {since}"
    return f"no due time · {facts} · since {dated(case.opened_at, playbook, now)}"


async def keep(client: PrefectClient, run: FlowRun, name: str) -> None:
    """Call a run so; nothing is sent when it is called so already."""
    if run.name != name:
        await client.update_flow_run(run.id, name=name)


def of_slot(slot: Slot, playbook: Playbook, now: datetime) -> str:
    return f"{dated(slot.at, playbook, now)} · {slot.owner} · {slot.channel} · {slot.post} · slot {slot.id}"


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

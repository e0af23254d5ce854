"""The outbox, out: each row becomes one Prefect event with the case and the role as resources."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID, uuid5

from prefect.client.orchestration import PrefectClient
from prefect.events import Event, RelatedResource, Resource
from prefect.types import DateTime

from flows.desk import Desk
from remit.ledger import cases, outbox
from remit.ledger.outbox import Out
from remit.model import Case, Missing

_ROWS = UUID("6f1f6f2e-9f0a-5a52-8f5e-2f0c1c9d7b11")
_BATCH = 50


def resource_id(brand: str, case: int) -> str:
    return f"remit.case.{brand}.{case}"


def as_event(row: Out, case: Case | None) -> Event:
    """An event whose id follows from the row, so that sending it twice is sending it once."""
    labels = {
        "prefect.resource.id": (
            resource_id(row.brand, row.case) if row.case is not None else f"remit.brand.{row.brand}"
        ),
        "remit.brand": row.brand,
    }
    related = []
    role = row.role or (case.owner if case else None)
    if role:
        labels["remit.role"] = role
        related.append(
            RelatedResource(
                {
                    "prefect.resource.id": f"remit.role.{row.brand}.{role}",
                    "prefect.resource.role": "role",
                }
            )
        )
    if case is not None:
        labels |= {
            "remit.band": case.severity.band,
            "remit.play": str(case.play),
            "remit.severity": str(case.severity),
            "remit.rule": case.rule,
        }
    payload = {
        key: value
        for key, value in {
            "case": row.case,
            "attempt": row.attempt,
            "slot": row.slot,
            "step": row.step,
        }.items()
        if value is not None
    }
    return Event(
        id=uuid5(_ROWS, f"{row.brand}:{row.id}:{row.made_at.isoformat()}"),
        occurred=DateTime.instance(row.made_at),
        event=row.kind,
        resource=Resource(labels),
        related=related,
        payload=payload,
    )


async def deliver(desk: Desk, client: PrefectClient) -> int:
    """Send what waits, oldest first. A row is marked only after the server has taken it."""
    delivered = 0
    while rows := await outbox.pending(desk.ledger, limit=_BATCH):
        events = [as_event(row, await _case(desk, row)) for row in rows]
        await post(client, events)
        await outbox.sent(desk.ledger, [row.id for row in rows], desk.now())
        delivered += len(rows)
    return delivered


async def post(client: PrefectClient, events: Sequence[Event]) -> None:
    """Hand events over by HTTP, which answers only when the server has them."""
    response = await client.request(  # the websocket client may lose what it queued
        "POST", "/events", json=[event.model_dump(mode="json") for event in events]
    )
    response.raise_for_status()


async def _case(desk: Desk, row: Out) -> Case | None:
    if row.case is None:
        return None
    try:
        return await cases.get(desk.ledger, row.case)
    except Missing:
        return None

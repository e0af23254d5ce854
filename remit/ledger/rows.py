"""Rows into values of the model, in one place, and how a row is fetched or locked by its number."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from sqlalchemy import Row, RowMapping, Table, select
from sqlalchemy.ext.asyncio import AsyncConnection

from remit.model import (
    Case,
    Draft,
    Event,
    HoldState,
    Missing,
    Prepared,
    Publication,
    Receipt,
    Slot,
    Step,
)

_CASE = tuple(name for name in Case.model_fields if name not in {"topics", "escalation"})
_DRAFT = tuple(name for name in Draft.model_fields if name != "citations")
_SLOT = tuple(name for name in Slot.model_fields if name not in {"media", "topics"})
_HOLD = tuple(name for name in HoldState.model_fields if name != "topics")


async def fetch(tx: AsyncConnection, table: Table, number: int, *, lock: bool = False) -> Row[Any]:
    """The row of that number, or Missing. `lock` holds it until the transaction ends.

    Lock a case before what belongs to it, so that two transactions never wait for each other.
    """
    query = select(table).where(table.c.id == number)
    if lock:
        query = query.with_for_update()  # SQLite has no such clause and needs none
    row = (await tx.execute(query)).one_or_none()
    if row is None:
        raise Missing(f"no {table.name} {number}")
    return row


def mapping(row: Row[Any]) -> RowMapping:
    """The row by the names of its columns."""
    return row._mapping  # noqa: SLF001 public: the underscore only keeps it apart from columns


def to_case(row: Row[Any]) -> Case:
    """A row of `case`."""
    columns = mapping(row)
    values = {name: columns[name] for name in _CASE}
    return Case(
        **values,
        topics=tuple(columns["topics"]),
        escalation=tuple(Step.model_validate(step) for step in columns["escalation"]),
    )


def to_draft(row: Row[Any]) -> Draft:
    """A row of `draft`."""
    columns = mapping(row)
    return Draft(**{name: columns[name] for name in _DRAFT}, citations=tuple(columns["citations"]))


def to_slot(row: Row[Any]) -> Slot:
    """A row of `slot` whose time is fixed."""
    columns = mapping(row)
    return Slot(
        **{name: columns[name] for name in _SLOT},
        media=tuple((file, alt) for file, alt in columns["media"]),
        topics=tuple(columns["topics"]),
    )


def to_publication(row: Row[Any]) -> Publication:
    """A row of `publication`, with its fixed bytes and its receipt where it has them."""
    columns = mapping(row)
    body, sent_as = columns["body"], columns["platform_id"]
    return Publication(
        id=columns["id"],
        brand=columns["brand"],
        channel=columns["channel"],
        case=columns["case"],
        slot=columns["slot"],
        state=columns["state"],
        key=columns["key"],
        prepared=None if body is None else Prepared(key=columns["key"], body=body),
        hash=columns["hash"],
        attempt=columns["attempt"],
        deadline=columns["deadline"],
        receipt=None
        if sent_as is None
        else Receipt(id=sent_as, url=columns["url"], time=columns["published_at"]),
        error=columns["error"],
    )


def to_hold(row: Row[Any]) -> HoldState:
    """A row of `hold` that has started."""
    columns = mapping(row)
    return HoldState(**{name: columns[name] for name in _HOLD}, topics=tuple(columns["topics"]))


def event_body(event: Event) -> dict[str, Any]:
    """The whole event as JSON. Exact numbers among the brand's own fields stay numbers."""
    body = event.model_dump(mode="json")
    if event.fields:
        body["fields"] = {
            name: {"number": str(value)} if isinstance(value, Decimal) else value
            for name, value in event.fields.items()
        }
    return body


def to_event(body: Mapping[str, Any]) -> Event:
    """The whole event, as `event_body` wrote it."""
    fields = {
        name: Decimal(value["number"]) if isinstance(value, dict) else value
        for name, value in body["fields"].items()
    }
    return Event.model_validate({**body, "fields": fields})

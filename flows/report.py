"""A scorecard for each role, from the ledger alone, as Prefect artifacts."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from prefect import flow
from prefect.artifacts import acreate_markdown_artifact, acreate_table_artifact
from prefect.client.schemas.objects import State
from prefect.states import Completed

from flows.desk import open_desk
from flows.markdown import table
from remit.ledger.facts import facts
from remit.measure import Scorecard, scorecards
from remit.model import Playbook


@flow(name="report", flow_run_name="report · {brand}", persist_result=False, retries=0)
async def report(brand: str, days: int = 7) -> State[None]:
    """Measure each role on exactly what was its own, over the last `days`."""
    desk = await open_desk()
    playbook = await desk.deployed(brand)
    until = desk.now()
    since = until - timedelta(days=days)
    cards = scorecards(await facts(desk.ledger, brand, since, until), playbook)
    for card in cards:
        key = f"{brand}-{card.role}".lower().replace("_", "-")
        await acreate_table_artifact(
            key=f"scorecard-{key}",
            table=as_rows(card),
            description=f"{card.title}: {since:%Y-%m-%d} to {until:%Y-%m-%d}",
        )
        await acreate_markdown_artifact(
            key=f"report-{key}", markdown=as_markdown(card, playbook, since, until)
        )
    return Completed(message=f"{len(cards)} scorecards.")


def as_rows(card: Scorecard) -> list[dict[str, object]]:
    """One role's scorecard as (measure, value)."""
    share = card.answered_share
    values: list[tuple[str, object]] = [
        ("events owned", card.events),
        ("cases", card.cases),
        ("open", card.open),
        ("overdue", card.overdue),
        ("answered late", card.late),
        ("first response, median", card.first_response_median),
        ("first response, p90", card.first_response_p90),
        ("answered share", "none asked" if share is None else f"{share:.0%} of {card.asked}"),
        ("answered outside Remit", card.answered_outside),
        ("answered unseen", card.answered_unseen),
        ("posts", card.posts),
        ("replies", card.replies),
        ("replies sent unseen", card.unseen),
        ("reactions of the audience", card.reactions),
        ("answers of the audience", card.received),
    ]
    return [{"measure": measure, "value": value} for measure, value in values]


def as_markdown(card: Scorecard, playbook: Playbook, since: datetime, until: datetime) -> str:
    """One role's scorecard as a page."""
    zone = ZoneInfo(playbook.timezone)
    role = playbook.roles.get(card.role)
    title = card.title or card.role
    rows = [tuple(row.values()) for row in as_rows(card)]
    between = [f"{at.astimezone(zone):%Y-%m-%d %H:%M}" for at in (since, until)]
    shown = f"{' to '.join(between)} ({playbook.timezone})"
    return "\n".join(
        [
            f"# {title}",
            "",
            role.mission if role else "A role that the playbook has no more.",
            "",
            f"{shown}. Everything here was {title}'s own.",
            "",
            table(["measure", "value"], rows),
        ]
    )

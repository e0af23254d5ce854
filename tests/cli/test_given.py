"""What the prover is told of the world is true of it."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from integrations.registry import PLATFORMS, supplies
from remit.cli.given import OWN, TAKEN_IN, given_of, today
from remit.ledger.arrivals import Coming
from remit.ledger.enrich import enrich
from remit.ledger.store import Ledger
from remit.measure import METRICS, Scorecard
from remit.model import KINDS, Arrival, Channel, Event, Playbook, Role
from remit.playbook import load_playbook
from remit.signals import SUPPLIES

ROLES = {"cm": Role(id="cm", title="CM")}


def a_playbook(**changes):
    return Playbook(**({"brand": "kopi", "roles": ROLES} | changes))


def test_the_first_day_is_the_one_asked_for_or_today_where_the_brand_is():
    assert given_of(a_playbook(), datetime(2027, 1, 31)).since == date(2027, 1, 31)  # noqa: DTZ001 - as the command hands it over
    for zone in ("Pacific/Kiritimati", "Pacific/Pago_Pago"):
        there = {datetime.now(UTC).astimezone(ZoneInfo(zone)).date()}
        said = given_of(a_playbook(timezone=zone)).since
        there.add(today(a_playbook(timezone=zone)))  # midnight may pass meanwhile
        assert said in there


def test_platforms_of_the_playbook_tell_what_they_fill_and_unknown_ones_nothing():
    channels = {
        name: Channel(id=name, platform=name) for name in ("sandbox", "bluesky", "instagram")
    }
    given = given_of(a_playbook(channels=channels))
    assert given.supplied == {name: supplies(name) for name in ("sandbox", "bluesky")}
    assert set(given.reply_windows) <= set(PLATFORMS)


async def test_what_remit_fills_itself_is_what_signals_and_the_ledger_fill(tmp_path):
    assert given_of(a_playbook()).signals == SUPPLIES | TAKEN_IN
    event = Event(id="1", kind="conversation.mention", platform="sandbox", time=datetime.now(UTC))
    coming = Coming(arrival=Arrival(event=event), event=event, channel="toko")
    ledger = await Ledger.open(f"sqlite+aiosqlite:///{tmp_path / 'ledger.db'}")
    async with ledger.read() as tx:
        await enrich(tx, a_playbook(), [coming])
    await ledger.close()
    filled = coming.event.model_dump(exclude_none=True).keys() - event.model_dump(exclude_none=True)
    assert filled == TAKEN_IN


def test_kinds_are_those_of_the_language():
    above = {kind.partition(".")[0] for kind in KINDS} | set(KINDS)
    for kinds in (OWN, *METRICS.values()):
        assert set(kinds) <= above


def test_metrics_of_scorecards_are_in_the_dictionary():
    measured = {"late", "posts", "replies", "reactions", "received", "answered_share"}
    assert measured - {"answered_share"} <= set(Scorecard.model_fields)
    assert measured <= set(METRICS)


@pytest.mark.parametrize("metric", sorted(METRICS))
def test_the_page_says_what_each_metric_is_made_of(metric, kopi):
    page = (kopi.parents[1] / "docs" / "metrics.md").read_text("utf-8")
    goals = page.partition("## What goals are made of")[2].partition("\n## ")[0]
    rows = [row.split("|") for row in goals.splitlines() if row.startswith("| `")]
    (made_of,) = [row[2] for row in rows if f"`{metric}`" in row[1]]
    assert set(re.findall(r"`([a-z.]+)`", made_of)) == METRICS[metric]


def test_the_sample_is_told_of_its_sandbox_and_its_templates(kopi):
    given = given_of(load_playbook(kopi))
    assert given.supplied is not None
    assert set(given.supplied) == {"sandbox"}
    assert given.templates == ()
    assert given.holidays is not None
    assert given.holidays.closed("ID", False, date(2027, 1, 1))

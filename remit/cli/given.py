"""What the prover is told of the world outside a playbook: it reads no file and knows no network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from types import MappingProxyType
from zoneinfo import ZoneInfo

from flows.calendars import PublicHolidays
from flows.windows import reply_windows
from integrations.registry import PLATFORMS, supplies
from remit.check import Given
from remit.check.given import Away
from remit.draft import template_findings
from remit.measure import METRICS
from remit.model import Absence, Playbook
from remit.signals import SUPPLIES

TAKEN_IN = frozenset({"under"})
"""Fields that the ledger fills when it takes an event in."""
OWN: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "metric": frozenset({"metric", "value", "change"}),
        "content.brief": frozenset({"fields.brief"}),
    }
)
"""By kind, or a name above it: fields of events that come from Remit and from no channel."""


def given_of(
    playbook: Playbook, since: datetime | None = None, leave: Sequence[Absence] = ()
) -> Given:
    """Facts for the findings of one playbook; `since` is a day, or None for today where it is.

    `leave` is what the ledger holds, where it was asked: without it a playbook is judged alone.
    """
    known = {channel.platform for channel in playbook.channels.values()} & PLATFORMS.keys()
    return Given(
        since=today(playbook) if since is None else since.date(),
        holidays=PublicHolidays(),
        away=tuple(Away(one.person, one.since, one.until, one.cover) for one in leave),
        reply_windows=reply_windows(playbook),
        supplied={platform: supplies(platform) for platform in known},
        signals=SUPPLIES | TAKEN_IN,
        own=OWN,
        metrics=METRICS,
        templates=template_findings(playbook),
    )


def today(playbook: Playbook) -> date:
    """The day that it is where the brand is."""
    return datetime.now(UTC).astimezone(ZoneInfo(playbook.timezone)).date()

"""What the prover is told of the world outside a playbook: it reads no file and knows no network."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from types import MappingProxyType
from zoneinfo import ZoneInfo

from flows.calendars import PublicHolidays
from integrations.registry import PLATFORMS, limits_of, supplies
from remit.check import Given
from remit.draft import template_findings
from remit.measure import METRICS
from remit.model import Playbook
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


def given_of(playbook: Playbook, since: datetime | None = None) -> Given:
    """Facts for the findings of one playbook; `since` is a day, or None for today where it is."""
    known = {channel.platform for channel in playbook.channels.values()} & PLATFORMS.keys()
    windows = {platform: limits_of(platform).reply_window for platform in known}
    return Given(
        since=today(playbook) if since is None else since.date(),
        holidays=PublicHolidays(),
        reply_windows={name: window for name, window in windows.items() if window is not None},
        supplied={platform: supplies(platform) for platform in known},
        signals=SUPPLIES | TAKEN_IN,
        own=OWN,
        metrics=METRICS,
        templates=template_findings(playbook),
    )


def today(playbook: Playbook) -> date:
    """The day that it is where the brand is."""
    return datetime.now(UTC).astimezone(ZoneInfo(playbook.timezone)).date()

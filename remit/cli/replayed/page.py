"""A replay as one page: its pictures, plotly and style are in it, and it asks no network for more."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from plotly.offline import get_plotlyjs  # type: ignore[import-untyped] # plotly has no types

from remit.check.load import HOURS_OF_WEEK, NOBODY, Report, RoleLoad
from remit.cli.replayed import charts
from remit.cli.replayed.charts import Palette
from remit.cli.unread import Unread
from remit.model import Playbook, Severity

_STAYS_FROM = 0.05
"""Where fewer events move, their flow would be a hair beside what stays: it stands alone."""
_MOST_PAIRS = 200
_MOST_CHANNELS = 50


@dataclass(frozen=True, slots=True)
class RoleView:
    """A role as the page shows it."""

    load: RoleLoad
    title: str
    mission: str
    colour: str
    share: float
    outside: float | None
    """The part of its cases' events that come outside of its hours."""


def page(report: Report, playbook: Playbook, unread: Unread) -> str:
    """The whole page, HTML."""
    palette = Palette(report, playbook)
    roles = list(_roles(report, playbook, palette))
    drawn = [role for role in roles if role.load.cases][: len(charts.PALETTE)]
    environment = Environment(
        loader=PackageLoader("remit.cli.replayed"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"count": "{:,}".format, "percent": _percent}
    moves = report.moves
    return environment.get_template(
        "page.html.j2"
    ).render(
        report=report,
        brand=playbook.brand.replace("-", " ").capitalize(),
        palette=palette,
        plotly=Markup(get_plotlyjs()),  # noqa: S704 - the kept library's own file
        pictures=Markup(_pictures(report, playbook, palette, drawn)),  # noqa: S704 - JSON without "<"
        roles=roles,
        drawn=drawn,
        weeks=_weeks(report),
        unit=charts.drawn_by(report)[0],
        busiest=_busiest(report),
        rules=report.rules,
        most=max((load.events for load in report.rules), default=0) or 1,
        channels=report.channels[:_MOST_CHANNELS],
        more_channels=max(0, len(report.channels) - _MOST_CHANNELS),
        unread=unread,
        moves=moves,
        stays=moves is not None and _stays(report),
        pairs=() if moves is None else moves.rules[:_MOST_PAIRS],
        more_pairs=0 if moves is None else max(0, len(moves.rules) - _MOST_PAIRS),
        nobody=NOBODY,
        severities=tuple(reversed(Severity)),
    )


def _pictures(
    report: Report, playbook: Playbook, palette: Palette, drawn: Sequence[RoleView]
) -> str:
    """A JSON object: by the id of its place in the page, each figure."""
    found = {}
    if report.events:
        found["over-time"] = charts.over_time(report, palette)
    weeks = _weeks(report)
    for number, role in enumerate(drawn):
        known = playbook.roles.get(role.load.role)
        counts = report.work_week[role.load.role]
        found[f"week-{number}"] = charts.week(counts, weeks, None if known is None else known.hours)
    if report.moves is not None and report.moves.moved:
        found["flow"] = charts.flow(report.moves, palette, stays=_stays(report))
    # plotly escapes "<", ">" and "/" in its JSON, so that a script may hold it.
    inner = ",".join(f'"{place}":{figure.to_json()}' for place, figure in found.items())
    return "{" + inner + "}"


def _roles(report: Report, playbook: Playbook, palette: Palette) -> Iterator[RoleView]:
    for load in report.roles:
        known = playbook.roles.get(load.role)
        outside = load.outside_hours
        yield RoleView(
            load,
            palette.title(load.role),
            known.mission if known else "No rule takes these events. Add `otherwise`.",
            palette.colour(load.role),
            report.share(load.events),
            None if outside is None or not load.cases else outside / load.cases,
        )


def _weeks(report: Report) -> float:
    """How many weeks the events span, one at least: the middle of an hour counts for all of it."""
    if report.first is None or report.last is None:
        return 1.0
    return max(1.0, (report.last - report.first + timedelta(hours=1)) / timedelta(weeks=1))


def _busiest(report: Report) -> str | None:
    """The hour of the week with most cases, as a person says it."""
    totals = [0] * HOURS_OF_WEEK
    for counts in report.work_week.values():
        totals = [total + count for total, count in zip(totals, counts, strict=True)]
    if not any(totals):
        return None
    day, hour = divmod(totals.index(max(totals)), 24)
    return f"{charts.WEEKDAYS[day]} {hour:02}:00–{hour + 1:02}:00"


def _stays(report: Report) -> bool:
    return report.moves is not None and report.share(report.moves.moved) >= _STAYS_FROM


def _percent(share: float) -> str:
    return "<0.1%" if 0 < share < 0.0005 else f"{share:.1%}"

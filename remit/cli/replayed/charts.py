"""The pictures of a replay, drawn by plotly. Every text from outside is escaped: plotly reads markup."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from html import escape
from typing import Any

# plotly has no types of its own.
import plotly.graph_objects as go  # type: ignore[import-untyped]

from remit.check.load import NOBODY, Moves, Report, Unit
from remit.model import Hours, Playbook

OTHERS = "(others)"
_MOST_ROLES = 8
_MOST_DAYS = 120
PALETTE = (
    "#2f6f9f", "#e08a2c", "#4c9a6a", "#b5566b", "#7a6bb0", "#8a6d4b", "#3a9b9b", "#c2a12f",
)  # fmt: skip
"""Told apart also by those who see few colours."""
_GREY = "#a3a9b1"
_RED = "#c0392b"
_INK = "#22272e"
_LINES = "#e7e9ec"
_HEAT = ((0.0, "#f6f7f9"), (0.15, "#dbe8f2"), (0.4, "#9cc3de"), (0.7, "#4a8dbb"), (1.0, "#174a72"))
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_HOVER: Mapping[Unit, str] = {
    "hour": "%a %e %b %Y, %H:00",
    "day": "%A %e %b %Y",
    "week": "week of %e %b %Y",
    "month": "%B %Y",
    "year": "%Y",
}


class Palette:
    """A colour and a name for each role, the same in every picture."""

    def __init__(self, report: Report, playbook: Playbook) -> None:
        busy = [load.role for load in report.roles if load.events]
        self.shown = tuple(busy if len(busy) <= _MOST_ROLES else busy[: _MOST_ROLES - 1])
        """Roles that have a colour of their own, the busiest first."""
        order = [role for role in playbook.roles if role in self.shown]
        self._colours = dict(zip(order, PALETTE, strict=False)) | {NOBODY: _RED}
        self._playbook = playbook

    def colour(self, role: str) -> str:
        return self._colours.get(role, _GREY)

    def title(self, role: str) -> str:
        """As people call it; not escaped."""
        if role == NOBODY:
            return "Nobody"
        if role == OTHERS:
            return "Other roles"
        known = self._playbook.roles.get(role)
        return known.title or role if known is not None else role


def drawn_by(report: Report) -> tuple[Unit, Mapping[datetime, Mapping[str, int]]]:
    """The unit of time of the bars, and their counts: days only as long as they can be told apart."""
    if report.unit != "day" or len(report.over_time) <= _MOST_DAYS:
        return report.unit, report.over_time
    weeks: dict[datetime, Counter[str]] = defaultdict(Counter)
    for day, counts in report.over_time.items():
        weeks[day - timedelta(days=day.weekday())].update(counts)
    return "week", weeks


def over_time(report: Report, palette: Palette) -> go.Figure:
    """Who owned what over time: bars, one on the other."""
    unit, buckets = drawn_by(report)
    starts = list(buckets)
    by_role = {role: [buckets[at].get(role, 0) for at in starts] for role in palette.shown}
    rest = [sum(buckets[at].values()) for at in starts]
    for counts in by_role.values():
        rest = [left - count for left, count in zip(rest, counts, strict=True)]
    if any(rest):
        by_role[OTHERS] = rest
    figure = _figure(330)
    for role, counts in by_role.items():
        figure.add_bar(
            x=[at.isoformat() for at in starts],
            y=counts,
            name=escape(palette.title(role)),
            marker={"color": palette.colour(role), "line": {"width": 0}},
            hovertemplate="%{y:,}",
        )
    figure.update_layout(
        barmode="stack",
        bargap=0.12 if len(starts) < 100 else 0,
        hovermode="x unified",
        legend={"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom"}
        | {"traceorder": "normal", "itemsizing": "constant"},
        margin={"l": 48, "r": 8, "t": 36, "b": 32},
    )
    figure.update_xaxes(type="date", hoverformat=_HOVER[unit], showgrid=False)
    figure.update_yaxes(title={"text": f"events a {unit}", "standoff": 4}, tickformat=",")
    return figure


def week(counts: Sequence[int], weeks: float, hours: Hours | None) -> go.Figure:
    """Cases' events by hour of the week; lines around the hours in which the role works."""
    rows = [[count / weeks for count in counts[day * 24 : day * 24 + 24]] for day in range(7)]
    all_of = [counts[day * 24 : day * 24 + 24] for day in range(7)]
    figure = _figure(250)
    figure.add_heatmap(
        z=rows,
        x=[hour + 0.5 for hour in range(24)],
        y=list(range(7)),
        zmin=0,
        zmax=max(counts) / weeks or 1,
        colorscale=_HEAT,
        xgap=1,
        ygap=1,
        customdata=all_of,
        text=[[f"{name} {hour:02}:00" for hour in range(24)] for name in WEEKDAYS],
        hovertemplate="%{text}: %{z:.1f} a week<br>%{customdata:,} in all<extra></extra>",
        colorbar={
            "thickness": 8,
            "outlinewidth": 0,
            "len": 1,
            "tickfont": {"size": 10},
            "nticks": 5,
        },
    )
    for first, last, since, until in _frames(hours):
        figure.add_shape(
            type="rect",
            x0=since / 60,
            x1=until / 60,
            y0=first - 0.5,
            y1=last + 0.5,
            line={"color": _INK, "width": 1.3},
        )
    figure.update_layout(margin={"l": 36, "r": 4, "t": 4, "b": 24})
    figure.update_xaxes(
        tickvals=list(range(0, 25, 3)),
        ticktext=[f"{hour:02}:00" for hour in range(0, 25, 3)],
        range=[0, 24],
        showgrid=False,
        fixedrange=True,
    )
    figure.update_yaxes(
        tickvals=list(range(7)), ticktext=DAYS, range=[6.5, -0.5], showgrid=False, fixedrange=True
    )
    return figure


def _frames(hours: Hours | None) -> Iterator[tuple[int, int, int, int]]:
    """(first weekday, last weekday, since, until), in minutes; what crosses midnight is cut there."""
    if hours is None:
        return
    days: dict[tuple[int, int], set[int]] = defaultdict(set)
    for day, spans in enumerate(hours.week):
        for span in spans:
            days[span.since, min(span.until, 1440)].add(day)
            if span.until > 1440:
                days[0, span.until - 1440].add((day + 1) % 7)
    for (since, until), open_ in days.items():
        for first in sorted(day for day in open_ if day - 1 not in open_):
            last = first
            while last + 1 in open_:
                last += 1
            yield first, last, since, until


def flow(moves: Moves, palette: Palette, *, stays: bool) -> go.Figure:
    """From the old owner to the new one. With `stays`, what keeps its owner is there in grey."""
    flows = {pair: n for pair, n in moves.owners.items() if stays or pair[0] != pair[1]}
    old = sorted({before for before, _ in flows})
    new = sorted({after for _, after in flows})
    totals = [sum(n for (before, _), n in flows.items() if before == role) for role in old]
    totals += [sum(n for (_, after), n in flows.items() if after == role) for role in new]
    names = [palette.title(role) for role in (*old, *new)]
    figure = _figure(max(260, 70 * max(len(old), len(new))))
    figure.add_sankey(
        arrangement="snap",
        node={
            "label": [f"{escape(name)} {n:,}" for name, n in zip(names, totals, strict=True)],
            "color": [palette.colour(role) for role in (*old, *new)],
            "pad": 26,
            "thickness": 16,
            "line": {"width": 0},
            "hovertemplate": "%{label}<extra></extra>",
        },
        link={
            "source": [old.index(before) for before, _ in flows],
            "target": [len(old) + new.index(after) for _, after in flows],
            "value": list(flows.values()),
            "customdata": [
                f"{escape(palette.title(before))} → {escape(palette.title(after))}"
                for before, after in flows
            ],
            "color": [
                "rgba(163,169,177,0.22)" if before == after else _faint(palette.colour(after))
                for before, after in flows
            ],
            "hovertemplate": "%{customdata}: %{value:,}<extra></extra>",
        },
        valueformat=",",
        textfont={"size": 13, "color": _INK},
    )
    figure.update_layout(margin={"l": 8, "r": 8, "t": 28, "b": 16})
    for x, said, anchor in ((0, "before", "left"), (1, "after", "right")):
        figure.add_annotation(
            x=x, y=1, yshift=20, text=said, showarrow=False, xanchor=anchor, xref="paper",
            yref="paper", font={"size": 12, "color": "#6b7280"},
        )  # fmt: skip
    return figure


def _faint(colour: str) -> str:
    red, green, blue = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    return f"rgba({red},{green},{blue},0.55)"


def _figure(height: int) -> go.Figure:
    font = {"family": "system-ui, sans-serif", "size": 12, "color": _INK}
    axis = {"gridcolor": _LINES, "zeroline": False, "linecolor": _LINES, "automargin": True}
    layout: Mapping[str, Any] = {
        "template": "none",
        "height": height,
        "font": font,
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "xaxis": axis,
        "yaxis": axis,
        "hoverlabel": {"bgcolor": "#ffffff", "bordercolor": "#c9ced6", "font": font},
    }
    return go.Figure(layout=layout)

"""A replay's report as JSON for machines."""

from __future__ import annotations

from datetime import datetime

from remit.check.load import HOURS_OF_WEEK, NOBODY, Report
from remit.cli.unread import Unread
from remit.model import Severity

_QUIET = (0,) * HOURS_OF_WEEK


def as_json(report: Report, unread: Unread) -> dict[str, object]:
    """The document of `--format json`. Who or what is nobody is null."""
    return {
        "brand": report.brand,
        "timezone": report.timezone,
        "events": report.events,
        "cases": report.cases,
        "logged": report.events - report.cases,
        "ours": report.ours,
        "first": _instant(report.first),
        "last": _instant(report.last),
        "unread": {
            "lines": unread.count,
            "first": [{"line": number, "problem": why} for number, why in unread.first],
        },
        "unknown_kinds": dict(report.strange_kinds),
        "roles": [
            {
                "role": _name(load.role),
                "events": load.events,
                "share": round(report.share(load.events), 6),
                "cases": load.cases,
                "logged": load.logged,
                "severity": {str(each): load.severity[each] for each in Severity},
                "outside_hours": load.outside_hours,
                "week": list(report.week.get(load.role, _QUIET)),
                "work_week": list(report.work_week.get(load.role, _QUIET)),
            }
            for load in report.roles
        ],
        "rules": [
            {
                "rule": _name(load.rule),
                "owner": _name(load.owner),
                "severity": None if load.play is None else str(load.severity),
                "play": None if load.play is None else str(load.play),
                "events": load.events,
                "share": round(report.share(load.events), 6),
            }
            for load in report.rules
        ],
        "channels": [
            {
                "channel": load.channel,
                "platform": load.platform,
                "declared": load.declared,
                "events": load.events,
            }
            for load in report.channels
        ],
        "hours": [
            {"hour": hour, "events": sum(by_role.values()), "roles": by_role}
            for hour, by_role in enumerate(by_hour_of_day(report))
        ],
        "over_time": {
            "unit": report.unit,
            "buckets": [
                {"from": _instant(start), "events": sum(counts.values()), "roles": dict(counts)}
                for start, counts in report.over_time.items()
            ],
        },
        "moved": _moved_json(report),
    }


def _moved_json(report: Report) -> dict[str, object] | None:
    moves = report.moves
    if moves is None:
        return None
    return {
        "events": moves.moved,
        "treated_otherwise": moves.treated_otherwise,
        "owners": [
            {
                "old_owner": _name(old),
                "new_owner": _name(new),
                "events": count,
                "example": moves.examples[old, new],
            }
            for (old, new), count in moves.owners.items()
        ],
        "rules": [
            {
                "old_rule": _name(move.old_rule),
                "new_rule": _name(move.new_rule),
                "old_owner": _name(move.from_),
                "new_owner": _name(move.to),
                "events": move.events,
                "example": move.example,
            }
            for move in moves.rules
        ],
    }


def by_hour_of_day(report: Report) -> list[dict[str, int]]:
    """For each of 24 hours, events by role; roles without any are left out."""
    hours: list[dict[str, int]] = [{} for _ in range(24)]
    for role, week in report.week.items():
        for hour in range(24):
            if count := sum(week[hour::24]):
                hours[hour][role] = count
    return hours


def _instant(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat(timespec="minutes")


def _name(name: str) -> str | None:
    return None if name == NOBODY else name

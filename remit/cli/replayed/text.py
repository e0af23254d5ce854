"""A replay's report as text for people."""

from __future__ import annotations

from collections.abc import Sequence

from remit.check.load import Report, RoleLoad
from remit.cli.output import print_table, say
from remit.cli.replayed.document import by_hour_of_day
from remit.cli.unread import printable
from remit.model import Playbook, Severity

_MOST_BUCKETS = 31
_MOST_ROWS = 30
_BAR = 24
_BLOCKS = " ▏▎▍▌▋▊▉█"


def as_text(report: Report, playbook: Playbook) -> None:
    """Print it for people."""
    say(_head(report))
    if not report.events:
        return
    if report.strange_kinds:
        named = ", ".join(f"{printable(k)} ({n:,})" for k, n in report.strange_kinds.items())
        say(f"Kinds that no playbook knows, decided by otherwise: {named}.")
    say()
    print_table(
        [
            "role",
            "events",
            "share",
            "cases",
            "logged",
            *map(str, Severity),
            "cases outside its hours",
        ],
        [_role_row(report, load, playbook) for load in report.roles],
        "Who owns what",
    )
    print_table(
        ["rule", "owner", "severity", "play", "events", "share"],
        [
            (each.rule, each.owner, each.severity, each.play or "", f"{each.events:,}",
             _percent(report.share(each.events)))
            for each in report.rules
        ],
        "By rule, in the order in which they are tried",
    )  # fmt: skip
    print_table(
        ["channel", "platform", "events", "share"],
        [
            (printable(each.channel or "none named") + ("" if each.declared or not each.channel else " (not declared)"),
             printable(each.platform), f"{each.events:,}", _percent(report.share(each.events)))
            for each in report.channels[:_MOST_ROWS]
        ],
        "By channel",
    )  # fmt: skip
    if len(report.channels) > _MOST_ROWS:
        say(f"and {len(report.channels) - _MOST_ROWS} channels more; --format json has them")
    _bars(
        f"By hour of the day, {report.timezone}",
        [f"{hour:02}:00" for hour in range(24)],
        [sum(by_role.values()) for by_role in by_hour_of_day(report)],
    )
    if 1 < len(report.over_time) <= _MOST_BUCKETS:
        shape = "%Y-%m-%d %H:00" if report.unit == "hour" else "%a %Y-%m-%d"
        _bars(
            f"By {report.unit}",
            [f"{start:{shape}}" for start in report.over_time],
            [sum(counts.values()) for counts in report.over_time.values()],
        )
    _moves(report)


def _head(report: Report) -> str:
    if not report.events:
        return "0 events; nothing to say."
    ours = f" The brand wrote {report.ours:,} of them itself." if report.ours else ""
    return (
        f"{report.events:,} event{'s' * (report.events != 1)} from {report.first:%Y-%m-%d %H:00} to {report.last:%Y-%m-%d %H:59}, "
        f"{report.timezone}: {report.cases:,} to work on, "
        f"{report.events - report.cases:,} only logged.{ours}"
    )


def _role_row(report: Report, load: RoleLoad, playbook: Playbook) -> Sequence[object]:
    outside = load.outside_hours
    return (
        role_title(load.role, playbook),
        f"{load.events:,}",
        _percent(report.share(load.events)),
        f"{load.cases:,}",
        f"{load.logged:,}",
        *(f"{load.severity[each]:,}" for each in Severity),
        "" if outside is None else f"{outside:,} ({_percent(outside / (load.cases or 1))})",
    )


def _moves(report: Report) -> None:
    moves = report.moves
    if moves is None:
        return
    if not moves.rules:
        say("Against the old playbook: every event keeps its owner and its treatment.")
        return
    change = "event changes" if moves.moved == 1 else "events change"
    say(
        f"Against the old playbook: {moves.moved:,} {change} owner "
        f"({_percent(report.share(moves.moved))}), "
        f"{moves.treated_otherwise:,} only treatment: severity, deadline, approval and the like."
    )
    print_table(
        ["from", "to", "events", "for example"],
        [
            (old, new, f"{count:,}", printable(moves.examples[old, new] or ""))
            for (old, new), count in moves.owners.items()
            if old != new
        ],
        "From owner to owner",
    )
    print_table(
        ["old rule", "new rule", "from", "to", "events", "for example"],
        [
            (each.old_rule, each.new_rule, each.from_, each.to, f"{each.events:,}",
             printable(each.example or ""))
            for each in moves.rules[:_MOST_ROWS]
        ],
        "From rule to rule",
    )  # fmt: skip
    if len(moves.rules) > _MOST_ROWS:
        say(f"and {len(moves.rules) - _MOST_ROWS} pairs more; --format json has them")


def role_title(role: str, playbook: Playbook) -> str:
    """A role as people call it, with its id."""
    known = playbook.roles.get(role)
    return f"{known.title} ({role})" if known is not None and known.title else role


def _bars(title: str, names: Sequence[str], counts: Sequence[int]) -> None:
    most = max(counts) or 1
    rows = [
        (name, f"{count:,}", _bar(count / most)) for name, count in zip(names, counts, strict=True)
    ]
    print_table(["", "events", ""], rows, title)


def _bar(part: float) -> str:
    whole, eighths = divmod(round(part * _BAR * 8), 8)
    return "█" * whole + _BLOCKS[eighths].strip()


def _percent(share: float) -> str:
    return f"{share:.1%}"

"""What is done about an event, part by part, in words."""

from __future__ import annotations

from collections.abc import Iterator

from remit.cli.charter.speech import Speech, quoted, spaced
from remit.model import Approval, Due, Duration, HoldOrder, Outcome, Playbook, Role, Step, Tier

NONE = "none"
NOBODY = "nobody"
_PLAYS = {
    "reply": "answered in the brand's name",
    "campaign": "planned and published",
    "triage": "looked at by a person",
    "log": "kept, with nothing to do",
}
_LIMITS = {
    "first_response": "First reply",
    "next_response": "Further replies",
    "resolution": "Settled",
}
_ROLES = ("Owner", "Consulted", "Informed")
_ORDER = (
    "Owner",
    "Severity",
    "Play",
    *_LIMITS.values(),
    "Approval",
    "Escalation",
    "Hold",
    "Consulted",
    "Informed",
)


def differing(
    old: Outcome | None, new: Outcome | None, was: Speech, now: Speech
) -> Iterator[tuple[str, str, str]]:
    """(part, as it was, as it is) of what differs."""
    before = {part: (value, said) for part, value, said in parts(old, was)}
    after = {part: (value, said) for part, value, said in parts(new, now)}
    for part in sorted(before.keys() | after.keys(), key=_ORDER.index):
        missing = (None, NOBODY if part in _ROLES else NONE)
        (value, left), (other, right) = before.get(part, missing), after.get(part, missing)
        if value != other:
            alike = left == right  # a role of another name and the same title
            yield (
                part,
                f"{left} ({value})" if alike else left,
                f"{right} ({other})" if alike else right,
            )


def parts(outcome: Outcome | None, speech: Speech) -> Iterator[tuple[str, object, str]]:
    """Each part that an outcome has, its value, and the same in words."""
    if outcome is None:
        return
    yield "Owner", outcome.owner, speech.title(outcome.owner)
    yield "Severity", outcome.severity, str(outcome.severity)
    yield "Play", outcome.play, f"{outcome.play}: {_PLAYS[outcome.play.value]}"
    yield from _due(outcome.due, speech)
    if outcome.approval is not None:
        yield "Approval", outcome.approval, outcome.approval
    if outcome.escalation is not None:
        yield "Escalation", outcome.escalation, outcome.escalation
    if outcome.hold is not None:
        yield "Hold", outcome.hold, _hold(outcome.hold, speech)
    for part, roles in (("Consulted", outcome.consulted), ("Informed", outcome.informed)):
        if roles:
            yield part, roles, speech.both(map(speech.title, roles), limit=20)


def defined(value: Approval | tuple[Step, ...] | Role, book: Playbook, speech: Speech) -> str:
    """What a name stands for."""
    if isinstance(value, Role):
        return _hours(value, speech)
    if isinstance(value, Approval):
        return _approval(value, speech)
    return "; ".join(_rung(step, book, speech) for step in value)


def _due(due: Due | None, speech: Speech) -> Iterator[tuple[str, object, str]]:
    for name, part in _LIMITS.items():
        length: Duration | None = getattr(due, name, None)
        if due is not None and length is not None:
            if due.clock == "calendar":
                said = f"within {speech.length(length)}, nights and holidays included"
            else:
                said = f"within {speech.length(length, working=True)}"
            yield part, (length, due.clock), said


def _hold(hold: HoldOrder, speech: Speech) -> str:
    topics = speech.either(quoted(spaced(topic)) for topic in hold.topics)
    starts = "at once" if hold.starts == "at_once" else "once somebody has taken the case"
    return "".join(
        (
            f"posts of {speech.title(hold.posts_of)}",
            f" about {topics}" if topics else "",
            f" wait, {starts}",
            f", {speech.length(hold.at_most)} at most" if hold.at_most else "",
        )
    )


def _approval(approval: Approval, speech: Speech) -> str:
    said = [
        ", then ".join(_tier(tier, speech, many=bool(approval.tiers)) for tier in approval.asked)
    ]
    said += [f"lapses after {speech.length(approval.expires)}"] if approval.expires else []
    said += ["not whoever wrote it"] if approval.not_writer else []
    said += ["proved with a personal code"] if approval.identity == "verified" else []
    return ", ".join(said)


def _tier(tier: Tier, speech: Speech, *, many: bool) -> str:
    roles = speech.either(map(speech.title, tier.by), limit=20)
    besides = " but whoever wrote it" if many and tier.not_writer else ""
    return f"{speech.number(tier.count)} of {roles}{besides}"


def _rung(step: Step, book: Playbook, speech: Speech) -> str:
    names = {"owner": "the owner", "backup": "the owner's backup"}
    if step.notify in book.roles:
        who = speech.title(step.notify)
    elif step.notify in book.people:
        who = book.people[step.notify].name
    else:
        who = names.get(step.notify, step.notify)
    return f"{who} after {speech.length(step.after)}" if step.after.calendar else f"{who} at once"


def _hours(role: Role, speech: Speech) -> str:
    said = speech.hours(role).rstrip(".")
    if role.hours is None or not any(role.hours.week) or role.holidays is None:
        return said
    joint = " and joint leave" if role.holidays.joint_leave else ""
    return f"{said}, off on public holidays{joint} of {role.holidays.country}"

"""Which answers may go out without a person having seen them: those of a template, and few a day."""

from __future__ import annotations

from remit.model import Case, Draft, Play, Playbook, Severity

LIMIT = "autopilot_limit"
"""The day's answers are used up. Everything else is a case for people from the start."""


def may_go_unseen(
    case: Case,
    draft: Draft | None,
    playbook: Playbook,
    *,
    today: int,
    before: int = 0,
    stopped: str | None = None,
) -> tuple[str, str] | None:
    """None: it may. Else (code, message), and a person decides.

    `playbook` is the deployed one. `today`: how many of the case's rule went out unseen on this day
    of the brand. `before`: how often somebody decided on the case, or it went unseen, already.
    """
    return (
        _of_people(case, playbook, before)
        or _not_as_drafted(case, draft, playbook)
        or _not_now(case, playbook, today, stopped)
    )


def _of_people(case: Case, playbook: Playbook, before: int) -> tuple[str, str] | None:
    approval = playbook.approvals.get(case.approval or "")
    if case.rule not in playbook.autopilot or case.play is not Play.reply:
        return "not_autopilot", f"The playbook sends no answers of {case.rule} unseen."
    if case.severity.rank >= Severity.high.rank:
        return "too_loud", f"A case of severity {case.severity} is answered by a person."
    if approval is None or approval.identity == "verified":
        return "asks_for_a_code", f"The approval {case.approval!r} is a person's, with a code."
    taken = (
        case.acknowledged_at,
        case.assignee,
        case.claimed_until,
        case.waiting_since,
        case.handoff_to,
        case.incident,
    )
    if any(each is not None for each in taken):
        return "taken", "Somebody has this case, or it is part of an incident."
    if before or case.responded_at is not None or case.reopened_at is not None:
        return "goes_on", "This case goes on; what is unseen only begins a conversation."
    return None


def _not_as_drafted(case: Case, draft: Draft | None, playbook: Playbook) -> tuple[str, str] | None:
    if draft is None or draft.template is None or draft.writer is not None:
        return "no_template", "The text is not a template's as it was made."
    if not draft.text.strip():
        return "empty_text", "There is no text to send."
    if case.playbook != playbook.hash or draft.template not in playbook.templates:
        return "playbook_changed", "It was drafted under a playbook that is not in force any more."
    # What the author adds later asks for somebody who reads it.
    if draft.thread_revision != case.thread_revision or case.thread_revision > 0:
        return "thread_moved", "The conversation went on."
    return None


def _not_now(
    case: Case, playbook: Playbook, today: int, stopped: str | None
) -> tuple[str, str] | None:
    channel = playbook.channels.get(case.channel or "")
    if channel is None or channel.mode != "live":
        return "watch", "The channel is not one that Remit sends on."
    if stopped is not None:
        return "stopped", "The brand is stopped."
    if today >= playbook.autopilot[case.rule]:
        return LIMIT, f"All {playbook.autopilot[case.rule]} of today went out already."
    return None

"""Whether a publication may leave: the question of the one commit before its first byte."""

from __future__ import annotations

from collections.abc import Sequence

from remit.model import PublicationState

FRESH_SECONDS = 10.0
"""How old a reading of the thread may be."""


def may_send(
    *,
    state: PublicationState,
    approved_hash: str | None,
    sent_hash: str,
    approvals: int,
    needed: int,
    lease_ok: bool,
    mode: str,
    stopped: str | None = None,
    holds: Sequence[str] = (),
    case_revision: int | None = None,
    thread_revision: int | None = None,
    thread_age: float | None = None,
    resending: bool = False,
) -> tuple[str, str] | None:
    """None: it may. Else (code, message), and nothing is sent.

    `approved_hash`: of the draft or slot as it stands, None if voided; `sent_hash`: of what is about
    to leave. `case_revision` is None for a post, else the thread's as the ledger has it;
    `thread_revision` and `thread_age` (seconds) are what the run has read. `holds`: those that stop
    it. `resending`: the platform has promised, or shown, that sending again cannot double it.
    """
    refusal = _unsendable(state, resending=resending)
    if refusal is None and not lease_ok:
        refusal = "lease_lost", "This run was taken for dead and another has the case. End it."
    if refusal is None:
        # Nothing leaves on no approval at all; sending again rests on those of the first time.
        wanted = 0 if resending else max(1, needed)
        refusal = _unapproved(approved_hash, sent_hash, approvals, wanted)
    if refusal is None and not resending and case_revision is not None:
        refusal = _thread(case_revision, thread_revision, thread_age)
    return refusal or _forbidden(stopped, mode, holds)


def _unsendable(state: PublicationState, *, resending: bool) -> tuple[str, str] | None:
    if state is (PublicationState.sending if resending else PublicationState.prepared):
        return None
    if state is PublicationState.voided:
        return "draft_changed", "This was withdrawn. Write and approve a new draft."
    return "already", f"This is {state.value} already. It is not sent a second time."


def _unapproved(
    approved: str | None, sent: str, approvals: int, needed: int
) -> tuple[str, str] | None:
    if approved is None or approved != sent:
        return "draft_changed", "What would leave is not what stands approved. Ask for approval."
    if approvals < needed:
        return "not_approved", f"{approvals} of {needed} approvals count. Ask for the rest."
    return None


def _forbidden(stopped: str | None, mode: str, holds: Sequence[str]) -> tuple[str, str] | None:
    if stopped is not None:
        return "stopped", "The brand is stopped. Lift the stop before anything is sent."
    if mode != "live":
        return "watch", f"The channel's mode is {mode}. Set `mode: live` to send."
    if holds:
        return "held", f"Posts are held ({', '.join(holds)}). Give the slot back to its owner."
    return None


def _thread(known: int, read: int | None, age: float | None) -> tuple[str, str] | None:
    if read is None or age is None:
        return "thread_stale", "The thread was not read. Read it and decide again."
    if read != known:
        return "thread_moved", "The conversation went on. Write a draft that answers it as it is."
    # An age below zero is a clock that was set back: as bad as an old reading when it is large.
    if abs(age) > FRESH_SECONDS:
        return "thread_stale", f"The thread was read {age:.0f} s ago. Read it again."
    return None

"""Who has a case for themselves, for how long, and whom that keeps from deciding."""

from __future__ import annotations

from datetime import datetime

from remit.decide import clock
from remit.decide.tally import people_of
from remit.model import Case, Playbook


def claimant(case: Case, playbook: Playbook, now: datetime) -> str | None:
    """Who has the case for themselves, while the claim stands and the playbook lets them claim it."""
    until, person = case.claimed_until, case.assignee
    stands = person is not None and until is not None and now < until
    return person if stands and person in may_claim(case, playbook) else None


def may_claim(case: Case, playbook: Playbook) -> tuple[str, ...]:
    """The people of the owner, of who approves, and of the owner's backup, in that order."""
    owner = playbook.roles.get(case.owner)
    approval = playbook.approvals.get(case.approval or "")
    roles = [
        case.owner,
        *(() if approval is None else approval.by),
        *((owner.backup,) if owner is not None and owner.backup else ()),
    ]
    return tuple(dict.fromkeys(people_of(playbook, roles)))


def kept_out(case: Case, person: str | None, playbook: Playbook, now: datetime) -> str | None:
    """Why this person may not decide now: somebody else has claimed the case.

    Nobody keeps from others what they may not do themselves: a claim of somebody who may not
    approve leaves those who may free to.
    """
    holder = claimant(case, playbook, now)
    if holder is None or holder == person:
        return None
    approval = playbook.approvals.get(case.approval or "")
    approving = () if approval is None else people_of(playbook, approval.by)
    if holder not in approving and person in approving:
        return None
    return claimed_text(case, playbook)


def claimed_text(case: Case, playbook: Playbook) -> str:
    """Who has it and until when, for a person."""
    assert case.claimed_until is not None
    assert case.assignee is not None
    known = playbook.people.get(case.assignee)
    until = clock.local(case.claimed_until, playbook.timezone)
    return (
        f"{case.assignee if known is None else known.name} has claimed case {case.id} until "
        f"{until:%Y-%m-%d %H:%M}, and nothing was changed. Ask for it, or wait until then."
    )

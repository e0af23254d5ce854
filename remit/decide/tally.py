"""Who may say yes, whose yes counts, and how many more are needed."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from remit.model import Approval, Frozen, Playbook, Tier, Vote


class Tally(Frozen):
    """How far an approval has come."""

    counted: tuple[str, ...] = ()
    """Whose yes counts, each once, in the order given."""
    tier: Tier | None = None
    """Who is asked now; None where nobody is: all have said yes, or there is no such approval."""
    missing: int = 1
    """How many more people must say yes, those of later tiers included."""


def tally(
    playbook: Playbook,
    approval_id: str | None,
    votes: Sequence[Vote],
    writers: Collection[str | None] = (),
) -> Tally:
    """Count the votes in the order in which they were given.

    A yes counts in the tier that was asked when it was given. Nobody counts twice, so two tiers
    are two people even where one person has the roles of both.
    """
    approval = playbook.approvals.get(approval_id or "")
    if approval is None:
        return Tally()
    counted: list[str] = []
    for vote in votes:
        tier = _asked(approval, len(counted))
        if tier is None:
            break
        person = vote.person
        if person is None or person in counted:
            continue
        if approval.identity == "verified" and not vote.verified:
            continue
        if tier.not_writer and person in writers:
            continue
        if person in people_of(playbook, tier.by):
            counted.append(person)
    wanted = sum(tier.count for tier in approval.asked)
    return Tally(
        counted=tuple(counted),
        tier=_asked(approval, len(counted)),
        missing=wanted - len(counted),
    )


def eligible(
    playbook: Playbook,
    approval_id: str | None,
    writer: str | None,
    *,
    votes: Sequence[Vote] = (),
    away: Collection[str] = (),
) -> tuple[str, ...]:
    """The people whose yes would count now under that approval, in the order of the playbook.

    `votes`: those given already. `away`: who is on leave, and may not say yes meanwhile.
    """
    so_far = tally(playbook, approval_id, votes, (writer,))
    if so_far.tier is None:
        return ()
    people = dict.fromkeys(people_of(playbook, so_far.tier.by))
    writes = {writer} if so_far.tier.not_writer else set()
    return tuple(person for person in people if person not in {*writes, *so_far.counted, *away})


def people_of(playbook: Playbook, roles: Sequence[str]) -> list[str]:
    """The people of these roles, as often as they have one of them."""
    known = [playbook.roles[name] for name in roles if name in playbook.roles]
    return [person for role in known for person in role.people]


def _asked(approval: Approval, counted: int) -> Tier | None:
    """The tier that is asked once so many yes were counted."""
    for tier in approval.asked:
        if counted < tier.count:
            return tier
        counted -= tier.count
    return None

"""Who may say that a hold stays, and who may end it."""

from __future__ import annotations

from remit.model import Playbook


def may_confirm(
    playbook: Playbook, *, held: str, owner: str, approval: str | None
) -> tuple[str, ...]:
    """Either side: whoever waits may agree to wait."""
    return _people(playbook, (owner, *_approving(playbook, approval), held))


def may_drop(playbook: Playbook, *, held: str, owner: str, approval: str | None) -> tuple[str, ...]:
    """Whose case it is, and who approves its words, but nobody of whose own posts wait."""
    own = _people(playbook, (owner,))
    waiting = set(_people(playbook, (held,))).difference(own)
    people = _people(playbook, (owner, *_approving(playbook, approval)))
    return tuple(person for person in people if person not in waiting)


def _approving(playbook: Playbook, approval: str | None) -> tuple[str, ...]:
    known = playbook.approvals.get(approval or "")
    return () if known is None else known.by


def _people(playbook: Playbook, roles: tuple[str, ...]) -> tuple[str, ...]:
    known = [playbook.roles[name] for name in roles if name in playbook.roles]
    return tuple(dict.fromkeys(person for role in known for person in role.people))

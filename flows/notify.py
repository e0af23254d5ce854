"""Telling people, through Apprise. The addresses are secrets and never leave this module."""

from __future__ import annotations

import apprise

from integrations.secrets import read_secret
from remit.model import CredentialsError, Playbook

DELIVERED, NO_ADDRESS, FAILED = "delivered", "no_address", "failed"


async def tell(playbook: Playbook, person: str, title: str, body: str) -> str:
    """Notify one person; the coded result. Title and body hold no text or handle of a stranger."""
    reference = playbook.notify.get(person)
    if reference is None:
        return NO_ADDRESS
    try:
        address = read_secret(reference)
    except CredentialsError:
        return NO_ADDRESS
    channel = apprise.Apprise()
    if not channel.add(address.get_secret_value()):
        return FAILED
    delivered = await channel.async_notify(title=title, body=body)
    return DELIVERED if delivered else FAILED


def people_for(playbook: Playbook, owner: str, notify: str) -> tuple[tuple[str, str | None], ...]:
    """(person, role) for a rung's `notify`: a role, a person, `owner` or `backup`."""
    role = owner if notify == "owner" else notify
    if notify == "backup":
        role = playbook.roles[owner].backup or owner
    if role in playbook.roles:
        return tuple((person, role) for person in playbook.roles[role].people)
    if role in playbook.people:
        return ((role, None),)
    return ()

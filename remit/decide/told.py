"""What of a long conversation belongs to a case: what its author and we wrote, and what that answers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from remit.model import Message

SHORT = 12
"""So many messages are read as they are, bystanders' included."""


class Told(NamedTuple):
    """The part to be read, in its order, and how many messages of others are left out."""

    messages: tuple[Message, ...]
    others: int = 0


def told(messages: Sequence[Message], subject: str) -> Told:
    """The conversation around one message. Under a post that hundreds answer, it is its author's own."""
    by_id = {message.id: message for message in messages}
    asked = by_id.get(subject)
    if len(messages) <= SHORT or asked is None:
        return Told(tuple(messages))
    author = asked.author_id
    kept = {subject}
    kept |= {each.id for each in messages if author and each.author_id == author and not each.ours}
    kept |= {each.id for each in messages if each.ours and each.parent in kept}
    for number in list(kept):
        parent = by_id[number].parent
        while parent in by_id and parent not in kept:
            kept.add(parent)
            parent = by_id[parent].parent
    chosen = tuple(message for message in messages if message.id in kept)
    return Told(chosen, len(messages) - len(chosen))

"""Where listening stands, as JSON.

The network orders notifications by the earlier of two clocks, its own and the writer's, and indexes
them late. So each look goes back over what was seen, and the cursor remembers what that was.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from hashlib import blake2b

from pydantic import AwareDatetime, Field, ValidationError

from remit.model import Frozen

OVERLAP = timedelta(minutes=10)
DEEP_OVERLAP = timedelta(hours=48)
DEEP_EVERY = timedelta(minutes=15)
MARKS = 1024
"""What is forgotten is delivered again, and recognised by its id and revision."""
OWN = 100


class Backlog(Frozen):
    """More than one look could bring: where the next goes on."""

    page: str
    until: AwareDatetime
    pages: int


class Cursor(Frozen):
    v: int = 1
    started: AwareDatetime
    """What happened before is none of ours."""
    floor: AwareDatetime
    """How far back a late notification is told from an old one: all of `seen` is newer."""
    at: AwareDatetime
    """The newest notification delivered."""
    deep_at: AwareDatetime
    """When we last looked far back."""
    seen: tuple[str, ...] = ()
    """Marks of notifications delivered, oldest first."""
    own: Mapping[str, str] = Field(default_factory=dict)
    """Our newest posts: rkey to the root of the thread, empty where it is the root itself."""
    backlog: Backlog | None = None

    @classmethod
    def start(cls, since: datetime, now: datetime) -> Cursor:
        return cls(started=since, floor=since, at=since, deep_at=now)

    @classmethod
    def read(cls, text: str, now: datetime) -> Cursor:
        """A cursor that cannot be read looks far back: what is known already will be recognised."""
        try:
            cursor = cls.model_validate_json(text)
        except ValidationError:
            cursor = None
        if cursor is None or cursor.v != 1:
            return cls.start(now - DEEP_OVERLAP, now)
        return cursor

    def write(self) -> str:
        return self.model_dump_json(exclude_none=True)

    def is_deep(self, now: datetime) -> bool:
        """Whether this look goes far back."""
        return self.backlog is None and now - self.deep_at >= DEEP_EVERY

    def since(self, *, deep: bool) -> datetime:
        """How far back the next look goes."""
        return max(self.floor, self.at - (DEEP_OVERLAP if deep else OVERLAP))


def mark(uri: str, cid: str) -> str:
    """What stands for a record in the cursor: 64 bits, so that no two meet by chance."""
    return blake2b(f"{uri} {cid}".encode(), digest_size=8).hexdigest()


def remember(cursor: Cursor, marks: Sequence[str]) -> Cursor:
    """With these marks, oldest first. Where some must go, what is older than the start stays untold."""
    # A backlog is read from its newer end: what it brings now is older than what it brought before.
    seen = [*marks, *cursor.seen] if cursor.backlog else [*cursor.seen, *marks]
    floor = cursor.floor if len(seen) <= MARKS else max(cursor.floor, cursor.started)
    return cursor.model_copy(update={"seen": tuple(seen[-MARKS:]), "floor": floor})


def newest_own(own: Mapping[str, str]) -> dict[str, str]:
    return {rkey: own[rkey] for rkey in sorted(own)[-OWN:]}

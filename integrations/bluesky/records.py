"""Reading what the network hands out. Everything in it was written by strangers."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

POST = "app.bsky.feed.post"
WEB = "https://bsky.app"

Json = Mapping[str, object]

_URI = re.compile(r"at://(did:[a-z]+:[A-Za-z0-9._:%-]+)/([a-zA-Z0-9.-]+)/([A-Za-z0-9._:~-]{1,512})")
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?=$|-)")


@dataclass(frozen=True)
class Uri:
    """`at://repo/collection/rkey`, with the repo as a DID."""

    repo: str
    collection: str
    rkey: str

    @classmethod
    def parse(cls, text: str) -> Uri | None:
        match = _URI.fullmatch(text)
        return cls(*match.groups()) if match else None

    def __str__(self) -> str:
        return f"at://{self.repo}/{self.collection}/{self.rkey}"


@dataclass(frozen=True)
class Writer:
    """Whose record it is."""

    did: str
    handle: str
    verified: bool | None = None


@dataclass(frozen=True)
class Post:
    """A post as the AppView or the PDS shows it."""

    uri: str
    cid: str
    writer: Writer
    text: str
    time: datetime
    language: str | None
    parent: str | None
    root: str
    """Its own address if it answers nothing."""

    @property
    def answers(self) -> bool:
        return self.parent is not None

    @property
    def rkey(self) -> str:
        return self.uri.rpartition("/")[2]


def as_map(value: object) -> Json:
    """The object, or an empty one where something else stands."""
    return value if isinstance(value, Mapping) else {}


def as_list(value: object) -> Sequence[object]:
    return value if isinstance(value, list) else []


def as_text(value: object) -> str | None:
    """Text that every database takes: no NUL and no half of a surrogate pair."""
    if not isinstance(value, str):
        return None
    whole = value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return whole.replace("\x00", "")


def as_time(value: object) -> datetime | None:
    """A time with its zone. Old records have none; they are UTC."""
    if not isinstance(value, str):
        return None
    try:
        time = datetime.fromisoformat(value)
        return (time if time.tzinfo else time.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def as_count(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def stamp(time: datetime) -> str:
    """The protocol's way to write a time."""
    return time.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def read_writer(view: object) -> Writer | None:
    """From any profile view."""
    profile = as_map(view)
    did = as_text(profile.get("did"))
    if not did:
        return None
    verified = as_text(as_map(profile.get("verification")).get("verifiedStatus"))
    return Writer(
        did=did,
        handle=as_text(profile.get("handle")) or "handle.invalid",
        verified=None if verified is None else verified == "valid",
    )


def read_post(
    uri: object, cid: object, writer: Writer | None, record: object, seen: object
) -> Post | None:
    """A post, or None for what is none. `seen` is when the network saw it, if it says so."""
    value, address = as_map(record), as_text(uri)
    indexed, created = as_time(seen), as_time(value.get("createdAt"))
    times = [time for time in (indexed, created) if time is not None]
    where = Uri.parse(address or "")
    if writer is None or where is None or where.collection != POST or not times:
        return None
    reply = as_map(value.get("reply"))
    parent = as_text(as_map(reply.get("parent")).get("uri"))
    root = as_text(as_map(reply.get("root")).get("uri"))
    return Post(
        uri=str(where),
        cid=as_text(cid) or "1",
        writer=writer,
        text=as_text(value.get("text")) or "",
        # The network's own order: a clock that runs ahead does not move a post into the future.
        time=min(times),
        language=read_language(value.get("langs")),
        parent=parent or None,
        root=(root or parent or str(where)) if parent else str(where),
    )


def read_view(view: object) -> Post | None:
    """From a `postView`."""
    post = as_map(view)
    return read_post(
        post.get("uri"),
        post.get("cid"),
        read_writer(post.get("author")),
        post.get("record"),
        post.get("indexedAt"),
    )


def read_language(langs: object) -> str | None:
    """The first language that the post claims, without its region."""
    first = next(iter(as_list(langs)), None)
    match = _LANGUAGE.match(first) if isinstance(first, str) else None
    return match.group().lower() if match else None


def web_page(writer: Writer, rkey: str | None = None) -> str:
    """Where a person reads it; a handle that does not resolve is replaced by the DID."""
    who = writer.did if writer.handle == "handle.invalid" else writer.handle
    return f"{WEB}/profile/{who}" + (f"/post/{rkey}" if rkey else "")

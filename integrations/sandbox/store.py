"""What the sandbox knows: one SQLite file. Every change is committed before it is answered."""

from __future__ import annotations

import re
import secrets
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from integrations.graphemes import graphemes

SCHEMA = """
CREATE TABLE IF NOT EXISTS accounts (
  handle TEXT PRIMARY KEY, id TEXT NOT NULL UNIQUE, name TEXT NOT NULL,
  followers INTEGER NOT NULL DEFAULT 0, verified INTEGER NOT NULL DEFAULT 0,
  brand INTEGER NOT NULL DEFAULT 0) STRICT;
CREATE TABLE IF NOT EXISTS posts (
  id TEXT PRIMARY KEY, handle TEXT NOT NULL REFERENCES accounts, text TEXT NOT NULL,
  root TEXT NOT NULL, parent TEXT, language TEXT, key TEXT, body TEXT,
  revision INTEGER NOT NULL, deleted INTEGER NOT NULL DEFAULT 0,
  at INTEGER NOT NULL, visible_at INTEGER NOT NULL) STRICT;
CREATE INDEX IF NOT EXISTS posts_by_key ON posts (handle, key);
CREATE INDEX IF NOT EXISTS posts_by_root ON posts (root, at);
CREATE INDEX IF NOT EXISTS posts_by_parent ON posts (parent);
CREATE TABLE IF NOT EXISTS revisions (
  post TEXT NOT NULL REFERENCES posts, revision INTEGER NOT NULL, text TEXT NOT NULL,
  PRIMARY KEY (post, revision)) STRICT;
CREATE TABLE IF NOT EXISTS blobs (id TEXT PRIMARY KEY, mime TEXT NOT NULL, data BLOB NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS images (
  post TEXT NOT NULL REFERENCES posts, position INTEGER NOT NULL, blob TEXT NOT NULL REFERENCES blobs,
  alt TEXT NOT NULL, PRIMARY KEY (post, position)) STRICT;
CREATE TABLE IF NOT EXISTS reactions (
  id TEXT PRIMARY KEY, kind TEXT NOT NULL, handle TEXT NOT NULL REFERENCES accounts,
  subject TEXT NOT NULL, at INTEGER NOT NULL, UNIQUE (kind, handle, subject)) STRICT;
CREATE INDEX IF NOT EXISTS reactions_by_subject ON reactions (subject, kind);
CREATE TABLE IF NOT EXISTS notices (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, brand TEXT NOT NULL, kind TEXT NOT NULL,
  handle TEXT NOT NULL, post TEXT, reaction TEXT, revision INTEGER NOT NULL DEFAULT 1,
  deleted INTEGER NOT NULL DEFAULT 0, at INTEGER NOT NULL, visible_at INTEGER NOT NULL) STRICT;
CREATE INDEX IF NOT EXISTS notices_by_brand ON notices (brand, visible_at, seq);
CREATE INDEX IF NOT EXISTS notices_by_post ON notices (post, brand);
CREATE TABLE IF NOT EXISTS faults (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
"""
GRAPHEMES, IMAGES, IMAGE_BYTES, ALT_GRAPHEMES = 300, 4, 1_000_000, 2000
HANDLE = re.compile(r"[a-z0-9](?:[a-z0-9._-]{0,48}[a-z0-9])?")
_MENTION = re.compile(r"(?<![\w@])@([A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)")


class Rejected(Exception):
    """The sandbox says no, with the HTTP status and a coded reason."""

    def __init__(
        self, status: int, code: str, message: str, *, retry_after: float | None = None
    ) -> None:
        self.status, self.code, self.message = status, code, message
        self.retry_after = retry_after
        super().__init__(message)


@dataclass(frozen=True)
class Writing:
    """What somebody wants to say."""

    handle: str
    text: str
    parent: str | None = None
    language: str | None = None
    images: Sequence[tuple[str, str]] = ()
    """(blob, alt text)."""
    key: str | None = None
    body: str | None = None
    """Hash of the request: one key is good for one content."""
    hidden_for: float = 0.0
    """Seconds."""


def microseconds() -> int:
    return int(datetime.now(UTC).timestamp() * 1_000_000)


class Store:
    """The accounts, posts, reactions and notices, and the transactions that change them."""

    def __init__(self, path: Path | str, clock: Callable[[], int] = microseconds) -> None:
        if str(path) != ":memory:":
            Path(path).parent.mkdir(parents=True, exist_ok=True)
        self.db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self.db.row_factory = sqlite3.Row
        self.db.execute("PRAGMA journal_mode=WAL")
        self.db.execute("PRAGMA synchronous=NORMAL")
        self.db.execute("PRAGMA busy_timeout=5000")
        self.db.executescript(SCHEMA)
        self._clock = clock
        self._last = int(self.db.execute("SELECT coalesce(max(at), 0) FROM notices").fetchone()[0])

    def close(self) -> None:
        self.db.close()

    def now(self) -> int:
        """The time, which here never runs backwards: cursors rely on it."""
        self._last = max(self._last + 1, self._clock())
        return self._last

    @contextmanager
    def change(self) -> Iterator[sqlite3.Connection]:
        """One transaction."""
        self.db.execute("BEGIN IMMEDIATE")
        try:
            yield self.db
        except BaseException:
            self.db.execute("ROLLBACK")
            raise
        self.db.execute("COMMIT")

    def put_account(
        self,
        handle: str,
        name: str | None = None,
        *,
        followers: int | None = None,
        verified: bool | None = None,
        brand: bool = False,
    ) -> str:
        """Makes the account or changes what is given. Returns its handle."""
        handle = handle.lstrip("@").casefold()
        if not HANDLE.fullmatch(handle):
            raise Rejected(422, "bad_handle", "a handle is 1 to 50 of a-z 0-9 . _ -")
        with self.change() as db:
            old = db.execute("SELECT * FROM accounts WHERE handle = ?", (handle,)).fetchone()
            if old is None:
                db.execute(
                    "INSERT INTO accounts (handle, id, name, brand) VALUES (?, ?, ?, ?)",
                    (handle, new_id("a"), name or handle, brand),
                )
            elif brand != bool(old["brand"]):
                if not brand:
                    raise Rejected(403, "taken", f"@{handle} belongs to a brand: take another name")
                db.execute("UPDATE accounts SET brand = 1 WHERE handle = ?", (handle,))
            for column, value in (("name", name), ("followers", followers), ("verified", verified)):
                if value is not None:
                    db.execute(
                        f"UPDATE accounts SET {column} = ? WHERE handle = ?",  # noqa: S608 - the three names above
                        (value, handle),
                    )
        return handle

    def write(self, writing: Writing) -> tuple[str, bool]:
        """Accepts a post or reply. Returns its id, and whether it is new."""
        self._check(writing)
        with self.change() as db:
            if writing.key is not None:
                old = db.execute(
                    "SELECT id, body FROM posts WHERE handle = ? AND key = ? ORDER BY at",
                    (writing.handle, writing.key),
                ).fetchone()
                if old is not None:
                    if old["body"] != writing.body:
                        raise Rejected(422, "key_reused", "this key was used for other content")
                    return str(old["id"]), False
            return self._insert(db, writing), True

    def write_again(self, writing: Writing) -> str:
        """As `write` on a platform that ignores keys."""
        self._check(writing)
        with self.change() as db:
            return self._insert(db, writing)

    def edit(self, post: str, handle: str, text: str, hidden_for: float = 0.0) -> None:
        self._check(Writing(handle, text))
        with self.change() as db:
            row = self._own(db, post, handle)
            if row["text"] == text:
                return
            db.execute(
                "UPDATE posts SET text = ?, revision = revision + 1 WHERE id = ?", (text, post)
            )
            db.execute(
                "INSERT INTO revisions VALUES (?, ?, ?)", (post, int(row["revision"]) + 1, text)
            )
            self._notify(db, post, hidden_for)

    def delete(self, post: str, handle: str, hidden_for: float = 0.0) -> None:
        with self.change() as db:
            row = self._own(db, post, handle)
            db.execute(
                "UPDATE posts SET text = '', deleted = 1, revision = revision + 1 WHERE id = ?",
                (post,),
            )
            db.execute("INSERT INTO revisions VALUES (?, ?, '')", (post, int(row["revision"]) + 1))
            db.execute("DELETE FROM images WHERE post = ?", (post,))
            self._notify(db, post, hidden_for)

    def react(self, kind: str, handle: str, subject: str) -> str:
        """A like or repost of a post, or a follow of a brand's account. Twice is once."""
        with self.change() as db:
            old = db.execute(
                "SELECT id FROM reactions WHERE kind = ? AND handle = ? AND subject = ?",
                (kind, handle, subject),
            ).fetchone()
            if old is not None:
                return str(old["id"])
            if kind == "follow":
                brand, post = subject, None
                db.execute(
                    "UPDATE accounts SET followers = followers + 1 WHERE handle = ?", (subject,)
                )
            else:
                row = live(db, subject)
                brand, post = str(row["handle"]), subject
            reaction, at = new_id("r"), self.now()
            db.execute(
                "INSERT INTO reactions VALUES (?, ?, ?, ?, ?)",
                (reaction, kind, handle, subject, at),
            )
            if brand in self._brands(db) and brand != handle:
                db.execute(
                    "INSERT INTO notices (brand, kind, handle, post, reaction, at, visible_at)"
                    " VALUES (?, ?, ?, ?, ?, ?, ?)",
                    (brand, kind, handle, post, reaction, at, at),
                )
            return reaction

    def put_blob(self, blob: str, mime: str, data: bytes) -> None:
        with self.change() as db:
            db.execute("INSERT OR IGNORE INTO blobs VALUES (?, ?, ?)", (blob, mime, data))

    def reset(self) -> None:
        """Everything goes, the switches too."""
        with self.change() as db:
            for table in ("notices", "reactions", "images", "blobs", "revisions", "posts"):
                db.execute(f"DELETE FROM {table}")  # noqa: S608 - the names above
            db.execute("DELETE FROM accounts")
            db.execute("DELETE FROM faults")

    def _check(self, writing: Writing) -> None:
        if not writing.text.strip() and not writing.images:
            raise Rejected(422, "empty", "there is no text")
        length = graphemes(writing.text)
        if length > GRAPHEMES:
            raise Rejected(422, "too_long", f"{length} characters; at most {GRAPHEMES} are taken")
        if len(writing.images) > IMAGES:
            raise Rejected(422, "too_many_images", f"at most {IMAGES} images are taken")

    def _insert(self, db: sqlite3.Connection, writing: Writing) -> str:
        post, at = new_id("p"), self.now()
        root = post if writing.parent is None else str(live(db, writing.parent)["root"])
        db.execute(
            "INSERT INTO posts (id, handle, text, root, parent, language, key, body, revision,"
            " at, visible_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, 1, ?, ?)",
            (
                post,
                writing.handle,
                writing.text,
                root,
                writing.parent,
                writing.language,
                writing.key,
                writing.body,
                at,
                at + int(writing.hidden_for * 1_000_000),
            ),
        )
        db.execute("INSERT INTO revisions VALUES (?, 1, ?)", (post, writing.text))
        for position, (blob, alt) in enumerate(writing.images):
            if db.execute("SELECT 1 FROM blobs WHERE id = ?", (blob,)).fetchone() is None:
                raise Rejected(422, "no_such_blob", "upload the image before the post")
            db.execute("INSERT INTO images VALUES (?, ?, ?, ?)", (post, position, blob, alt))
        self._notify(db, post, writing.hidden_for)
        return post

    def _own(self, db: sqlite3.Connection, post: str, handle: str) -> sqlite3.Row:
        row = live(db, post)
        if row["handle"] != handle:
            raise Rejected(403, "not_yours", "only who wrote it may change it")
        return row

    def _notify(self, db: sqlite3.Connection, post: str, hidden_for: float) -> None:
        row = db.execute("SELECT * FROM posts WHERE id = ?", (post,)).fetchone()
        at = self.now()
        for brand in self._brands(db):
            known = db.execute(
                "SELECT kind FROM notices WHERE brand = ? AND post = ? AND reaction IS NULL",
                (brand, post),
            ).fetchone()
            # A deleted text mentions nobody any more; whoever heard of it hears of its end.
            kind = known["kind"] if known else concerns(db, brand, row)
            if kind is None:
                continue
            db.execute(
                "INSERT INTO notices (brand, kind, handle, post, revision, deleted, at, visible_at)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    brand,
                    kind,
                    row["handle"],
                    post,
                    row["revision"],
                    row["deleted"],
                    at,
                    at + int(hidden_for * 1_000_000),
                ),
            )

    def _brands(self, db: sqlite3.Connection) -> list[str]:
        return [str(row[0]) for row in db.execute("SELECT handle FROM accounts WHERE brand = 1")]


def concerns(
    db: sqlite3.Connection, brand: str, post: Mapping[str, object] | sqlite3.Row
) -> str | None:
    """What a post is to a brand: own, reply, comment, mention or nothing, in this order."""
    if post["handle"] == brand:
        return "own"

    def by_brand(of: object) -> bool:
        row = db.execute("SELECT handle FROM posts WHERE id = ?", (of,)).fetchone()
        return row is not None and row["handle"] == brand

    parent, root = post["parent"], post["root"]
    if parent is not None and parent != root and by_brand(parent):
        return "reply"
    if parent is not None and by_brand(root):
        return "comment"
    mentioned = {name.casefold() for name in _MENTION.findall(str(post["text"]))}
    return "mention" if brand in mentioned else None


def live(db: sqlite3.Connection, post: str) -> sqlite3.Row:
    """The row of a post that is there."""
    row: sqlite3.Row | None = db.execute("SELECT * FROM posts WHERE id = ?", (post,)).fetchone()
    if row is None:
        raise Rejected(404, "no_such_post", "there is no such post")
    if row["deleted"]:
        raise Rejected(410, "deleted", "this post was deleted")
    return row


def new_id(kind: str) -> str:
    """Unlike any before, even after a reset."""
    return f"{kind}{microseconds():014x}{secrets.token_hex(3)}"

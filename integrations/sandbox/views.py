"""What the sandbox shows: posts, threads, notices, counts."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from integrations.sandbox.store import Rejected, Store

View = dict[str, Any]


def moment(at: int) -> str:
    """Microseconds as ISO time."""
    return datetime.fromtimestamp(at / 1_000_000, UTC).isoformat()


def account(store: Store, handle: str) -> View:
    row = store.db.execute("SELECT * FROM accounts WHERE handle = ?", (handle,)).fetchone()
    if row is None:
        raise Rejected(404, "no_such_account", "there is no such account")
    return {
        "id": row["id"],
        "handle": row["handle"],
        "name": row["name"],
        "followers": row["followers"],
        "verified": bool(row["verified"]),
        "brand": bool(row["brand"]),
    }


def counts(store: Store, post: str) -> View:
    found = {"likes": 0, "reposts": 0}
    for row in store.db.execute(
        "SELECT kind, count(*) AS n FROM reactions WHERE subject = ? GROUP BY kind", (post,)
    ):
        found[row["kind"] + "s"] = row["n"]
    replies = store.db.execute(
        "SELECT count(*) FROM posts WHERE parent = ? AND NOT deleted AND visible_at <= ?",
        (post, store.now()),
    ).fetchone()[0]
    return {**found, "replies": replies}


def post(store: Store, row: sqlite3.Row, *, keys: bool = False) -> View:
    """One post. Its key is for the brand's own eyes."""
    images = store.db.execute(
        "SELECT i.blob, i.alt, b.mime FROM images i JOIN blobs b ON b.id = i.blob"
        " WHERE i.post = ? ORDER BY i.position",
        (row["id"],),
    )
    shown: View = {
        "id": row["id"],
        "account": account(store, row["handle"]),
        "text": row["text"],
        "language": row["language"],
        "root": row["root"],
        "parent": row["parent"],
        "revision": row["revision"],
        "deleted": bool(row["deleted"]),
        "at": moment(row["at"]),
        "images": [
            {"url": f"/images/{image['blob']}", "alt": image["alt"], "mime": image["mime"]}
            for image in images
        ],
        "counts": counts(store, row["id"]),
        "url": f"/posts/{row['id']}",
    }
    if keys:
        shown["key"] = row["key"]
    return shown


def visible(store: Store, post_id: str) -> sqlite3.Row:
    """The row of a post that may be shown, a deleted one too."""
    row: sqlite3.Row | None = store.db.execute(
        "SELECT * FROM posts WHERE id = ? AND visible_at <= ?", (post_id, store.now())
    ).fetchone()
    if row is None:
        raise Rejected(404, "no_such_post", "there is no such post")
    return row


def thread(store: Store, post_id: str, *, keys: bool = False) -> View:
    """The whole conversation of a post, oldest first; a deleted one has no conversation."""
    row = visible(store, post_id)
    if row["deleted"]:
        raise Rejected(410, "deleted", "this post was deleted")
    rows = store.db.execute(
        "SELECT * FROM posts WHERE root = ? AND visible_at <= ? ORDER BY at, id",
        (row["root"], store.now()),
    )
    return {"root": row["root"], "posts": [post(store, one, keys=keys) for one in rows]}


def by_key(store: Store, handle: str, key: str) -> list[View]:
    """What was published under a key; more than one where keys are ignored."""
    rows = store.db.execute(
        "SELECT * FROM posts WHERE handle = ? AND key = ? AND visible_at <= ? ORDER BY at",
        (handle, key, store.now()),
    )
    return [post(store, row, keys=True) for row in rows]


def received(store: Store, handle: str) -> list[View]:
    """All that an account ever got accepted, hidden and deleted ones too: the truth for audits."""
    rows = store.db.execute("SELECT * FROM posts WHERE handle = ? ORDER BY at, id", (handle,))
    return [post(store, row, keys=True) for row in rows]


def counts_of(store: Store, ids: Iterable[str]) -> View:
    found: View = {}
    for one in ids:
        row = store.db.execute(
            "SELECT 1 FROM posts WHERE id = ? AND NOT deleted AND visible_at <= ?",
            (one, store.now()),
        ).fetchone()
        if row is not None:
            found[one] = counts(store, one)
    return found


def notices(store: Store, brand: str, cursor: str | None, since: int | None, at_most: int) -> View:
    """What concerns a brand after the cursor. Without a cursor: nothing, and the place to go on."""
    now = store.now()
    after, seq = _place(cursor)
    if cursor is None:
        after, seq = (now, 0) if since is None else (since - 1, 0)
    rows = store.db.execute(
        "SELECT * FROM notices WHERE brand = ? AND (visible_at, seq) > (?, ?) AND visible_at <= ?"
        " ORDER BY visible_at, seq LIMIT ?",
        (brand, after, seq, now, at_most + 1),
    ).fetchall()
    more, rows = len(rows) > at_most, rows[:at_most]
    if rows:
        after, seq = rows[-1]["visible_at"], rows[-1]["seq"]
    return {
        "items": [_notice(store, row) for row in rows],
        "cursor": f"{after}.{seq}",
        "more": more,
    }


def timeline(store: Store, at_most: int = 100) -> list[View]:
    """The newest conversations, each with its replies nested as `children`."""
    roots = store.db.execute(
        "SELECT * FROM posts WHERE parent IS NULL AND visible_at <= ? ORDER BY at DESC LIMIT ?",
        (store.now(), at_most),
    ).fetchall()
    return [nest(thread_rows(store, row["id"])) for row in roots]


def thread_rows(store: Store, root: str) -> list[View]:
    rows = store.db.execute(
        "SELECT * FROM posts WHERE root = ? AND visible_at <= ? ORDER BY at, id",
        (root, store.now()),
    )
    return [post(store, row) for row in rows]


def nest(posts: Sequence[View]) -> View:
    """A conversation as a tree; a reply to what is hidden hangs under the root."""
    nodes = {one["id"]: {**one, "children": [], "depth": 0} for one in posts}
    root = nodes[posts[0]["id"]]
    for node in nodes.values():
        if node is not root:
            parent = nodes.get(node["parent"], root)
            parent["children"].append(node)
            node["depth"] = parent["depth"] + 1
    return root


def _notice(store: Store, row: sqlite3.Row) -> View:
    shown: View = {
        "id": row["reaction"] or row["post"] or str(row["seq"]),
        "kind": row["kind"],
        "account": account(store, row["handle"]),
        "revision": row["revision"],
        "deleted": bool(row["deleted"]),
        "at": moment(row["at"]),
        "subject": row["post"] if row["reaction"] else None,
        "post": None,
    }
    if row["post"] is not None:
        of = store.db.execute("SELECT * FROM posts WHERE id = ?", (row["post"],)).fetchone()
        shown["post"] = post(store, of, keys=of["handle"] == row["brand"])
        if row["reaction"] is None:
            shown["post"]["text"] = store.db.execute(
                "SELECT text FROM revisions WHERE post = ? AND revision = ?",
                (row["post"], row["revision"]),
            ).fetchone()["text"]
    return shown


def _place(cursor: str | None) -> tuple[int, int]:
    if cursor is None:
        return 0, 0
    after, _, seq = cursor.partition(".")
    if not (after.isascii() and after.isdigit() and seq.isascii() and seq.isdigit()):
        raise Rejected(400, "bad_cursor", "this is no cursor that the sandbox gave out")
    return int(after), int(seq)

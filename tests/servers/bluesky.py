"""A whole Bluesky network on loopback, and accounts on it that act as people outside the brand do."""

import json
import secrets
import shutil
import tempfile
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx

from tests.servers.databases import Postgres, Redis
from tests.servers.processes import Server, installed_node, servers_folder, start

HERE = Path(__file__).parent / "atproto"
START_TIMEOUT = 120.0

Json = dict[str, Any]


class Refused(Exception):
    """The network answered a call with an error."""

    def __init__(self, method: str, response: httpx.Response) -> None:
        super().__init__(f"{method}: {response.status_code} {response.text[:500]}")
        self.status = response.status_code


@dataclass(frozen=True)
class Record:
    """A record that is stored on the PDS: what a like, a reply or a quote points at."""

    uri: str
    cid: str

    @property
    def rkey(self) -> str:
        return self.uri.rsplit("/", 1)[1]

    def ref(self) -> Json:
        return {"uri": self.uri, "cid": self.cid}


@dataclass(frozen=True)
class Account:
    """A person on the network. Calls go to the PDS, which passes reads on to the AppView."""

    handle: str
    did: str
    password: str
    app_password: str
    session: Json = field(repr=False)  # accessJwt, refreshJwt, ... with every right
    client: httpx.Client = field(repr=False)  # of the PDS; the network closes it

    def get(self, method: str, **params: Any) -> Json:
        return self._call("GET", method, params=params)

    def send(self, method: str, body: Json) -> Json:
        return self._call("POST", method, json=body)

    def _call(self, verb: str, method: str, media_type: str | None = None, **rest: Any) -> Json:
        headers = {"authorization": f"Bearer {self.session['accessJwt']}"}
        if media_type is not None:
            headers["content-type"] = media_type
        return _call(self.client, verb, method, headers=headers, **rest)

    def create(self, collection: str, record: Json) -> Record:
        whole = {"$type": collection, "createdAt": _now(), **record}
        body = {"repo": self.did, "collection": collection, "record": whole}
        made = self.send("com.atproto.repo.createRecord", body)
        return Record(made["uri"], made["cid"])

    def put(self, collection: str, rkey: str, record: Json) -> Record:
        whole = {"$type": collection, **record}
        body = {"repo": self.did, "collection": collection, "rkey": rkey, "record": whole}
        made = self.send("com.atproto.repo.putRecord", body)
        return Record(made["uri"], made["cid"])

    def records(self, collection: str = "app.bsky.feed.post") -> list[Json]:
        """The newest records of the account as the PDS has them, at once and without the AppView."""
        where = {"repo": self.did, "collection": collection}
        return list(self.get("com.atproto.repo.listRecords", **where, limit=100)["records"])

    def upload(self, content: bytes, media_type: str) -> Json:
        made = self._call("POST", "com.atproto.repo.uploadBlob", media_type, content=content)
        return dict(made["blob"])

    def post(
        self,
        text: str,
        reply: Record | None = None,
        mention: "Account | None" = None,
        root: Record | None = None,
        embed: Json | None = None,
    ) -> Record:
        """Posts. `reply` is the post answered, `root` the first of its thread if that is another one.

        The text gets the handle of `mention` in front unless it has it.
        """
        record: Json = {"text": text, "langs": ["en"]}
        if mention is not None:
            name = f"@{mention.handle}"
            if name not in text:
                record["text"] = text = f"{name} {text}"
            # Facets count bytes of UTF-8, not characters.
            begin = len(text[: text.index(name)].encode())
            feature = {"$type": "app.bsky.richtext.facet#mention", "did": mention.did}
            index = {"byteStart": begin, "byteEnd": begin + len(name.encode())}
            record["facets"] = [{"index": index, "features": [feature]}]
        if reply is not None:
            record["reply"] = {"root": (root or reply).ref(), "parent": reply.ref()}
        if embed is not None:
            record["embed"] = embed
        return self.create("app.bsky.feed.post", record)

    def quote(self, text: str, quoted: Record) -> Record:
        return self.post(text, embed={"$type": "app.bsky.embed.record", "record": quoted.ref()})

    def like(self, uri: str, cid: str) -> Record:
        return self.create("app.bsky.feed.like", {"subject": {"uri": uri, "cid": cid}})

    def repost(self, uri: str, cid: str) -> Record:
        return self.create("app.bsky.feed.repost", {"subject": {"uri": uri, "cid": cid}})

    def follow(self, did: str) -> Record:
        return self.create("app.bsky.graph.follow", {"subject": did})

    def delete(self, uri: str) -> None:
        _, _, repo, collection, rkey = uri.split("/")
        body = {"repo": repo, "collection": collection, "rkey": rkey}
        self.send("com.atproto.repo.deleteRecord", body)

    def thread(self, uri: str) -> Json | None:
        """The post with its replies as the AppView shows it; None while it shows nothing."""
        try:
            return dict(self.get("app.bsky.feed.getPostThread", uri=uri, depth=10)["thread"])
        except Refused as refused:
            if refused.status in (400, 404):
                return None
            raise

    def notifications(self, reason: str | None = None) -> list[Json]:
        """The newest notifications, all or of one reason: mention, reply, quote, like, repost, follow."""
        found = self.get("app.bsky.notification.listNotifications", limit=100)["notifications"]
        return [notification for notification in found if reason in (None, notification["reason"])]


class BlueskyNetwork:
    """PLC, PDS, AppView and Ozone as one process.

    The AppView lags behind the PDS: poll what is read from it. Before one account answers another,
    wait until the post shows: a reply that is indexed before its parent may never notify anyone.
    """

    def __init__(self, postgres: Postgres, redis: Redis) -> None:
        self._node = installed_node("atproto", "Bluesky network")
        database = postgres.create_database().rsplit("/", 1)[1]
        self._env = {
            "DB_POSTGRES_URL": postgres.url(database, driver="postgresql"),
            "REDIS_HOST": f"127.0.0.1:{redis.port}",
            "LOG_ENABLED": "false",
            "NODE_ENV": "development",
        }
        self._folder = Path(tempfile.mkdtemp(prefix="remit-bluesky-"))
        try:
            self._server, _, said = start(4, self._launch, _read_ready, timeout=START_TIMEOUT)
        except BaseException:
            shutil.rmtree(self._folder, ignore_errors=True)
            raise
        self.pds: str = said["pds"]
        self.appview: str = said["appview"]
        self.appview_did: str = said["appviewDid"]
        self.plc: str = said["plc"]
        self.ozone: str = said["ozone"]
        self._client = httpx.Client(base_url=f"{self.pds}/xrpc/", timeout=30, trust_env=False)

    def _launch(self, ports: list[int]) -> Server:
        names = ("PLC_PORT", "PDS_PORT", "BSKY_PORT", "OZONE_PORT")
        chosen = {name: str(port) for name, port in zip(names, ports, strict=True)}
        return Server(
            [str(self._node), str(HERE / "net.mjs")],
            self._folder / "network.log",
            cwd=servers_folder() / "atproto",
            # The PDS keeps its repositories and blobs in the temporary folder.
            env={**self._env, **chosen, "TMPDIR": str(self._folder)},
        )

    def create_account(self, prefix: str = "fan") -> Account:
        """A fresh account; its handle is the prefix (10 characters at most) and something random."""
        handle = f"{prefix}-{secrets.token_hex(3)}.test"
        password = secrets.token_urlsafe(12)
        body = {"handle": handle, "email": f"{handle}@example.test", "password": password}
        session = _call(self._client, "POST", "com.atproto.server.createAccount", json=body)
        made = _call(
            self._client,
            "POST",
            "com.atproto.server.createAppPassword",
            headers={"authorization": f"Bearer {session['accessJwt']}"},
            json={"name": "remit"},
        )
        return Account(handle, session["did"], password, made["password"], session, self._client)

    def stop(self) -> None:
        self._client.close()
        self._server.stop()
        shutil.rmtree(self._folder, ignore_errors=True)


def _call(client: httpx.Client, verb: str, method: str, **rest: Any) -> Json:
    response = client.request(verb, method, **rest)
    if response.status_code != 200:
        raise Refused(method, response)
    return dict(response.json()) if response.content else {}


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _read_ready(server: Server, _: list[int]) -> Json | None:
    for line in server.said().splitlines():
        if line.startswith("READY "):
            return dict(json.loads(line.removeprefix("READY ")))
    return None

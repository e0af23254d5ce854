"""`remit up` for a brand with an account on the real Bluesky network, and what people do around it."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import pytest
from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.objects import FlowRun, StateType
from prefect.exceptions import PrefectHTTPStatusError

from remit.cli.people import resume, waiting
from remit.ledger import Ledger, cases, drafts, publications, slots
from remit.ledger.audit import Audit, audit
from remit.ledger.ingest import cursor_of
from remit.model import Case, Message, Publication, Slot
from tests.servers.bluesky import Account, Record
from tests.servers.processes import ROOT, Server, start

BRAND = "lapak"
CHANNEL = "bsky"
SECRET = "LAPAK_BLUESKY"
PICTURE = ROOT / "playbooks/kopi/campaigns/images/teaser.png"
POST = "Pasar pagi buka lagi hari Sabtu. 🥬 Mampir ya!"
ALT = "Gelas di balik daun, latar hijau tua."

# The home language is English, so that an Indonesian draft must come from the Indonesian message;
# and who owns a comment depends on what it stands under.
PLAYBOOK = """
remit: 1
brand: lapak
timezone: Asia/Jakarta
languages: [en, id]
people:
  sari: {name: Sari}
  dewi: {name: Dewi}
  ratna: {name: Ratna}
roles:
  cm: {title: Community Manager, people: [sari]}
  smm: {title: Social Media Manager, people: [dewi]}
  lead: {title: Head of Brand, people: [ratna]}
channels:
  bsky: {platform: bluesky, account: HANDLE, url: "PDS", credentials: env:LAPAK_BLUESKY}
rules:
  - id: comment-on-campaign
    when: {kind: conversation.comment, under: campaign}
    owner: cm
    play: reply
    template: comment
  - {id: comment, when: {kind: conversation.comment}, owner: smm, play: reply, template: answer}
  - {id: mention, when: {kind: conversation.mention}, owner: cm, play: reply, template: answer}
  - {id: brief, when: {kind: content.brief}, owner: smm, play: campaign}
  - {id: ours, when: {kind: content}, owner: smm, play: log}
otherwise: {owner: cm, play: log, because: applause asks nobody}
approvals:
  replies: {by: [cm, smm], count: 1}
  campaigns: {by: [smm, lead], count: 1, not: writer}
defaults: {reply: {approval: replies}, campaign: {approval: campaigns}}
grouping: {by: author_in_thread, within: 24h}
schedules:
  listen: {every: 1s}
"""
BRIEF = f"""
id: pasar
title: The market is back
objective: Bring the neighbours back.
audience: Whoever lives nearby.
owner: smm
writer: dewi
posts:
  - id: sabtu
    channels: [bsky]
    language: id
    text: "{POST}"
    images:
      - {{file: campaigns/images/pasar.png, alt: "{ALT}"}}
    after: 2s
"""
TEMPLATES = {
    "answer": (
        "Hi @{{ author.handle }}, thank you for writing. We will look at it today.",
        "Halo kak @{{ author.handle }}, makasih sudah menulis. Hari ini kami cek ya.",
    ),
    "comment": (
        "Good question, @{{ author.handle }}! See you on Saturday.",
        "Pertanyaan bagus, kak @{{ author.handle }}! Sampai ketemu hari Sabtu.",
    ),
}

T = TypeVar("T")


def write_playbook(folder: Path, handle: str, pds: str) -> Path:
    """The brand's folder."""
    for name in ("templates", "campaigns/images"):
        (folder / name).mkdir(parents=True)
    (folder / "playbook.yaml").write_text(PLAYBOOK.replace("HANDLE", handle).replace("PDS", pds))
    (folder / "campaigns/pasar.yaml").write_text(BRIEF)
    shutil.copy(PICTURE, folder / "campaigns/images/pasar.png")
    for name, (english, indonesian) in TEMPLATES.items():
        (folder / f"templates/{name}.j2").write_text(
            f"---\nid: {name}\nlanguages: [id, en]\n---\n"
            f'{{% if language == "en" %}}\n{english}\n{{% else %}}\n{indonesian}\n{{% endif %}}\n'
        )
    return folder


class House:
    """`remit up` as a process, and the `remit` command beside it."""

    def __init__(self, home: Path, playbook: Path, app_password: str) -> None:
        self.home = home
        home.mkdir()
        # What is set for a house that may run on this machine is not for this one.
        foreign = [name for name in os.environ if name.startswith(("PREFECT_", "REMIT_"))]
        kept = {name: value for name, value in os.environ.items() if name not in foreign}
        self._env = kept | {"REMIT_HOME": str(home), SECRET: app_password}

        def launch(ports: list[int]) -> Server:
            command = [*self._remit(), "up", str(playbook), "--port", str(ports[0])]
            return Server(command, home / "up.log", cwd=ROOT, env=self._env)

        def ready(server: Server, _: list[int]) -> bool:
            return "Ctrl-C stops all of it" in server.said()

        with pytest.MonkeyPatch.context() as patch:
            for name in foreign:
                patch.delenv(name)
            self._server, (port,), _ = start(1, launch, ready, timeout=150)
        self.api = f"http://127.0.0.1:{port}/api"

    @staticmethod
    def _remit() -> list[str]:
        return [sys.executable, "-c", "from remit.cli import main; main()"]

    def remit(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run the command as a person at this house would."""
        return subprocess.run(
            [*self._remit(), *arguments],
            env={**self._env, "PREFECT_API_URL": self.api},
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=90,
            check=False,
        )

    def listed(self, case: int) -> dict[str, Any]:
        """What `remit cases` says of one."""
        done = self.remit("cases", "--all", "--format", "json")
        assert done.returncode == 0, done.stderr
        (row,) = [row for row in json.loads(done.stdout) if row["id"] == case]
        return dict(row)

    def processes(self) -> list[str]:
        """Every living process that belongs to this home."""
        mine = f"REMIT_HOME={self.home}\0".encode()
        return [each.name for each in Path("/proc").glob("[0-9]*") if mine in _environment(each)]

    def logs(self) -> str:
        kept = [self.home / "up.log", *sorted((self.home / "logs").glob("*.log"))]
        return "\n".join(
            f"--- {path.name}\n{path.read_text(errors='replace')[-3000:]}"
            for path in kept
            if path.exists()
        )

    def stop(self) -> int | None:
        """One SIGTERM; the exit code of `remit up`."""
        self._server.stop(patience=60)
        return self._server._process.returncode


def _environment(process: Path) -> bytes:
    try:
        return (process / "environ").read_bytes()
    except OSError:  # it has just ended, or is not ours to read
        return b""


@dataclass(frozen=True)
class Form:
    """What a person sees before deciding."""

    run: FlowRun
    description: str
    prefilled: Mapping[str, Any]


class Stage:
    """What the people of the brand do, and what is seen of it: the ledger, Prefect, the network."""

    def __init__(self, house: House, ledger: Ledger, client: PrefectClient, brand: Account) -> None:
        self.house = house
        self.ledger = ledger
        self.client = client
        self.brand = brand

    async def until(
        self, what: str, look: Callable[[], Awaitable[T | None]], seconds: float = 60
    ) -> T:
        """The first true value; the test fails with the ends of the logs."""
        until = time.monotonic() + seconds
        while not (seen := await look()):
            if time.monotonic() > until:
                found = "\n".join(map(repr, await cases.find(self.ledger, BRAND)))
                pytest.fail(f"{what} did not come in {seconds:g} s\n{found}\n{self.house.logs()}")
            await asyncio.sleep(0.2)
        return seen

    async def listens(self) -> None:
        """Wait for the first look at the channel: what was written before it is history."""

        async def cursor() -> str | None:
            return await cursor_of(self.ledger, BRAND, CHANNEL)

        await self.until("the first look at the channel", cursor)

    async def case_of(self, message: Record) -> Case:
        """The case that a message opened."""

        async def opened() -> Case | None:
            found = await cases.find(self.ledger, BRAND)
            return next((each for each in found if each.subject == message.uri), None)

        return await self.until("a case", opened)

    async def form(self, case: Case, *, after: Form | None = None) -> Form:
        """The form of a case; the next one where one was answered already."""

        async def shown() -> Form | None:
            for run in await waiting(self.client, BRAND):
                found = run.state.state_details if run.state else None
                if found is None or int(run.parameters.get("case", 0)) != case.id:
                    continue
                if after and after.run.state and found == after.run.state.state_details:
                    continue
                return await self._read(run, found.run_input_keyset or {})
            return None

        return await self.until("a form", shown)

    async def _read(self, run: FlowRun, keys: Mapping[str, str]) -> Form | None:
        try:
            schema = json.loads(await self.client.read_flow_run_input(run.id, keys["schema"]))
            said = json.loads(await self.client.read_flow_run_input(run.id, keys["description"]))
        except PrefectHTTPStatusError as absent:
            if absent.response.status_code == 404:  # the run is suspended before its form is kept
                return None
            raise
        fields = schema["properties"].items()
        prefilled = {name: field["default"] for name, field in fields if "default" in field}
        return Form(run, str(said), prefilled)

    async def decide(self, form: Form, who: str, decision: str) -> str:
        """Hand in a form with all its fields, as the UI does; whether the server took it."""
        answer = {**form.prefilled, "who": who, "decision": decision}
        return str((await resume(self.client, form.run, answer))["status"])

    async def approve(self, case: Case, who: str) -> Form:
        form = await self.form(case)
        assert await self.decide(form, who, "approve") == "ACCEPT"
        return form

    async def finished(self, case: Case) -> Case:
        """The case at its end, with no run of it left in Prefect."""

        async def closed() -> Case | None:
            now = await cases.get(self.ledger, case.id)
            return now if now.state.finished else None

        done = await self.until("the end of the case", closed)
        await self.until("the end of its runs", lambda: self._at_rest(case))
        return done

    async def _at_rest(self, case: Case) -> bool:
        ended = {StateType.COMPLETED, StateType.CANCELLED, StateType.CRASHED, StateType.FAILED}
        runs = [
            run
            for run in await self.client.read_flow_runs(limit=200)
            if run.parameters.get("case") == case.id
        ]
        return bool(runs) and all(run.state and run.state.type in ended for run in runs)

    async def published(self, case: Case) -> tuple[Slot, Publication]:
        """The one slot of a campaign, after its time."""

        async def out() -> tuple[Slot, Publication] | None:
            for slot in await slots.find(self.ledger, case=case.id):
                found = await publications.find(self.ledger, slot=slot.id)
                if found and found[0].receipt:
                    return slot, found[0]
            return None

        return await self.until("the campaign's post", out)

    async def draft_of(self, case: Case) -> str:
        draft = await drafts.current(self.ledger, case.id)
        assert draft is not None
        return draft.text

    async def run(self, deployment: str) -> FlowRun:
        """Start a run as a person does in the UI, and wait for its end."""
        found = await self.client.read_deployment_by_name(deployment)
        started = await self.client.create_flow_run_from_deployment(found.id)

        async def ended() -> FlowRun | None:
            run = await self.client.read_flow_run(started.id)
            return run if run.state and run.state.is_final() else None

        return await self.until(f"the end of {deployment}", ended)

    def posts(self) -> list[Record]:
        """The campaign's post, as often as the brand's own repository holds it."""
        found = self.brand.records()
        return [Record(e["uri"], e["cid"]) for e in found if e["value"]["text"] == POST]

    def replies_to(self, message: Record) -> list[dict[str, Any]]:
        """What the brand's own repository holds as answers to a message: nothing hides there."""
        return [
            each
            for each in self.brand.records()
            if each["value"].get("reply", {}).get("parent") == message.ref()
        ]

    async def read_by(self, reader: Account, message: Record) -> list[dict[str, Any]]:
        """The answers to a message as its reader is shown them."""

        async def shown() -> list[dict[str, Any]] | None:
            thread = await asyncio.to_thread(reader.thread, message.uri)
            return [each["post"] for each in (thread or {}).get("replies", [])]

        return await self.until("an answer that the reader sees", shown)

    async def audited(self) -> Audit:
        """The ledger against all that the brand's repository holds."""
        return await audit(self.ledger, BRAND, {CHANNEL: tuple(_messages(self.brand))})


def _messages(brand: Account) -> Iterable[Message]:
    for each in brand.records():
        value = each["value"]
        yield Message(
            id=each["uri"],
            revision=each["cid"],
            parent=value["reply"]["parent"]["uri"] if "reply" in value else None,
            author_id=brand.did,
            handle=brand.handle,
            text=value["text"],
            time=value["createdAt"],
            ours=True,
            key=each["uri"].rpartition("/")[2],
        )

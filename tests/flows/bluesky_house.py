"""`remit up` for a small brand with an account on the real Bluesky network."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

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

    def audited(self) -> dict[str, Any]:
        """The ledger against all that the brand's account shows."""
        done = self.remit("status", "--audit", "--format", "json")
        assert done.returncode == 0, done.stdout + done.stderr
        return dict(json.loads(done.stdout)["audit"])

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

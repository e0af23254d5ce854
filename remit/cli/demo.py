"""`remit demo`: the sample brand, alive on this machine."""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
import sys
import tempfile
from collections.abc import Coroutine
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from pydantic import SecretStr

from integrations.sandbox.control import Sandbox
from remit.cli.feed import Feed
from remit.cli.home import environment, home
from remit.cli.output import Format, emit_json, print_table, say
from remit.cli.pace import quickened, read_yaml
from remit.cli.people import waiting
from remit.cli.up import House, house
from remit.model import Playbook, RemitError, SlotState

if TYPE_CHECKING:
    from flows.desk import Desk

T = TypeVar("T")
BRIEF = "launch"
PAUSE = 0.15
"""Seconds between two messages of the feed."""


async def demo(path: Path, *, headless: bool, format_: Format, port: int, sandbox_port: int) -> int:
    """Play the demo; 0 if all of it is right."""
    if headless:
        home().mkdir(parents=True, exist_ok=True)
        made = Path(tempfile.mkdtemp(prefix="headless-", dir=home()))
        os.environ["REMIT_HOME"] = str(made)
        port, sandbox_port = _free(port), _free(sandbox_port)
    copy, settings = quickened(path, home() / "demo" / path.name)
    quiet = format_ is Format.json
    if not quiet:
        say("Starting the demo; a first start takes about half a minute.")
    with _silenced(quiet):
        async with house([copy], port=port, sandbox_port=sandbox_port) as running:
            playbook = running.playbooks[0]
            messages = read_yaml(path / "feed.yaml")["messages"]
            token = SecretStr(environment(port, sandbox_port)["REMIT_SANDBOX_TOKEN"])
            async with Sandbox(running.sandbox or "", token) as sandbox:
                from flows.desk import close_desk, open_desk

                desk = await open_desk()
                try:
                    feed = Feed(sandbox, _account(playbook), messages)
                    if headless:
                        from remit.cli.story import Story

                        story = Story(desk, sandbox, feed, playbook, settings)
                        summary = await _unless_stopped(running, story.tell())
                    else:
                        await _unless_stopped(running, _invite(desk, feed, playbook, running))
                        return 0
                finally:
                    await close_desk()
    if summary is None:
        return 130
    if format_ is Format.json:
        emit_json(summary)
    else:
        print_table(["", ""], [(key, value) for key, value in summary.items() if key != "wrong"])
        for wrong in summary["wrong"]:
            say(f"wrong: {wrong}")
    if summary["wrong"]:
        print(f"The logs are in {home() / 'logs'}", file=sys.stderr)
        return 1
    shutil.rmtree(home())
    return 0


class _silenced:  # noqa: N801 - used like a function
    """With `--format json`, what is said on the way goes to standard error."""

    def __init__(self, quiet: bool) -> None:
        self._quiet = quiet

    def __enter__(self) -> None:
        self._out = sys.stdout
        if self._quiet:
            sys.stdout = sys.stderr

    def __exit__(self, *_: object) -> None:
        sys.stdout = self._out


async def _unless_stopped(running: House, work: Coroutine[None, None, T]) -> T | None:
    """Do the work, or stop when the supervisor is told to; None then."""
    task = asyncio.ensure_future(work)
    stopping = asyncio.ensure_future(running.supervisor.stopping.wait())
    await asyncio.wait([task, stopping], return_when=asyncio.FIRST_COMPLETED)
    if task.done():
        stopping.cancel()
        return task.result()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    return None


def _free(port: int) -> int:
    """This port, or another one where it is taken."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            probe.close()
            with socket.socket() as other:
                other.bind(("127.0.0.1", 0))
                return int(other.getsockname()[1])
        return port


def _account(playbook: Playbook) -> str:
    for channel in playbook.channels.values():
        if channel.platform == "sandbox":
            return (channel.account or playbook.brand).lstrip("@")
    raise RemitError(f"the playbook of {playbook.brand} has no channel in the sandbox")


async def _invite(desk: Desk, feed: Feed, playbook: Playbook, running: House) -> None:
    """Play the feed once, leave the drafts waiting, and say what to open and click."""
    from prefect.client.orchestration import get_client

    from flows.listen import take_brief
    from remit.ledger import cases, slots

    await take_brief(desk, playbook, BRIEF, desk.now())
    played = home() / "demo" / "played"
    say(f"Prefect UI: {running.server}")
    say(f"Sandbox:    {running.sandbox}")
    if not played.exists():
        say("Playing the feed through the sandbox: about forty messages.")
        feed.campaign(await feed.organic())  # the campaign's own posts wait for approval
        async for _ in feed.play(PAUSE):
            pass
        played.touch()
    async with get_client() as client:
        forms = 0
        for _ in range(240):
            unfinished = await cases.find(desk.ledger, playbook.brand, unfinished=True)
            now_waiting = len(await waiting(client, playbook.brand))
            if now_waiting and now_waiting >= len(unfinished):
                break
            if now_waiting != forms:
                forms = now_waiting
                say(f"  {forms} drafts are waiting")
            await asyncio.sleep(1)
        forms = len(await waiting(client, playbook.brand))
    planned = len(await slots.find(desk.ledger, playbook.brand, states=[SlotState.planned]))
    say()
    say(f"{forms} drafts wait for a person, one of them a campaign with {planned} posts.")
    say(f"1. Open {running.server}/runs?state=Suspended and choose a run; due times stand first.")
    say("2. Click Resume: read the conversation, edit the draft, say who you are, decide, submit.")
    say("   sari and bayu may approve replies, ratna statements and campaigns.")
    say(f"3. Open {running.sandbox}: your reply is there, once.")
    say("4. Write a complaint of your own on that page; its draft is waiting a few seconds later.")
    say(f"   remit cases lists them all (with REMIT_HOME={home()}).")
    say("Ctrl-C stops everything; the next start goes on from here.")
    await running.supervisor.stopping.wait()

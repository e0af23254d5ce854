"""What the people of a brand on Bluesky do, and what is seen of it: in the ledger, Prefect, the network."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import pytest
from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.objects import FlowRun, StateType
from prefect.exceptions import PrefectHTTPStatusError

from remit.cli.people import resume, waiting
from remit.ledger import Ledger, cases, drafts, publications, slots
from remit.ledger.ingest import cursor_of
from remit.model import Case, Publication, Slot
from tests.flows.bluesky_house import BRAND, CHANNEL, POST, House
from tests.servers.bluesky import Account, Record

T = TypeVar("T")


@dataclass(frozen=True)
class Form:
    """What a person sees before deciding."""

    run: FlowRun
    description: str
    prefilled: Mapping[str, Any]


class Stage:
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

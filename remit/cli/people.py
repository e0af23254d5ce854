"""The sample people: they decide over the same API that the Prefect form uses."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from remit.ledger import cases, drafts
from remit.model import Case, Play

if TYPE_CHECKING:
    from prefect.client.orchestration import PrefectClient
    from prefect.client.schemas.objects import FlowRun

    from flows.desk import Desk


async def waiting(client: PrefectClient, brand: str) -> list[FlowRun]:
    """The runs that wait for a person."""
    from prefect.client.schemas.filters import (
        FlowRunFilter,
        FlowRunFilterState,
        FlowRunFilterStateType,
        FlowRunFilterTags,
    )
    from prefect.client.schemas.objects import StateType

    return await client.read_flow_runs(
        flow_run_filter=FlowRunFilter(
            tags=FlowRunFilterTags(all_=[f"brand:{brand}"]),
            state=FlowRunFilterState(type=FlowRunFilterStateType(any_=[StateType.PAUSED])),
        ),
        limit=200,
    )


async def resume(
    client: PrefectClient, run: FlowRun, answer: Mapping[str, Any]
) -> Mapping[str, Any]:
    """Hand in a form, as the UI does; the server's answer, whose `status` says whether it was taken."""
    from prefect.exceptions import PrefectHTTPStatusError

    try:
        response = await client.request(
            "POST",
            "/flow_runs/{id}/resume",
            path_params={"id": run.id},
            json={"run_input": dict(answer)},
        )
    except PrefectHTTPStatusError as refused:  # a busy server: nothing was taken, ask again
        return {"status": "REJECT", "details": {"reason": str(refused.response.status_code)}}
    answered: Mapping[str, Any] = response.json()
    return answered


class People:
    """Who decides what, from `decisions:` of demo.yaml."""

    def __init__(self, decisions: Mapping[str, Mapping[str, Any]], approver: str) -> None:
        self._decisions = decisions
        self._approver = approver
        self._answered: set[tuple[str, str]] = set()
        self.decided = 0

    async def decide(
        self,
        desk: Desk,
        client: PrefectClient,
        brand: str,
        *,
        but_not: frozenset[int] = frozenset(),
    ) -> int:
        """Answer every form that waits, but for the cases named; how many were taken."""
        taken = 0
        for run in await waiting(client, brand):
            number = (run.parameters or {}).get("case")
            key = (str(run.id), str(run.state.state_details.pause_key if run.state else ""))
            if number is None or int(number) in but_not or key in self._answered:
                continue
            case = await cases.get(desk.ledger, int(number))
            if case.state.finished:
                continue
            answer = await self._answer(desk, case)
            answered = await resume(client, run, answer)
            if answered.get("status") == "ACCEPT":
                self._answered.add(key)
                taken += 1
        self.decided += taken
        return taken

    async def _answer(self, desk: Desk, case: Case) -> dict[str, Any]:
        if case.play is Play.campaign:
            return {"who": self._approver, "decision": "approve"}
        said = self._decisions.get(case.rule) or self._decisions["otherwise"]
        draft = await drafts.current(desk.ledger, case.id)
        answer: dict[str, Any] = {
            "who": said["who"],
            "decision": said["decision"],
            "reason": said.get("reason", ""),
        }
        text = said.get("text")
        if answer["decision"] == "reject" and case.form_round > 1:
            answer["decision"] = "approve"  # the new draft is taken
        if answer["decision"] == "edit":
            answer["text"] = text or (draft.text if draft else "")
        return answer

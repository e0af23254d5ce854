"""The server dies, and runs are cancelled: the ledger knows what is to be done, and it is done."""

from __future__ import annotations

import pytest
import pytest_asyncio
from httpx import AsyncClient, HTTPError

from flows.notices import NOTICES
from remit.model import State
from tests.flows.up_house import started, visiting

pytestmark = [pytest.mark.server, pytest.mark.slow, pytest.mark.timeout(400)]


@pytest.fixture(scope="module")
def up(tmp_path_factory):
    with started(tmp_path_factory.mktemp("up")) as running:
        yield running


@pytest_asyncio.fixture
async def visit(up):
    async with visiting(up) as visit:
        yield visit


async def answers(visit):
    async with AsyncClient() as anybody:
        try:
            said = await anybody.get(f"{visit.up.api}/health", timeout=2)
        except HTTPError:
            return False
        return said.status_code == 200


async def test_drafts_that_waited_through_a_killed_server_can_be_approved(visit):
    first, second = await visit.write("kak, buka jam berapa?"), await visit.write("ada wifi kak?")
    form, other = await visit.form(first), await visit.form(second)
    async with visit.server_is_down():
        assert not await answers(visit)
    await visit.until("the server", lambda: answers(visit))
    for message, shown in ((first, form), (second, other)):
        await visit.approve(shown)
        await visit.answered(message)
    assert (await visit.case_of(first)).attempt == 1


async def test_messages_that_arrive_while_the_server_is_down_get_their_drafts(visit):
    async with visit.server_is_down():
        messages = [await visit.write("kak, ada kue?") for _ in range(3)]
        for message in messages:
            case = await visit.stored(message)
            assert case.state is State.open
        assert not await answers(visit)
    await visit.until("the server", lambda: answers(visit))
    for message in messages:
        await visit.approve(await visit.form(message))
        await visit.answered(message)


async def test_a_cancelled_run_puts_its_case_back_and_another_draft_comes(visit):
    message = await visit.write("kak, ada teh?")
    form = await visit.form(message)
    said = await visit.client.request(  # the button of the UI
        "POST",
        "/flow_runs/{id}/set_state",
        path_params={"id": form.run.id},
        json={"state": {"type": "CANCELLING", "name": "Cancelling"}},
    )
    assert said.json()["state"]["type"] == "CANCELLED"  # nothing of it runs that could be told
    again = await visit.form(message, after=form)
    assert again.run.id != form.run.id
    case = await visit.case_of(message)
    assert (case.attempt, case.state) == (2, State.awaiting_approval)
    assert NOTICES["run_cancelled"] in again.description
    late = await visit.resume(form, who="sari", decision="approve", text=form.draft)
    assert late["status"] == "ABORT"
    await visit.approve(again)
    await visit.answered(message)


async def test_a_deleted_run_puts_its_case_back_too(visit):
    message = await visit.write("kak, ada susu?")
    form = await visit.form(message)
    await visit.client.delete_flow_run(form.run.id)
    again = await visit.form(message, after=form)
    assert NOTICES["run_lost"] in again.description
    await visit.approve(again)
    await visit.answered(message)

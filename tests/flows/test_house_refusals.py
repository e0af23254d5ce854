"""Who may decide, on what, and when: in every other case nothing is sent, and it is said why."""

from __future__ import annotations

import pytest
import pytest_asyncio
from sqlalchemy import select

from flows.forms import NOTICES
from remit.ledger.tables import approval
from tests.flows.up_house import started, visiting

pytestmark = [pytest.mark.server, pytest.mark.slow]


@pytest.fixture(scope="module")
def up(tmp_path_factory):
    with started(tmp_path_factory.mktemp("up")) as running:
        yield running


@pytest_asyncio.fixture
async def visit(up):
    async with visiting(up) as visit:
        yield visit


async def approvals(visit, case):
    async with visit.ledger.read() as tx:
        rows = await tx.execute(
            select(approval).where(approval.c.case == case).order_by(approval.c.id)
        )
        return [(row.accepted, row.code, row.person, row.identity, row.via) for row in rows]


async def said_why(visit, message, form, code):
    """A new form says why nothing was sent, and so does `remit cases`."""
    again = await visit.form(message, after=form)
    assert NOTICES[code] in again.description
    case = await visit.case_of(message)
    assert visit.up.notice(case.id) == NOTICES[code]
    assert await visit.replies(message) == []
    return again


async def test_an_empty_resume_decides_nothing(visit):
    message = await visit.write("kak, buka jam berapa?")
    form = await visit.form(message)
    said = await visit.resume(form)
    print(said)
    again = await said_why(visit, message, form, "no_decision")
    await visit.approve(again)
    await visit.answered(message)


async def test_who_may_not_approve_sends_nothing(visit):
    message = await visit.write("kak, parkirnya di mana?")
    form = await visit.form(message)
    await visit.approve(form, "dewi")
    again = await said_why(visit, message, form, "not_eligible")
    await visit.approve(again)
    await visit.answered(message)

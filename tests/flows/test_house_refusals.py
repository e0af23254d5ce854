"""Who may decide, on what, and when: in every other case nothing is sent, and it is said why."""

from __future__ import annotations

import pytest
import pytest_asyncio
from sqlalchemy import select

from flows.notices import NOTICES
from remit.ledger.tables import approval
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


async def approvals(visit, message):
    """What the ledger has of those who decided: (accepted, code, person, identity)."""
    case = await visit.case_of(message)
    query = select(approval).where(approval.c.case == case.id).order_by(approval.c.id)
    async with visit.ledger.read() as tx:
        rows = (await tx.execute(query)).all()
    return [(row.accepted, row.code, row.person, row.identity) for row in rows]


async def said_why(visit, message, form, *codes):
    """Nothing was sent, and the next form and `remit cases` say why."""
    again = await visit.form(message, after=form)
    case = await visit.case_of(message)
    assert visit.up.notice(case.id) in {NOTICES[code] for code in codes}
    assert visit.up.notice(case.id) in again.description
    assert await visit.replies(message) == []
    return again


async def test_an_empty_resume_decides_nothing(visit):
    message = await visit.write("kak, buka jam berapa?")
    form = await visit.form(message)
    said = await visit.resume(form)
    assert said["status"] == "ACCEPT"
    again = await said_why(visit, message, form, "no_decision")
    await visit.approve(again)
    await visit.answered(message)
    assert await approvals(visit, message) == [
        (False, "no_decision", None, "asserted"),
        (True, "ok", "sari", "asserted"),
    ]


async def test_who_may_not_approve_sends_nothing_and_the_name_is_recorded_as_asserted(visit):
    message = await visit.write("kak, parkirnya di mana?")
    form = await visit.form(message)
    await visit.approve(form, who="dewi")
    again = await said_why(visit, message, form, "not_eligible")
    await visit.approve(again, who="bayu")
    await visit.answered(message)
    assert await approvals(visit, message) == [
        (False, "not_eligible", "dewi", "asserted"),
        (True, "ok", "bayu", "asserted"),
    ]


async def test_somebody_whom_the_playbook_does_not_know_is_refused_by_the_form_itself(visit):
    message = await visit.write("kak, ada wifi?")
    form = await visit.form(message)
    said = await visit.resume(form, who="mallory", decision="approve", text=form.draft)
    assert said["status"] == "REJECT"
    assert "mallory" in said["details"]["reason"]
    await visit.approve(form)
    await visit.answered(message)
    assert await approvals(visit, message) == [(True, "ok", "sari", "asserted")]


async def test_an_approval_after_the_author_wrote_again_sends_nothing(visit):
    author = visit.author()
    message = await visit.write("kak, tehnya manis?", author=author)
    form = await visit.form(message)
    more = await visit.write("eh maksudnya kopinya", author=author, under=message)
    said = await visit.resume(form, who="sari", decision="approve", text=form.draft)
    # The house may have read the new message by itself before the approval came.
    again = await visit.form(more)
    assert again.run.id != form.run.id or said["status"] == "ACCEPT"
    case = await visit.case_of(more)
    why = visit.up.notice(case.id)
    assert why in {NOTICES["author_wrote_again"], NOTICES["thread_moved"]}
    assert why in again.description
    assert "eh maksudnya kopinya" in again.description
    assert await visit.replies(message) == []
    await visit.approve(again)
    await visit.answered(more)
    assert await visit.replies(message) == []


async def test_an_approval_of_a_draft_that_was_edited_meanwhile_sends_nothing(visit):
    message = await visit.write("uang kembali saya mana?")
    form = await visit.form(message)
    case = await visit.case_of(message)
    words = "Halo kak, uangnya kami kirim hari ini."
    edited = visit.up.remit("decide", str(case.id), "edit", "--as", "sari", "--text", words)
    assert edited.returncode == 0, edited.stderr
    # As a script may hand it in: without the text, so that only the form's number tells.
    said = await visit.resume(form, who="bayu", decision="approve")
    assert said["status"] == "ACCEPT"
    again = await said_why(visit, message, form, "draft_changed")
    assert again.draft == words
    await visit.approve(again, who="bayu")
    assert (await visit.answered(message)).text == words
    assert await approvals(visit, message) == [
        (True, "ok", "sari", "asserted"),
        (False, "draft_changed", "bayu", "asserted"),
        (True, "ok", "bayu", "asserted"),
    ]


async def test_one_of_two_approvals_sends_nothing(visit):
    message = await visit.write("tolong uang kembali ya")
    form = await visit.form(message)
    await visit.approve(form, who="sari")
    again = await said_why(visit, message, form, "approvals_missing")
    await visit.approve(again, who="sari")
    again = await said_why(visit, message, again, "already_decided")
    await visit.approve(again, who="bayu")
    await visit.answered(message)


async def test_a_second_resume_sends_nothing_more(visit):
    message = await visit.write("kak, ada menu baru?")
    form = await visit.form(message)
    await visit.approve(form)
    said = await visit.resume(form, who="bayu", decision="approve", text=form.draft)
    assert said["status"] == "ABORT"
    assert "not paused" in said["details"]["reason"]
    await visit.answered(message)
    said = await visit.resume(form, who="bayu", decision="approve", text=form.draft)
    assert said["status"] == "ABORT"
    assert len(await visit.replies(message)) == 1
    assert await approvals(visit, message) == [(True, "ok", "sari", "asserted")]


async def test_a_decision_by_command_after_the_answer_says_that_it_is_closed(visit):
    message = await visit.write("kak, ada kue?")
    await visit.approve(await visit.form(message))
    await visit.answered(message)
    case = await visit.case_of(message)
    late = visit.up.remit("decide", str(case.id), "approve", "--as", "bayu")
    assert late.returncode == 2
    assert f"Case {case.id} is responded already" in late.stderr
    assert len(await visit.replies(message)) == 1

"""Codes, tiers, reasons and autopilot in a house that runs: by the form, as people meet them."""

from __future__ import annotations

import shutil

import pyotp
import pytest
import pytest_asyncio
from sqlalchemy import select

from flows.notices import NOTICES
from remit.ledger.tables import approval
from tests.flows.up_house import KEDAI, started, visiting

pytestmark = [pytest.mark.server, pytest.mark.slow, pytest.mark.timeout(400)]

RULES = """\
rules:
  - id: prize
    when: {kind: conversation, topic: prize}
    owner: cm
    play: reply
    approval: signed
    template: answer
  - id: hours
    when: {kind: conversation, topic: hours}
    owner: cm
    play: reply
    approval: replies
    template: answer
"""


@pytest.fixture(scope="module")
def up(tmp_path_factory):
    book = tmp_path_factory.mktemp("books") / "kedai"
    shutil.copytree(KEDAI, book)
    text = (book / "playbook.yaml").read_text()
    for old, new in (
        ("topics:\n", "topics:\n  prize: [hadiah]\n  hours: [jam buka]\n"),
        ("rules:\n", RULES),
        (
            "  pairs: {by: [cm], count: 2}\n",
            "  pairs: {tiers: [{by: [cm]}, {by: [lead]}]}\n  signed: {by: [lead], identity: verified}\n",
        ),
        ("grouping:", "autopilot: {hours: {per_day: 1}}\ngrouping:"),
    ):
        assert text.count(old) == 1
        text = text.replace(old, new)
    (book / "playbook.yaml").write_text(text)
    with started(tmp_path_factory.mktemp("up"), book) as running:
        yield running


@pytest_asyncio.fixture
async def visit(up):
    async with visiting(up) as visit:
        yield visit


async def rulings(visit, message):
    case = await visit.case_of(message)
    query = select(approval).where(approval.c.case == case.id).order_by(approval.c.id)
    async with visit.ledger.read() as tx:
        rows = (await tx.execute(query)).all()
    return [(row.code, row.person, row.identity, row.via) for row in rows]


async def test_an_approval_that_asks_for_a_code_goes_out_with_a_right_one_alone(visit):
    enrolled = visit.up.remit("enrol", "ratna")
    assert enrolled.returncode == 0, enrolled.stderr
    totp = pyotp.parse_uri(enrolled.stdout.splitlines()[2])
    assert isinstance(totp, pyotp.TOTP)
    message = await visit.write("hadiah saya mana?")
    form = await visit.form(message)
    assert "with a one-time code" in form.description
    for code, why in (("", "not_verified"), ("000000", "wrong_code")):
        await visit.resume(form, who="ratna", decision="approve", text=form.draft, code=code)
        form = await visit.form(message, after=form)
        assert NOTICES[why] in form.description
        assert await visit.replies(message) == []
    taken = totp.now()
    said = await visit.resume(form, who="ratna", decision="approve", text=form.draft, code=taken)
    assert said["status"] == "ACCEPT"
    await visit.answered(message)
    assert await rulings(visit, message) == [
        ("not_verified", "ratna", "asserted", "form"),
        ("wrong_code", "ratna", "asserted", "form"),
        ("ok", "ratna", "verified", "form"),
    ]

    again = await visit.write("hadiah saya juga mana?")
    form = await visit.form(again)
    await visit.resume(form, who="ratna", decision="approve", text=form.draft, code=taken)
    form = await visit.form(again, after=form)
    assert NOTICES["code_used"] in form.description
    assert await visit.replies(again) == []
    assert visit.up.found(totp.secret) == set()
    # A page that a database has let go of may hold a code that is worth nothing; no row does.
    assert {place for place in visit.up.found(taken) if ":" in place} == set()


async def test_a_draft_climbs_its_tiers_and_a_rejection_says_why(visit):
    message = await visit.write("tolong uang kembali ya")
    form = await visit.form(message)
    assert "may approve: Sari (cm), Bayu (cm); then Ratna (lead)" in form.description
    await visit.approve(form, who="ratna")
    form = await visit.form(message, after=form)
    assert NOTICES["too_early"] in form.description
    await visit.resume(form, who="sari", decision="reject", text=form.draft)
    form = await visit.form(message, after=form)
    assert NOTICES["reason_needed"] in form.description
    await visit.resume(
        form, who="sari", decision="reject", text=form.draft, reason="<b>too cold</b>"
    )
    form = await visit.form(message, after=form)
    assert NOTICES["rejected"] in form.description
    assert r"> \<b\>too cold\<\/b\>" in form.description
    await visit.approve(form, who="sari")
    form = await visit.form(message, after=form)
    assert "approved by Sari" in form.description
    assert await visit.replies(message) == []
    await visit.approve(form, who="ratna")
    await visit.answered(message)


async def test_a_template_answer_goes_out_unseen_and_the_next_one_of_the_day_waits(visit):
    message = await visit.write("jam buka kapan?")
    await visit.answered(message)
    assert await rulings(visit, message) == [("ok", None, "none", "autopilot")]
    second = await visit.write("jam buka hari minggu?")
    form = await visit.form(second)
    assert NOTICES["autopilot_limit"] in form.description
    await visit.approve(form)
    await visit.answered(second)
    status = visit.up.remit("status", "--audit")
    assert (status.returncode, status.stderr) == (0, "")
    assert "sent unseen today, hours: 1 of 1" in status.stdout

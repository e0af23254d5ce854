"""Whose complaint is whose, what a crisis sets off, and what is kept of a secret: nothing."""

from __future__ import annotations

import shutil

import pytest
import pytest_asyncio
from sqlalchemy import select

from flows.notices import NOTICES
from remit.ledger import cases
from remit.ledger.tables import notification, step
from remit.model import Severity
from tests.flows.up_house import BRAND, KEDAI, started, visiting

pytestmark = [pytest.mark.server, pytest.mark.slow, pytest.mark.timeout(400)]


@pytest.fixture(scope="module")
def up(tmp_path_factory):
    with started(tmp_path_factory.mktemp("up")) as running:
        yield running


@pytest_asyncio.fixture
async def visit(up):
    async with visiting(up) as visit:
        yield visit


LANGIT = """\
  langit:
    platform: bluesky
    url: "http://127.0.0.1:9"
    account: kedai.example.com
    credentials: env:KEDAI_BLUESKY
    mode: watch
"""
"""A channel at which nobody answers."""


def changed(folder, old, new):
    """The brand with one passage of its playbook changed."""
    playbook = shutil.copytree(KEDAI, folder / BRAND) / "playbook.yaml"
    text = playbook.read_text()
    assert text.count(old) == 1
    playbook.write_text(text.replace(old, new))
    return playbook


async def told(visit, case):
    """Who was told on each step of its ladder, and how that went."""
    query = (
        select(step.c.index, notification.c.person, notification.c.code)
        .join(step, step.c.id == notification.c.step)
        .where(step.c.case == case)
        .order_by(step.c.index, notification.c.id)
    )
    async with visit.ledger.read() as tx:
        return [tuple(row) for row in await tx.execute(query)]


async def test_two_peoples_complaints_under_one_post_are_two_cases(visit):
    post = await visit.sandbox.write_as_brand(BRAND, "Selamat pagi!", key="pagi")
    one = await visit.write("uang kembali saya mana?", under=post)
    other = await visit.write("uang kembali saya juga belum", under=post)
    first, second = await visit.stored(one), await visit.stored(other)
    assert first.id != second.id
    assert first.thread == second.thread == post
    for message, another in ((one, other), (other, one)):
        form = await visit.form(message)
        for who in ("sari", "bayu"):
            await visit.approve(form, who)
            form = await visit.form(message, after=form) if who == "sari" else form
        assert (await visit.answered(message)).parent == message != another


async def test_a_crisis_inside_an_open_refund_is_a_case_of_its_own_and_climbs(visit):
    author = visit.author()
    refund = await visit.write("uang kembali saya mana?", author=author)
    form = await visit.form(refund)
    crisis = await visit.write("anak saya keracunan!", author=author, under=refund)
    case = await visit.stored(crisis)
    asked = await visit.case_of(refund)
    assert (case.rule, case.severity, case.linked) == ("crisis", Severity.critical, asked.id)

    async def climbed():
        return await told(visit, case.id) if len(await told(visit, case.id)) >= 3 else None

    assert await visit.until("the second step of its ladder", climbed) == [
        (0, "sari", "delivered"),
        (0, "bayu", "delivered"),
        (1, "ratna", "failed"),  # nobody answers at that address
    ]
    title = f"critical: case {case.id} of {BRAND} waits for cm"
    assert visit.up.received.titles.count(title) == 2

    shown = await visit.form(crisis)
    await visit.approve(shown, "sari")
    shown = await visit.form(crisis, after=shown)
    assert await visit.replies(crisis) == []
    await visit.approve(shown, "ratna")
    await visit.answered(crisis)
    # The refund waits on, with a form that shows what its author has written since.
    assert not (await cases.get(visit.ledger, asked.id)).state.finished
    again = await visit.form(refund, after=form)
    assert NOTICES["author_wrote_again"] in again.description
    assert "keracunan" in again.description
    resolved = visit.up.remit("resolve", str(asked.id), "--as", "sari", "--reason", "by phone")
    assert resolved.returncode == 0, resolved.stderr


async def test_reports_logs_and_commands_show_no_secret(visit, tmp_path):
    brand = changed(tmp_path, "topics:\n", LANGIT + "topics:\n")
    assert visit.up.remit("deploy", brand).returncode == 0
    found = await visit.client.read_deployment_by_name(f"report/{BRAND}")
    run = await visit.client.create_flow_run_from_deployment(found.id)

    async def done():
        state = (await visit.client.read_flow_run(run.id)).state
        return state if state and state.is_final() else None

    async def complained():
        return "langit could not be read" in (visit.up.home / "logs" / "worker.log").read_text()

    assert (await visit.until("the report", done)).is_completed()
    await visit.until("a word about the channel that is away", complained)
    said = [
        visit.up.remit(*words)
        for words in (("status", "--audit"), ("cases", "--all"), ("deploy", KEDAI))
    ]
    assert all(each.returncode == 0 for each in said), said
    assert "langit" in said[0].stdout
    assert not [each for each in said if "CANARY" in each.stdout + each.stderr]
    assert visit.up.found("Selamat pagi!") >= {"sandbox.db:revisions"}  # what is there is found
    assert visit.up.found("report-kedai-cm") >= {"prefect.db:artifact"}
    assert visit.up.leaks() == set()


async def test_deployed_twice_nothing_changes_and_a_schedule_taken_out_goes(visit, tmp_path):
    assert visit.up.remit("deploy", KEDAI).stdout == "Nothing to change.\n"
    found = await visit.client.read_deployment_by_name(f"report/{BRAND}")
    assert [each.schedule.cron for each in found.schedules] == ["0 9 * * mon"]
    other = changed(tmp_path, '  report: {cron: "0 9 * * mon"}\n', "")
    said = visit.up.remit("deploy", other).stdout
    assert f"deployment report/{BRAND} changed" in said
    found = await visit.client.read_deployment_by_name(f"report/{BRAND}")
    assert found.schedules == []
    assert visit.up.remit("deploy", other).stdout == "Nothing to change.\n"
    assert "is in force" in visit.up.remit("deploy", KEDAI).stdout


async def test_a_closed_case_leaves_no_word_of_its_author_in_prefect(visit):
    message = await visit.write("kak, kucing saya Mochi Gembul boleh ikut?")
    form = await visit.form(message)
    assert "Mochi Gembul" in form.description
    await visit.approve(form)
    await visit.answered(message)

    async def forgotten():
        places = visit.up.found("Mochi Gembul")
        return not [place for place in places if place.startswith("prefect.db:")]

    await visit.until("the end of the form", forgotten)

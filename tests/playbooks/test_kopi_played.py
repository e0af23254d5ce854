"""The feed, played on the real sandbox application and taken in by a real ledger."""

from collections import Counter
from datetime import UTC, datetime

import httpx
import pytest
from pydantic import SecretStr

from integrations.sandbox.adapter import SandboxPlatform
from integrations.sandbox.control import Sandbox
from integrations.sandbox.server import application
from integrations.sandbox.store import Store
from remit.cli.feed import Feed
from remit.ledger import cases
from remit.ledger.ingest import ingest
from remit.ledger.store import Ledger
from remit.model import Severity
from remit.signals import with_language

ACCOUNT = "kopi.nusa"
TOKEN = SecretStr("sandbox-token-of-this-test")


@pytest.fixture
async def played(feed, kopi, router, tmp_path):
    """The ledger once every message has arrived, several to a poll as in the demo."""
    store = Store(tmp_path / "sandbox.db")
    transport = httpx.ASGITransport(application(store, TOKEN))
    url = "http://127.0.0.1:4300"
    public = Sandbox(url, TOKEN, transport=transport)
    platform = SandboxPlatform(url, ACCOUNT, TOKEN, channel="toko", transport=transport)
    ledger = await Ledger.open(f"sqlite:///{tmp_path / 'ledger.db'}")
    place: str | None = (await platform.listen(None)).cursor

    async def take_in():
        nonlocal place
        batch = await platform.listen(place)
        place = batch.cursor
        await ingest(
            ledger,
            kopi,
            router,
            [with_language(arrival, kopi.languages) for arrival in batch.arrivals],
            channel="toko",
            cursor=place,
            now=datetime.now(UTC),
        )

    playing = Feed(public, ACCOUNT, feed)
    await playing.organic()
    playing.campaign(await public.write_as_brand(ACCOUNT, "Ini dia: Kopi Pandan!", key="launch"))
    played = 0
    async for _ in playing.play(0):
        played += 1
        if played % 7 == 0:
            await take_in()
    await take_in()
    assert played == len(feed)
    yield ledger
    await ledger.close()
    await public.close()
    await platform.close()
    store.close()


async def test_23_cases_are_opened_each_with_one_owner(played):
    opened = await cases.find(played, "kopi")

    assert Counter(case.owner for case in opened) == {"cm": 18, "smm": 5}
    assert len(opened) == 23
    # The posts here are of no campaign, so what is said under them is decided by its words.
    assert Counter(case.rule for case in opened) == {
        "crisis": 2,
        "refund": 1,
        "creator-lead": 3,
        "idea": 2,
        "complaint": 4,
        "question": 3,
        "praise": 3,
        "otherwise": 5,
    }


async def test_the_crisis_inside_the_refund_is_a_case_of_its_own_and_linked(played):
    opened = await cases.find(played, "kopi")
    refund = next(case for case in opened if case.rule == "refund")
    inside = [case for case in opened if case.linked == refund.id]

    assert [(case.rule, case.severity) for case in inside] == [("crisis", Severity.critical)]
    assert len(inside[0].escalation) == 3
    assert refund.thread_revision > 0  # its draft would be written anew


async def test_who_writes_again_stays_in_one_case_and_two_people_have_two(played):
    waiting = [case for case in await cases.find(played, "kopi") if case.topics == ("late",)]
    texts = [(await cases.subject(played, case.id)).text or "" for case in waiting]

    assert len(waiting) == 3
    assert sum("msh nunggu niiih" in text for text in texts) == 1  # the newest is answered
    assert sum("TEBET" in text for text in texts) == 1  # as it reads after the edit

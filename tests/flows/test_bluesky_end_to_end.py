"""The whole road on the real Bluesky network: `remit up`, people who approve, fans who read."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import httpx
import pytest
import pytest_asyncio
from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.objects import StateType

from remit.ledger import Ledger, cases, publications
from remit.ledger.facts import facts
from remit.model import Case, PublicationState, Slot
from tests.flows.bluesky_gate import Gate
from tests.flows.bluesky_house import ALT, BRAND, PICTURE, POST, House, write_playbook
from tests.flows.bluesky_stage import Form, Stage
from tests.servers.bluesky import Account, BlueskyNetwork, Json, Record

pytestmark = [
    pytest.mark.server,
    pytest.mark.timeout(400),
    pytest.mark.asyncio(loop_scope="module"),
]


@pytest.fixture(scope="module")
def brand(bluesky_network: BlueskyNetwork) -> Account:
    return bluesky_network.create_account("lapak")


@pytest.fixture
def fan(bluesky_network: BlueskyNetwork) -> Account:
    return bluesky_network.create_account("fan")


@pytest.fixture(scope="module")
def gate(bluesky_network: BlueskyNetwork) -> Iterator[Gate]:
    gate = Gate(bluesky_network.pds)
    yield gate
    gate.stop()


@pytest.fixture(scope="module")
def lapak(gate: Gate, brand: Account, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """The brand's house, all of it started by `remit up`."""
    folder = tmp_path_factory.mktemp("lapak")
    playbook = write_playbook(folder / "playbook", brand.handle, gate.url)
    house = House(folder / "home", playbook, brand.app_password)
    yield house
    house.stop()


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def stage(lapak: House, brand: Account) -> AsyncIterator[Stage]:
    ledger = await Ledger.open(f"sqlite:///{lapak.home / 'ledger.db'}")
    async with PrefectClient(lapak.api) as client:
        made = Stage(lapak, ledger, client, brand)
        await made.listens()
        yield made
    await ledger.close()


@dataclass(frozen=True)
class Campaign:
    """A brief that went its whole way."""

    case: Case
    slot: Slot
    post: Record
    notice: str | None
    """What the form said after the writer had tried to approve."""
    approved_from: datetime


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def campaign(stage: Stage) -> Campaign:
    """Its writer tries to approve it, then somebody else does."""
    handed_in = await asyncio.to_thread(stage.house.remit, "brief", "pasar")
    assert handed_in.returncode == 0, handed_in.stderr
    case = await cases.get(stage.ledger, int(handed_in.stdout.split()[-1].rstrip(".")))
    first = await stage.approve(case, "dewi")
    second = await stage.form(case, after=first)
    notice = await cases.notice(stage.ledger, case.id)
    assert stage.posts() == []
    from_here = datetime.now().astimezone()
    assert await stage.decide(second, "ratna", "approve") == "ACCEPT"
    slot, publication = await stage.published(case)
    assert publication.receipt is not None
    (post,) = stage.posts()
    assert post.uri == publication.receipt.id
    return Campaign(case, slot, post, notice, from_here)


@dataclass(frozen=True)
class Comment:
    """A comment under the campaign's post, and its case before anybody decided on it."""

    fan: Account
    message: Record
    case: Case


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def comment(stage: Stage, campaign: Campaign, bluesky_network: BlueskyNetwork) -> Comment:
    fan = bluesky_network.create_account("fan")
    await stage.until("the post on the fan's screen", _showing(fan, campaign.post))
    message = fan.post("What time do you open this Saturday?", reply=campaign.post)
    return Comment(fan, message, await stage.case_of(message))


def _showing(account: Account, message: Record) -> Callable[[], Awaitable[Json | None]]:
    async def look() -> Json | None:
        return await asyncio.to_thread(account.thread, message.uri)

    return look


def _mention_without_a_mark(fan: Account, brand: Account, text: str) -> Record:
    """As a client that marks no language writes it."""
    name = f"@{brand.handle}"
    feature = {"$type": "app.bsky.richtext.facet#mention", "did": brand.did}
    index = {"byteStart": 0, "byteEnd": len(name)}
    facets = [{"index": index, "features": [feature]}]
    return fan.create("app.bsky.feed.post", {"text": f"{name} {text}", "facets": facets})


async def test_an_indonesian_mention_without_a_language_mark_gets_one_indonesian_reply(
    stage: Stage, brand: Account, fan: Account
) -> None:
    text = "kak, tokonya yang di Bandung buka sampai jam berapa ya kalau hari Minggu?"
    mention = _mention_without_a_mark(fan, brand, text)
    case = await stage.case_of(mention)
    assert (case.rule, case.owner, case.language) == ("mention", "cm", "id")
    form = await stage.form(case)
    expected = f"Halo kak @{fan.handle}, makasih sudah menulis. Hari ini kami cek ya."
    assert form.prefilled["text"] == await stage.draft_of(case) == expected
    assert "buka sampai jam berapa" in form.description
    assert stage.replies_to(mention) == []
    assert await stage.decide(form, "sari", "approve") == "ACCEPT"
    done = await stage.finished(case)
    assert done.outcome == "responded"
    (reply,) = await stage.read_by(fan, mention)
    assert reply["author"]["did"] == brand.did
    assert reply["record"]["text"] == expected
    assert reply["record"]["langs"] == ["id"]
    assert reply["record"]["reply"] == {"root": mention.ref(), "parent": mention.ref()}
    (told,) = await stage.until("a notification", _told(fan))
    assert told["uri"] == reply["uri"]
    # Answering twice is taken once.
    assert await stage.decide(form, "sari", "approve") != "ACCEPT"
    assert [each["uri"] for each in stage.replies_to(mention)] == [reply["uri"]]


def _told(account: Account) -> Callable[[], Awaitable[list[Json]]]:
    async def look() -> list[Json]:
        return await asyncio.to_thread(account.notifications)

    return look


async def test_a_campaign_post_with_its_picture_appears_once_at_its_slot(
    stage: Stage, campaign: Campaign, brand: Account, fan: Account, bluesky_network: BlueskyNetwork
) -> None:
    assert (campaign.case.owner, campaign.slot.owner) == ("smm", "smm")
    assert campaign.notice == "writer_may_not"
    post = (await stage.until("the post on the fan's screen", _showing(fan, campaign.post)))["post"]
    assert post["author"]["did"] == brand.did
    assert (post["record"]["text"], post["record"]["langs"]) == (POST, ["id"])
    (shown,) = post["embed"]["images"]
    assert shown["alt"] == ALT
    (stored,) = post["record"]["embed"]["images"]
    async with httpx.AsyncClient(base_url=bluesky_network.pds, trust_env=False) as client:
        blob = await client.get(
            "/xrpc/com.atproto.sync.getBlob",
            params={"did": brand.did, "cid": stored["image"]["ref"]["$link"]},
        )
    assert blob.content == PICTURE.read_bytes()
    written = datetime.fromisoformat(post["record"]["createdAt"])
    assert campaign.slot.at >= campaign.approved_from + timedelta(seconds=2)
    assert campaign.slot.at <= written <= campaign.slot.at + timedelta(seconds=30)
    assert stage.posts() == [campaign.post]


async def test_a_comment_under_a_campaign_post_is_the_community_managers_and_answered_in_english(
    stage: Stage, campaign: Campaign, comment: Comment
) -> None:
    case = comment.case
    assert (case.rule, case.owner, case.language) == ("comment-on-campaign", "cm", "en")
    assert case.thread == campaign.post.uri
    form = await stage.approve(case, "sari")
    expected = f"Good question, @{comment.fan.handle}! See you on Saturday."
    assert form.prefilled["text"] == expected
    done = await stage.finished(case)
    assert done.outcome == "responded"
    (reply,) = await stage.read_by(comment.fan, comment.message)
    assert reply["record"]["text"] == expected
    assert reply["record"]["langs"] == ["en"]
    assert reply["record"]["reply"] == {
        "root": campaign.post.ref(),
        "parent": comment.message.ref(),
    }
    assert [each["uri"] for each in stage.replies_to(comment.message)] == [reply["uri"]]


async def test_likes_and_replies_come_back_into_the_ledger(
    stage: Stage, campaign: Campaign, comment: Comment, fan: Account
) -> None:
    for each in (fan, comment.fan):
        each.like(campaign.post.uri, campaign.post.cid)

    async def counted() -> bool:
        thread = await asyncio.to_thread(fan.thread, campaign.post.uri)
        assert thread is not None
        return (thread["post"]["likeCount"], thread["post"]["replyCount"]) == (2, 1)

    await stage.until("the counts on the network", counted)
    swept = await stage.run(f"sweep/{BRAND}")
    assert swept.state is not None
    assert swept.state.is_completed(), swept.state.message
    now = datetime.now().astimezone()
    known = await facts(stage.ledger, BRAND, now - timedelta(hours=1), now)
    (post,) = [each for each in known.publications if each.kind == "post"]
    assert post.owner == "smm"
    assert (post.counts["likes"], post.counts["replies"]) == (2, 1)


async def _nothing_was_sent(
    stage: Stage, case: Case, form: Form, outside: Record, message: Record
) -> None:
    """And both Prefect and `remit cases` say why."""
    done = await stage.finished(case)
    assert done.outcome == "responded_outside"
    assert [each["uri"] for each in stage.replies_to(message)] == [outside.uri]
    intents = await publications.find(stage.ledger, case=case.id)
    assert {each.state for each in intents} <= {PublicationState.voided}
    run = await stage.client.read_flow_run(form.run.id)
    assert run.state is not None
    assert run.state.type in {StateType.COMPLETED, StateType.CANCELLED}
    assert "responded_outside" in (run.state.message or ""), run.state
    listed = await asyncio.to_thread(stage.house.listed, case.id)
    assert (listed["state"], listed["outcome"]) == (done.state, "responded_outside")


async def test_an_answer_given_outside_is_seen_before_sending_although_listening_is_late(
    stage: Stage, gate: Gate, brand: Account, fan: Account
) -> None:
    everyday = brand.post("Fresh bread, every morning.")
    await stage.until("the post on the fan's screen", _showing(fan, everyday))
    message = fan.post("Is there any sourdough bread left?", reply=everyday)
    case = await stage.case_of(message)
    assert (case.rule, case.owner) == ("comment", "smm")
    form = await stage.form(case)
    gate.shut()
    try:
        assert await asyncio.to_thread(gate.waiting.wait, 30)
        outside = brand.post("Yes, plenty!", reply=message, root=everyday)
        assert await stage.decide(form, "dewi", "approve") == "ACCEPT"
        await _nothing_was_sent(stage, case, form, outside, message)
    finally:
        gate.open()
    assert [each["uri"] for each in await stage.read_by(fan, message)] == [outside.uri]


async def test_approving_after_remit_has_heard_of_an_answer_given_outside_sends_nothing(
    stage: Stage, brand: Account, fan: Account
) -> None:
    message = _mention_without_a_mark(fan, brand, "apakah besok pagi tokonya sudah buka?")
    case = await stage.case_of(message)
    form = await stage.form(case)
    outside = brand.post("Sudah, kak!", reply=message)

    async def heard() -> bool:
        return (await cases.get(stage.ledger, case.id)).outcome == "responded_outside"

    await stage.until("word of the answer", heard)
    await stage.decide(form, "sari", "approve")
    by_command = await asyncio.to_thread(
        stage.house.remit, "decide", str(case.id), "approve", "--as", "sari"
    )
    assert by_command.returncode == 2, by_command.stdout
    await _nothing_was_sent(stage, case, form, outside, message)


async def test_the_ledger_and_the_network_agree(stage: Stage, campaign: Campaign) -> None:
    audited = await asyncio.to_thread(stage.house.audited)
    names = ("lost", "doubled", "unapproved", "unknown")
    assert [audited[name] for name in names] == [0, 0, 0, 0], audited
    assert (audited["posts"], audited["unread"]) == (1, {})
    assert stage.posts() == [campaign.post]


async def test_one_signal_stops_all_of_it_and_leaves_no_process_and_no_secret_behind(
    stage: Stage, brand: Account
) -> None:
    house = stage.house
    assert len(house.processes()) >= 3
    assert await asyncio.to_thread(house.stop) == 0
    assert house.processes() == []
    kept = [each for each in house.home.rglob("*") if each.is_file()]
    assert any(each.name == "ledger.db" for each in kept)
    # The first part of a token is the same for every session of the network.
    tokens = [brand.session[name].partition(".")[0] for name in ("accessJwt", "refreshJwt")]
    secrets = [each.encode() for each in (brand.app_password, *tokens)]
    assert [each for each in kept if any(one in each.read_bytes() for one in secrets)] == []

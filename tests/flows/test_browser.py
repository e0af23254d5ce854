"""A person at the screen: finds the draft in Prefect, decides in its form, and sees the reply once.

With REMIT_PICTURES=docs/pictures the pictures of the README are taken on the way.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from playwright.async_api import Locator, Page, async_playwright, expect
from prefect.client.orchestration import PrefectClient
from pydantic import SecretStr

from integrations.sandbox.control import Sandbox
from remit.cli.feed import Feed
from remit.cli.pace import quickened, read_yaml
from tests.flows.up_house import ROOT, SECRETS, started

pytestmark = [pytest.mark.browser, pytest.mark.server, pytest.mark.slow, pytest.mark.timeout(400)]

KOPI = ROOT / "playbooks" / "kopi"
ACCOUNT = "kopi.nusa"
WRITTEN = {"green", "halal", "late-tika", "late-reno", "creator", "crisis", "refund"}
"""Messages of the feed, each of which opens a case; `halal` asks what the knowledge answers."""
DRAFT = "Halo kak @ummu.fathir! Semua menu kami halal"
SIGHT = 60_000
"""Milliseconds that a busy machine may take to show what is there."""


@pytest.fixture(scope="module")
def up(tmp_path_factory):
    folder = tmp_path_factory.mktemp("up")
    brand, _ = quickened(KOPI, folder / "brand" / "kopi")
    with started(folder, brand) as running:
        yield running


@pytest.fixture
async def sandbox(up):
    async with Sandbox(up.sandbox, SecretStr(SECRETS["token"])) as sandbox:
        yield sandbox


@pytest.fixture
async def screen(chromium):
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=chromium.path, args=list(chromium.flags)
        )
        page = await browser.new_page(
            viewport={"width": 1600, "height": 1000},
            device_scale_factor=0.8,  # pictures of 1280 x 800
            locale="id-ID",
            timezone_id="Asia/Jakarta",
        )
        page.set_default_timeout(SIGHT)
        yield page
        await browser.close()


@pytest.fixture
def pictures(tmp_path) -> Path:
    folder = Path(os.environ.get("REMIT_PICTURES") or tmp_path)
    folder.mkdir(parents=True, exist_ok=True)
    return folder


async def play(sandbox: Sandbox) -> None:
    messages = read_yaml(KOPI / "feed.yaml")["messages"]
    feed = Feed(sandbox, ACCOUNT, [each for each in messages if each["id"] in WRITTEN])
    feed.campaign(await feed.organic())
    async for _ in feed.play(0.1):
        pass


async def take(screen: Page, picture: Path) -> None:
    """A picture once nothing fades or slides any more."""
    await screen.wait_for_function(
        "document.getAnimations().every(a => a.effect.getComputedTiming().endTime === Infinity)"
    )
    await screen.screenshot(path=picture)


async def choose(form: Locator, field: str, value: str) -> None:
    """Pick an option of a select, by its arrow."""
    chosen = form.locator(".schema-form-property").filter(has_text=field).last
    await chosen.locator(".p-select-button__icon").click()
    await form.page.get_by_role("option", name=value, exact=True).click()


async def widen(area: Locator, by: int) -> None:
    """Drag the corner of a text area down, to read all of it."""
    box = await area.bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] - 3, box["y"] + box["height"] - 3
    mouse = area.page.mouse
    await mouse.move(x, y)
    await mouse.down()
    await mouse.move(x, y + by, steps=5)
    await mouse.up()


async def submit(form: Locator) -> None:
    """Press until it is taken: a server that is busy answers 503, and the form stays to be sent again."""
    button = form.get_by_role("button", name="Submit")
    await button.click()
    for _ in range(5):
        try:
            await expect(form).to_be_hidden(timeout=10_000)
        except AssertionError:
            await button.click()
        else:
            return
    await expect(form).to_be_hidden()


async def test_a_draft_is_found_decided_on_and_sent_once(up, sandbox, screen: Page, pictures):
    await play(sandbox)

    # The list of runs says what waits, whose it is and until when.
    await screen.goto(f"{up.server}/runs?state=Suspended")
    runs = screen.locator("a[href*='/runs/flow-run/']").filter(has_text="· case ")
    await expect(runs).to_have_count(len(WRITTEN), timeout=SIGHT)
    names = await runs.all_inner_texts()
    assert sum("· cm · sandbox · late ·" in name for name in names) == 2
    assert sum("· smm · sandbox · collab ·" in name for name in names) == 1
    await runs.last.scroll_into_view_if_needed()
    await take(screen, pictures / "runs.png")

    # The run's form shows the message, and the draft in its author's language.
    await runs.filter(has_text="· menu ·").click()
    await screen.get_by_role("button", name="Resume").click()
    form = screen.locator(".p-modal__card")
    await expect(form).to_contain_text("@kopi.nusa assalamualaikum min, yg menu baru udah halal")
    answer = form.locator("textarea").first
    assert (await answer.input_value()).startswith(DRAFT)
    await choose(form, "Who decides", "sari")
    await choose(form, "Decision", "approve")
    await widen(answer, 48)
    await take(screen, pictures / "form.png")
    await submit(form)
    await expect(screen.get_by_text("Completed").first).to_be_visible(timeout=SIGHT)

    # The network has it once, under the question.
    await screen.goto(up.sandbox)
    reply = screen.get_by_text(DRAFT)
    await expect(reply).to_have_count(1)
    await reply.scroll_into_view_if_needed()
    await take(screen, pictures / "sandbox.png")
    received = await sandbox.received(ACCOUNT)
    assert sum(DRAFT in message.text for message in received) == 1


async def test_a_scorecard_is_read_in_prefect(up, screen: Page, pictures):
    async with PrefectClient(up.api) as client:
        found = await client.read_deployment_by_name("report/kopi")
        run = await client.create_flow_run_from_deployment(found.id)
    await screen.goto(f"{up.server}/runs/flow-run/{run.id}")
    await expect(screen.get_by_text("Completed").first).to_be_visible(timeout=SIGHT)
    await screen.goto(f"{up.server}/artifacts/key/report-kopi-cm")
    await screen.locator("a[href*='/artifacts/artifact/']").first.click()
    await expect(screen.get_by_role("heading", name="Community Manager")).to_be_visible()
    await expect(screen.get_by_text("first response, median")).to_be_visible()
    await take(screen, pictures / "artifact.png")

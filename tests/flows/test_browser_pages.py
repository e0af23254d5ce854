"""What a Community Manager reads in Prefect: the day's page, the list of runs, the page of a case.

With REMIT_PICTURES=FOLDER the screens are kept there.
"""

from __future__ import annotations

import asyncio
import os
import re
from pathlib import Path

import pytest
from playwright.async_api import Page, async_playwright, expect
from prefect.client.orchestration import PrefectClient

from flows.pages import find
from remit.cli.up import INBOX
from tests.flows.up_house import BRAND, started, visiting

pytestmark = [pytest.mark.browser, pytest.mark.server, pytest.mark.slow, pytest.mark.timeout(400)]

SIGHT = 60_000
"""Milliseconds that a busy machine may take to show what is there."""
HOSTILE = (
    "<img src=x onerror=alert(1)> [klik](javascript:alert(2)) pesananku belum datang CANARY-3e"
)


@pytest.fixture(scope="module")
def up(tmp_path_factory):
    with started(tmp_path_factory.mktemp("up")) as running:
        yield running


@pytest.fixture
async def screen(chromium):
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=chromium.path, args=list(chromium.flags)
        )
        page = await browser.new_page(
            viewport={"width": 1600, "height": 1200},
            device_scale_factor=0.8,
            locale="id-ID",
            timezone_id="Asia/Jakarta",
        )
        page.set_default_timeout(SIGHT)
        yield page
        await browser.close()


async def take(screen: Page, name: str) -> None:
    if folder := os.environ.get("REMIT_PICTURES"):
        await screen.wait_for_timeout(700)
        await screen.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


async def shown(client: PrefectClient, key: str, words: str) -> None:
    """Wait until a page says this; the day's page is written once a minute."""
    for _ in range(100):
        if any(words in str(each.data) for each in await find(client, key=key)):
            return
        await asyncio.sleep(1)
    pytest.fail(f"{key} did not say {words!r}")


async def test_the_day_leads_to_the_case_and_the_case_to_its_form(up, screen: Page):
    async with visiting(up) as visit:
        message = await visit.sandbox.write("galih", f"@{BRAND} {HOSTILE}")
        form = await visit.form(message)
        case = await visit.case_of(message)
        assert case is not None
        words = screen.locator("article").last  # the first is for a description

        # The inbox: runs, and the page of the day.
        await screen.goto(f"{up.server}/{INBOX}")
        await expect(screen.get_by_text("A to Z")).to_be_visible()
        run = screen.locator("a[href*='/runs/flow-run/']").filter(has_text=f"case {case.id}")
        await expect(run.first).to_have_text(re.compile(r"^(! )?\d\d-\d\d \d\d:\d\d · "))
        await take(screen, "inbox")
        await shown(visit.client, f"today-{BRAND}-{case.owner}", f"[{case.id}](")
        await screen.goto(f"{up.server}/artifacts/key/today-{BRAND}-{case.owner}")
        await screen.locator("a[href*='/artifacts/artifact/']").first.click()
        await expect(words).to_contain_text("Yours, what is due first on top")
        await take(screen, "today")

        # The page of the case, once: a stranger's markup is words on it.
        await screen.goto(f"{up.server}/artifacts/key/case-{BRAND}-{case.id}")
        versions = screen.locator("a[href*='/artifacts/artifact/']")
        await expect(versions).to_have_count(1)
        await versions.first.click()
        await expect(words).to_contain_text(
            "<img src=x onerror=alert(1)> [klik](javascript:alert(2))"
        )
        await take(screen, "case")
        async with screen.expect_popup() as opening:
            await screen.get_by_role("link", name="Decide in its form").click()
        run_page = await opening.value
        await expect(run_page.get_by_role("button", name="Resume")).to_be_visible(timeout=SIGHT)

        # Decided and closed: nothing of the words is left on it.
        await visit.approve(form)
        await visit.answered(message)
        await shown(visit.client, f"case-{BRAND}-{case.id}", "is closed")
        await screen.goto(f"{up.server}/artifacts/key/case-{BRAND}-{case.id}")
        await screen.locator("a[href*='/artifacts/artifact/']").first.click()
        await expect(words).to_contain_text(f"Case {case.id} is closed")
        await take(screen, "closed")

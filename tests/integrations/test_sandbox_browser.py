"""The sandbox page as a person uses it, on a phone's screen."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.async_api import Page, async_playwright, expect

from integrations.sandbox.control import Sandbox

pytestmark = pytest.mark.browser


@pytest.fixture
async def phone(sandbox: Sandbox):
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=["--no-sandbox"]
        )
        page = await browser.new_page(viewport={"width": 390, "height": 844}, locale="id-ID")
        problems: list[str] = []
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on("console", lambda m: problems.append(m.text) if m.type == "error" else None)
        await page.goto(sandbox.url)
        yield page
        await browser.close()
        assert problems == []


async def test_new_posts_appear_while_somebody_types_and_nothing_typed_is_lost(
    sandbox: Sandbox, phone: Page
):
    post = await sandbox.write_as_brand("kopi", "Kopi susu gula aren, mulai besok!")
    await expect(phone.get_by_text("gula aren")).to_be_visible()
    await phone.locator(f"[data-reply={post}]").click()
    await phone.get_by_label("Nama").fill("Bu Sari")
    await phone.get_by_label("Pesan").fill("Harganya berapa")
    await sandbox.write("bayu", "Mantap!", under=post)
    await expect(phone.get_by_text("Mantap!")).to_be_visible()
    await expect(phone.get_by_label("Pesan")).to_have_value("Harganya berapa")
    await expect(phone.locator("#answering")).to_contain_text("@kopi")
    await phone.get_by_role("button", name="Kirim").click()
    await expect(phone.locator("#timeline")).to_contain_text("Harganya berapa")
    await expect(phone.get_by_label("Nama")).to_have_value("Bu Sari")
    wide = await phone.evaluate("document.documentElement.scrollWidth")
    assert wide <= 390


async def test_a_mention_is_one_tap_and_markup_stays_text(sandbox: Sandbox, phone: Page, tmp_path):
    await phone.reload()
    await phone.get_by_label("Nama").fill("<b>Anu</b>")
    await phone.get_by_role("button", name="@kopi").click()
    await phone.get_by_label("Pesan").press_sequentially("<script>alert(1)</script>")
    await phone.get_by_role("button", name="Kirim").click()
    await expect(phone.get_by_text("@kopi <script>alert(1)</script>")).to_be_visible()
    picture = Path(tmp_path) / "page.png"
    await phone.screenshot(path=picture)
    assert picture.stat().st_size > 10_000

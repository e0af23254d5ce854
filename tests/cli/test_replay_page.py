"""The page of a replay in a real browser: it draws, it is quiet, it asks nobody, it fits a telephone.

With REMIT_PICTURES=docs/pictures the picture of the documentation is taken on the way.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from pathlib import Path

import pytest
from playwright.async_api import Page, async_playwright, expect

from benchmarks._talk import event_lines

pytestmark = pytest.mark.browser

HOSTILE = "</script><img src=x onerror=alert(1)><b>&"
SIGHT = 30_000
PICTURES = os.environ.get("REMIT_PICTURES", "")


@pytest.fixture
def old(kopi, tmp_path) -> Path:
    """The brand as it was: the planner answered under campaigns, and ideas were nobody's in particular."""
    folder: Path = shutil.copytree(kopi, tmp_path / "old")
    playbook = folder / "playbook.yaml"
    text = playbook.read_text()
    for rule, owner, before in (("comment-on-campaign", "cm", "smm"), ("idea", "smm", "cm")):
        head, mark, rest = text.partition(f"  - id: {rule}")
        rest = rest.replace(f"owner: {owner}", f"owner: {before}", 1)
        text = head + mark + rest
    playbook.write_text(text)
    return folder


@pytest.fixture
def page_file(remit, kopi, old, tmp_path) -> Path:
    events = tmp_path / "events.jsonl"
    stranger = {"id": HOSTILE, "kind": HOSTILE, "platform": HOSTILE, "time": "2027-03-01T10:00:00Z"}
    ours = b"".join(event_lines(20_000))
    events.write_bytes(ours + json.dumps(stranger).encode() + b"\n{\n")
    done = remit("replay", kopi, events, "--against", old, "--format", "html")
    assert done.returncode == 1
    path: Path = tmp_path / "replay.html"
    path.write_text(done.stdout)
    return path


async def test_the_page_draws_its_charts_is_quiet_and_asks_no_network(chromium, page_file):
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=chromium.path, args=list(chromium.flags)
        )
        screen = await browser.new_page(viewport={"width": 1280, "height": 1500})
        screen.set_default_timeout(SIGHT)
        said: list[str] = []
        asked: list[str] = []
        screen.on("console", lambda message: said.append(message.text))
        screen.on("pageerror", lambda error: said.append(str(error)))
        screen.on("dialog", lambda dialog: said.append(dialog.message))
        screen.on("request", lambda request: asked.append(request.url))
        await screen.goto(page_file.as_uri())

        await drawn(screen)
        assert await screen.locator(".sankey-link").count() >= 2
        assert await screen.locator("#over-time .bars .point").count() > 100
        assert await screen.locator(".hm").count() == 2
        # Strangers' texts are text.
        await expect(screen.get_by_text(HOSTILE).first).to_be_visible()
        assert await screen.locator("img").count() == 0
        await sorts_the_rules(screen)
        await fits_a_telephone(screen)
        assert said == []
        assert [url for url in asked if not url.startswith(("file:", "data:", "blob:"))] == []
        await browser.close()


async def drawn(screen: Page) -> None:
    charts = screen.locator(".chart")
    assert await charts.count() == 4  # the flow, who owned what, and a week for each of two roles
    for number in range(await charts.count()):
        await expect(charts.nth(number).locator("svg.main-svg").first).to_be_visible(timeout=SIGHT)


async def sorts_the_rules(screen: Page) -> None:
    table = screen.locator("section").filter(has_text="In the order in which they are tried")
    await table.get_by_role("button", name="Events").click()
    cells = await table.locator("tbody tr td:nth-child(6)").all_inner_texts()
    counts = [int(cell.replace(",", "")) for cell in cells]
    assert counts == sorted(counts, reverse=True)
    assert len(set(counts)) > 3
    await expect(table.locator("th[aria-sort=descending]")).to_have_count(1)
    await table.get_by_role("button", name="#").click()
    cells = await table.locator("tbody tr td:nth-child(1)").all_inner_texts()
    assert [int(cell) for cell in cells] == list(range(1, len(cells) + 1))


async def fits_a_telephone(screen: Page) -> None:
    await screen.set_viewport_size({"width": 390, "height": 800})
    await expect(screen.locator("#over-time svg.main-svg").first).to_have_attribute(
        "width", re.compile(r"3\d\d")
    )
    wide = await screen.evaluate("document.documentElement.scrollWidth")
    assert wide <= 390


@pytest.mark.skipif(not PICTURES, reason="takes a picture where REMIT_PICTURES says")
async def test_a_picture_for_the_documentation(chromium, remit, kopi, old, tmp_path):
    events, path = tmp_path / "events.jsonl", tmp_path / "replay.html"
    events.write_bytes(b"".join(event_lines(60_000)))
    path.write_text(remit("replay", kopi, events, "--against", old, "--format", "html").stdout)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=chromium.path, args=list(chromium.flags)
        )
        # As the other pictures: 1280 x 800.
        screen = await browser.new_page(
            viewport={"width": 1600, "height": 1000}, device_scale_factor=0.8
        )
        await screen.goto(path.as_uri())
        await drawn(screen)
        await screen.screenshot(path=Path(PICTURES) / "replay.png")
        await browser.close()

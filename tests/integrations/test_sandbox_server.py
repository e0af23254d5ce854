"""The sandbox as a process and as a page: it survives, stays on loopback, and escapes everything."""

from __future__ import annotations

import os
import socket
import subprocess
import sys

import httpx
import pytest

from integrations.sandbox.control import Sandbox
from integrations.sandbox.page import handle_of
from remit.model import NotAllowed

HOSTILE = "<script>alert(1)</script>\"'&<img src=x onerror=alert(2)>{{7*7}}"


@pytest.fixture
async def browser_like(sandbox: Sandbox):
    async with httpx.AsyncClient(base_url=sandbox.url) as client:
        yield client


async def test_what_was_accepted_outlives_a_kill(own_server, sandbox_token):
    async with Sandbox(own_server.url, sandbox_token) as control:
        await control.account("kopi", brand=True)
        await control.faults(no_idempotency=True)
        kept = await control.write_as_brand("kopi", "satu", key="k1")
        own_server.kill()
        own_server.start()
        assert [message.id for message in await control.received("kopi")] == [kept]
        assert (await control.about())["idempotent"] is False


def test_sigterm_stops_it_cleanly(own_server):
    assert own_server.stop() == 0


async def test_sigterm_stops_it_while_it_lets_somebody_wait(own_server, sandbox_token):
    async with Sandbox(own_server.url, sandbox_token) as control:
        await control.account("kopi", brand=True)
        await control.faults(timeout_after_accept={"next": 1})
        async with httpx.AsyncClient(base_url=own_server.url, timeout=0.3) as client:
            with pytest.raises(httpx.ReadTimeout):
                await client.post(
                    "/api/accounts/kopi/posts",
                    json={"text": "halo"},
                    headers={"Authorization": f"Bearer {sandbox_token.get_secret_value()}"},
                )
    assert own_server.stop() == 0


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "integrations.sandbox", *arguments],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )


def test_it_listens_on_loopback_only(tmp_path):
    refused = run("--db", str(tmp_path / "x.db"), "--host", "0.0.0.0", REMIT_SANDBOX_TOKEN="x" * 9)
    assert refused.returncode == 2
    assert "invalid choice" in refused.stderr


def test_it_does_not_start_without_a_token(tmp_path):
    refused = run("--db", str(tmp_path / "x.db"), "--port", "0", REMIT_SANDBOX_TOKEN="")
    assert refused.returncode == 2
    assert "REMIT_SANDBOX_TOKEN" in refused.stderr


def test_a_taken_port_is_named(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        refused = run("--db", str(tmp_path / "x.db"), "--port", port, REMIT_SANDBOX_TOKEN="x" * 9)
    assert refused.returncode == 2
    assert port in refused.stderr


async def test_the_page_says_that_it_is_a_sandbox_in_two_languages(browser_like):
    answer = await browser_like.get("/")
    assert "SANDBOX" in answer.text
    assert "Nothing here is public" in answer.text
    assert "Tidak ada yang publik" in answer.text
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert "unsafe" not in answer.headers["content-security-policy"]


async def test_everything_from_outside_is_escaped(sandbox: Sandbox, browser_like):
    await sandbox.account("sari", name=HOSTILE)
    post = await sandbox.write("sari", HOSTILE)
    for path in ("/", "/timeline", f"/posts/{post}", f"/?reply_to={post}&name={HOSTILE}"):
        answer = await browser_like.get(path)
        assert answer.status_code == 200
        assert "<script>alert" not in answer.text
        assert "<img src=x" not in answer.text
        assert "{{7*7}}" in answer.text


async def test_a_visitor_writes_a_comment_by_form_and_it_nests_under_its_post(
    sandbox: Sandbox, browser_like
):
    post = await sandbox.write_as_brand("kopi", "Kopi susu baru")
    form = {"name": "Bu Sari", "text": "berapa kak?", "parent": post}
    answer = await browser_like.post("/write", data=form, headers={"Origin": sandbox.url})
    assert answer.status_code == 303
    page = (await browser_like.get("/")).text
    assert page.index("Kopi susu baru") < page.index("berapa kak?")
    assert 'data-depth="1"' in page
    assert "@bu.sari" in page


async def test_what_was_typed_is_kept_when_it_is_refused(sandbox: Sandbox, browser_like):
    form = {"name": "Bu Sari", "text": "panjang " * 60, "parent": ""}
    answer = await browser_like.post("/write", data=form, headers={"Origin": sandbox.url})
    assert answer.status_code == 422
    assert "panjang panjang" in answer.text
    assert "at most 300" in answer.text


async def test_a_visitor_cannot_take_the_brands_name(sandbox: Sandbox, browser_like):
    form = {"name": "Kopi", "text": "diskon 100%"}
    answer = await browser_like.post("/write", data=form, headers={"Origin": sandbox.url})
    assert answer.status_code == 403
    with pytest.raises(NotAllowed):
        await sandbox.write("KOPI", "diskon")


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.test"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Host": "evil.test"},
        {"Host": "evil.test:4300"},
    ],
)
async def test_another_site_cannot_write(sandbox: Sandbox, browser_like, headers):
    answer = await browser_like.post("/write", data={"name": "x", "text": "y"}, headers=headers)
    assert answer.status_code == 403
    assert "y" not in (await browser_like.get("/timeline")).text.split("<p", 1)[0]


async def test_another_name_for_loopback_cannot_read(browser_like):
    assert (await browser_like.get("/", headers={"Host": "evil.test"})).status_code == 403


async def test_the_api_takes_json_only_and_no_foreign_key(sandbox: Sandbox, browser_like):
    plain = await browser_like.post("/api/public/posts", content="{}")
    assert plain.status_code == 415
    keys = await browser_like.get("/api/accounts/kopi/posts?key=k1")
    assert keys.status_code == 401
    bad = await browser_like.post("/api/public/posts", json={"handle": "x", "text": 5})
    assert bad.status_code == 422
    huge = await browser_like.post("/api/public/posts", json={"handle": "x", "text": "y" * 200_000})
    assert huge.status_code == 413


async def test_paths_that_do_not_exist_stay_so(browser_like):
    for path in ("/static/..%2fserver.py", "/images/none", "/posts/none", "/nothing"):
        assert (await browser_like.get(path)).status_code == 404


@pytest.mark.parametrize(
    ("name", "handle"),
    [("Bu Sari W.", "bu.sari.w"), ("  José! ", "jose"), ("_x_", "x"), ("山田", "v5c717530")],
)
def test_a_visitors_handle_comes_from_the_name(name, handle):
    assert handle_of(name) == handle

"""Which platforms there are."""

from __future__ import annotations

import subprocess
import sys

import pytest

from integrations.registry import PLATFORMS, capabilities, connect, limits_of
from remit.model import Channel, CredentialsError, InputError


@pytest.mark.parametrize("platform", sorted(PLATFORMS))
def test_each_platform_says_honestly_what_it_can(platform):
    found = capabilities(platform)
    assert {"listen_mention", "publish", "reply", "thread", "read_back", "measure_likes"} <= set(
        found
    )
    for feature, line in found.items():
        assert line.status in {"done", "todo", "exempt"}, feature
        if line.status == "done":
            assert line.proof in {"A", "B", "C"}, f"{feature} is done: how well is it proved?"
        if line.status == "exempt":
            assert line.reason, f"{feature} is {line.status}: why?"


@pytest.mark.parametrize("platform", sorted(PLATFORMS))
def test_each_platform_has_limits(platform):
    assert limits_of(platform).graphemes > 0


def test_an_unknown_platform_is_refused_with_those_that_exist():
    channel = Channel(id="x", platform="friendster")
    for ask in (
        lambda: connect(channel, "kopi"),
        lambda: limits_of("friendster"),
        lambda: capabilities("friendster"),
    ):
        with pytest.raises(InputError, match=r"friendster.*bluesky, sandbox"):
            ask()


async def test_a_channel_is_connected_with_its_own_address_and_account(monkeypatch):
    monkeypatch.setenv("REMIT_SANDBOX_TOKEN", "from-the-environment")
    channel = Channel(id="page", platform="sandbox", account="@Kopi", url="http://127.0.0.1:1")
    platform = connect(channel, "kopi")
    assert repr(platform) == "SandboxPlatform('http://127.0.0.1:1', 'kopi')"
    await platform.close()


def test_a_channel_without_its_secret_says_which(monkeypatch):
    monkeypatch.delenv("REMIT_SANDBOX_TOKEN", raising=False)
    with pytest.raises(CredentialsError, match="REMIT_SANDBOX_TOKEN"):
        connect(Channel(id="page", platform="sandbox"), "kopi")


def test_limits_are_known_without_loading_an_http_client():
    code = (
        "import sys; from integrations.registry import capabilities, limits_of;"
        "[(limits_of(p), capabilities(p)) for p in ('bluesky', 'sandbox')];"
        "sys.exit('httpx' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0

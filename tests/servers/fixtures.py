"""Fixtures of real servers, each started once a test process and only when a test asks for it.

A server that is not installed skips its tests; with REMIT_REQUIRE_SERVERS=1 it fails them.
Isolate tests by fresh accounts and databases, never by a restart.
"""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeVar

import pytest

from tests.servers.bluesky import BlueskyNetwork
from tests.servers.databases import Postgres, Redis
from tests.servers.editor import YamlEditor
from tests.servers.processes import NotInstalled, find_program

Started = TypeVar("Started")

CHROMIUM_FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@dataclass(frozen=True)
class Chromium:
    """The system's own browser and the flags that keep it quiet and off the network."""

    path: str
    flags: tuple[str, ...] = CHROMIUM_FLAGS


def _or_skip(start: Callable[[], Started]) -> Started:
    try:
        return start()
    except NotInstalled as missing:
        reason = str(missing)
    if os.environ.get("REMIT_REQUIRE_SERVERS") == "1":
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Under `--dist loadgroup` one worker runs every test of the network, so that it starts once."""
    for item in items:
        if "bluesky_network" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.xdist_group("bluesky"))


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    server = _or_skip(Postgres)
    yield server
    server.stop()


@pytest.fixture(scope="session")
def redis() -> Iterator[Redis]:
    server = _or_skip(Redis)
    yield server
    server.stop()


@pytest.fixture(scope="session")
def bluesky_network(postgres: Postgres, redis: Redis) -> Iterator[BlueskyNetwork]:
    network = _or_skip(lambda: BlueskyNetwork(postgres, redis))
    yield network
    network.stop()


@pytest.fixture(scope="session")
def yaml_editor() -> Iterator[YamlEditor]:
    editor = _or_skip(YamlEditor)
    yield editor
    editor.stop()


@pytest.fixture(scope="session")
def chromium() -> Chromium:
    return Chromium(_or_skip(lambda: find_program("chromium")))

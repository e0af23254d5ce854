"""The pages, and the fenced blocks in them."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = (ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md")))
_FENCE = re.compile(r"^(`{3,})(\w+)\n(.*?)^\1$", re.DOTALL | re.MULTILINE)


@dataclass(frozen=True)
class Block:
    """What stands between two fences."""

    page: str
    line: int
    language: str
    text: str

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"


def _blocks() -> list[Block]:
    found = []
    for page in PAGES:
        written = page.read_text("utf-8")
        for fence in _FENCE.finditer(written):
            line = written.count("\n", 0, fence.start()) + 2
            name = page.relative_to(ROOT).as_posix()
            found.append(Block(name, line, fence[2], fence[3]))
    return found


BLOCKS = _blocks()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test that asks for `NAME_block` runs once for each block of that language."""
    for fixture in metafunc.fixturenames:
        language = fixture.removesuffix("_block")
        if language != fixture:
            blocks = [block for block in BLOCKS if block.language == language]
            metafunc.parametrize(fixture, blocks, ids=str)


@pytest.fixture(scope="session")
def root() -> Path:
    return ROOT


@pytest.fixture(scope="session")
def page(root: Path) -> Callable[[str], str]:
    """The text of a page of docs/."""
    return lambda name: (root / "docs" / name).read_text("utf-8")


@pytest.fixture(scope="session")
def blocks_of() -> Callable[[str, str], list[Block]]:
    """The blocks of a page in one language."""
    return lambda page, language: [
        block for block in BLOCKS if (block.page, block.language) == (page, language)
    ]

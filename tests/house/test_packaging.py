"""What an installation relies on: pins, the wheel's packages, the commands, the links."""

import re
import subprocess
import tomllib
from importlib import metadata
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
PINS = (ROOT / "constraints.txt").read_text()
PEERS = (ROOT / "benchmarks" / "peers.txt").read_text()
PICTURES = ROOT / "docs" / "pictures"
PAGES = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]


def canonical(requirement: str) -> str:
    name = re.match(r"[A-Za-z0-9._-]+", requirement)
    assert name, requirement
    return re.sub(r"[-_.]+", "-", name[0]).lower()


def test_every_dependency_is_pinned_with_hashes():
    pins = PINS + PEERS
    pinned = set(re.findall(r"^([a-z0-9-]+)(?:\[[a-z0-9,-]+\])?==", pins, re.MULTILINE))
    groups = PROJECT["dependency-groups"]
    asked = [
        *PROJECT["project"]["dependencies"],
        *PROJECT["build-system"]["requires"],
        *(entry for group in groups.values() for entry in group if isinstance(entry, str)),
    ]
    assert {canonical(requirement) for requirement in asked} <= pinned
    for block in re.split(r"^(?=[a-z])", pins, flags=re.MULTILINE)[1:]:
        assert "--hash=sha256:" in block, block


def test_pins_name_no_index_and_no_folder():
    assert not re.search(r"https?://|^--(index|extra|find)|(^|\s)/\w", PINS + PEERS, re.MULTILINE)


def test_the_version_is_written_once():
    assert PROJECT["project"]["dynamic"] == ["version"]
    assert re.fullmatch(r"\d+\.\d+\.\d+(\.dev\d+)?", metadata.version("remit"))


def test_make_alone_lists_every_command():
    done = subprocess.run(["make"], cwd=ROOT, capture_output=True, text=True, check=True)
    for command in ("setup", "run", "test", "servers", "check", "fix", "peers"):
        assert re.search(rf"^  make {command}\s+\S", done.stdout, re.MULTILINE), done.stdout


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_between_pages_lead_somewhere(page):
    for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", page.read_text()):
        place = page.parent / target
        awaited = place.parent == PICTURES and not PICTURES.exists()
        if not re.match(r"[a-z]+:", target) and not awaited:
            assert place.exists(), f"{page.name} links to {target}"


def test_no_init_below_tests():
    assert not list((ROOT / "tests").rglob("__init__.py"))

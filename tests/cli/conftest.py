"""The command as a user types it, in a process of its own and an empty home."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import pytest

ROOT = Path(__file__).parents[2]
REMIT = Path(sys.executable).with_name("remit")


class Remit(Protocol):
    """Run `remit` with these words."""

    def __call__(
        self, *words: str | Path, typed: str | None = None
    ) -> subprocess.CompletedProcess[str]: ...


@pytest.fixture(scope="session")
def kopi() -> Path:
    return ROOT / "playbooks" / "kopi"


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    ours = ("REMIT_", "PREFECT_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    return kept | {"REMIT_HOME": str(tmp_path / "home"), "NO_COLOR": "1"}


@pytest.fixture
def remit(environment: dict[str, str], tmp_path: Path) -> Remit:
    def run(*words: str | Path, typed: str | None = None) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [REMIT, *map(str, words)],
            cwd=tmp_path,
            env=environment,
            input=typed,
            stdin=subprocess.DEVNULL if typed is None else None,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    return run


@pytest.fixture
def refused(remit: Remit) -> Callable[..., str]:
    """What is said to somebody whose command could not run: a sentence, no traceback, exit 2."""

    def run(*words: str | Path, typed: str | None = None) -> str:
        done = remit(*words, typed=typed)
        assert done.returncode == 2, done.stdout + done.stderr
        assert done.stdout == ""
        assert "Traceback" not in done.stderr
        return done.stderr

    return run

"""new: a playbook to start from. What it says lies in `starter/`, a whole brand that a test proves."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path

from remit.cli.output import say
from remit.model import InputError
from remit.playbook import json_schema
from remit.playbook.bundle import MAIN
from remit.playbook.nodes import Word, shown
from remit.playbook.scalars import NAME

PLACEHOLDER = "mybrand"
"""The brand of the starter."""
SCHEMA = "playbook.schema.json"
_QUOTABLE = re.compile(rf"(\b(?:brand|account): ){PLACEHOLDER}(?=[,\n])")


def new(brand: str, into: Path) -> None:
    """Write the folder of a brand to start from, and say what comes next."""
    if re.fullmatch(NAME, brand) is None:
        raise InputError(
            f"a brand's id has letters, digits, _ . and -, and begins with a letter or digit; "
            f"found {shown(brand)}; write one like warung or kopi-nusa"
        )
    folder = into / brand
    files = starter(brand)
    try:
        _write(folder, files)
    except OSError as error:
        raise InputError(
            f"{folder} cannot be written; found: {error.strerror or error}; "
            "name another folder with --into"
        ) from error
    say(
        f"{folder} has a playbook to start from. Read {folder / MAIN} from top to bottom, "
        "and write your own over it. Then:\n\n"
        f"  remit check {folder}     proves that every event has one owner\n"
        f"  remit test {folder}      runs the scenarios\n"
        f"  remit charter {folder}   says on one page who owns what\n"
        f"  remit up {folder}        runs it, in a sandbox on this machine"
    )


def starter(brand: str) -> dict[str, str]:
    """Every file of the starter by its relative path, in the name of this brand."""
    word = Word(brand, plain=True, line=0)
    value = f'"{brand}"' if word.empty or word.flag or word.number else brand
    files = dict(_texts(resources.files("remit.cli") / "starter", ""))
    files[MAIN] = _QUOTABLE.sub(rf"\g<1>{value}", files[MAIN]).replace(PLACEHOLDER, brand)
    files[SCHEMA] = json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n"
    return files


def _texts(folder: Traversable, below: str) -> Iterator[tuple[str, str]]:
    for entry in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if entry.is_dir():
            yield from _texts(entry, f"{below}{entry.name}/")
        elif not entry.name.startswith("."):
            yield below + entry.name, entry.read_text("utf-8")


def _write(folder: Path, files: dict[str, str]) -> None:
    folder.parent.mkdir(parents=True, exist_ok=True)
    try:
        folder.mkdir()
    except FileExistsError:
        raise InputError(
            f"{folder} is there already; found it in place and changed nothing; "
            "choose another brand, or another folder with --into"
        ) from None
    try:
        for name, text in files.items():
            file = folder / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, "utf-8", newline="\n")
    except OSError:
        # Half a playbook would stand in the way of the next attempt.
        shutil.rmtree(folder, ignore_errors=True)
        raise

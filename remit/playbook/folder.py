"""A brand's folder on disk, read once. Nothing in it is waited for, followed out of it, or read whole
before its size is known."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from remit.model import Bundle, Finding, InputError, PlaybookError
from remit.playbook.bundle import CONTACTS, IMAGES, LARGEST, MAIN, make_bundle, too_large

MOST_FILES = 10_000
MOST_BYTES = 128 * 1024 * 1024
"""Of all files together, most of them pictures: a bundle is kept whole with what was promised by it."""

_FOLDERS = {
    # `.yml` is taken in so that the loader can say that it is not read.
    "scenarios": (".yaml", ".yml"),
    "templates": (".j2",),
    "knowledge": (".md",),
    "campaigns": (".yaml", ".yml"),
}
_IMAGE_FOLDERS = ("campaigns", "images")
_SUCH = "name a brand's folder, such as playbooks/kopi"
# Opening a pipe or a device could wait for ever.
_FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)


def read_bundle(path: Path | str) -> Bundle:
    """Read a brand's folder, named itself or by its playbook file.

    Raises InputError where there is no playbook, PlaybookError for files that are not taken.
    """
    main = _find_main(Path(path))
    root = main.parent.resolve()
    files: dict[str, bytes] = {}
    findings: list[Finding] = []
    left = MOST_BYTES
    for count, file in enumerate(_listed(main)):
        name = file.relative_to(main.parent).as_posix()
        content, problem = _take(file, name, root)
        left -= len(content)
        whole = _whole(count, left)
        if problem or whole:
            shown = name if name.isprintable() else ascii(name)
            findings.append(Finding(code="PB001", file=shown, line=1, message=problem or whole))
        if whole:
            break
        files[name] = content
    if findings:
        raise PlaybookError(findings)
    return make_bundle(files)


def _whole(count: int, left: int) -> str:
    """What is wrong with all files so far, or nothing."""
    if count >= MOST_FILES:
        return f"more than {MOST_FILES} files; found this one after them; remove some"
    if left < 0:
        return (
            f"more than {MOST_BYTES // 1024**2} MB in all; found this file after them; "
            "make the pictures smaller"
        )
    return ""


def _take(file: Path, name: str, root: Path) -> tuple[bytes, str]:
    """The content, and what is wrong with it, or nothing."""
    if not name.isprintable():
        return (
            b"",
            "a name has characters that cannot be shown; found their escapes; rename the file",
        )
    try:
        return _read(file, root), ""
    except ValueError as problem:
        return b"", str(problem)


def _find_main(path: Path) -> Path:
    try:
        return _main_of(path) if path.is_dir() else _regular(path)
    except (OSError, ValueError) as error:
        raise InputError(
            f"{_named(path)} cannot be read; found: {_reason(error)}; "
            "check the path, and allow reading it"
        ) from error


def _main_of(folder: Path) -> Path:
    main = folder / MAIN
    if os.path.lexists(main):
        return _regular(main)
    if (folder / "playbook.yml").is_file():
        raise InputError(
            f"{_named(folder)} has no {MAIN}; found a playbook.yml; rename it to {MAIN}"
        )
    raise InputError(f"{_named(folder)} has no {MAIN}; found a folder without one; {_SUCH}")


def _regular(path: Path) -> Path:
    named = _named(path)
    try:
        kind = path.stat().st_mode
    except FileNotFoundError as error:
        found = "a link that leads nowhere" if os.path.lexists(path) else "nothing there"
        raise InputError(f"{named} does not exist; found {found}; {_SUCH}") from error
    if not stat.S_ISREG(kind):
        found = "a folder" if stat.S_ISDIR(kind) else "a pipe or a device"
        raise InputError(f"{named} is not a file; found {found}; {_SUCH}")
    if path.suffix not in {".yaml", ".yml"}:
        raise InputError(
            f"{named} is not a playbook; found a file of another kind; "
            f"name a brand's folder or its {MAIN}"
        )
    return path


def _listed(main: Path) -> Iterator[Path]:
    yield main
    root = main.parent
    # A link that leads nowhere is listed too, so that its absence is told.
    if os.path.lexists(root / CONTACTS):
        yield root / CONTACTS
    for folder, suffixes in _FOLDERS.items():
        for file in _entries(root / folder):
            if file.suffix in suffixes:
                yield file
    for folder in _IMAGE_FOLDERS:
        # Links to folders are not followed, so that a loop of links ends.
        for inside, folders, names in os.walk(root / folder, onerror=_unreadable):
            folders[:] = sorted(name for name in folders if not name.startswith("."))
            for name in sorted(names):
                if not name.startswith(".") and name.lower().endswith(IMAGES):
                    yield Path(inside) / name


def _entries(folder: Path) -> list[Path]:
    if not os.path.lexists(folder):
        return []
    try:
        return sorted(entry for entry in folder.iterdir() if not entry.name.startswith("."))
    except OSError as error:
        _unreadable(error)
        return []


def _unreadable(error: OSError) -> None:
    if isinstance(error, FileNotFoundError) and not os.path.lexists(str(error.filename)):
        return
    raise InputError(
        f"{_named(Path(str(error.filename)))} cannot be read; found: {_reason(error)}; "
        "make it a folder that may be read, or remove it"
    ) from error


def _read(file: Path, root: Path) -> bytes:
    """The content. ValueError says why it is not taken."""
    try:
        real = file.resolve(strict=True)
        if not real.is_relative_to(root):
            raise ValueError(
                "a link leads out of the folder; found its end elsewhere; put the file itself here"
            )
        if not real.is_file():
            raise ValueError("this is not a file; found a folder, a pipe or a device; remove it")
        with os.fdopen(os.open(real, _FLAGS), "rb") as opened:
            size = os.fstat(opened.fileno()).st_size
            # One byte more than is taken, as a file may grow meanwhile.
            content = b"" if size > LARGEST else opened.read(LARGEST + 1)
    except (OSError, RuntimeError) as error:
        raise ValueError(f"cannot be read; found: {_reason(error)}; check the file") from error
    if max(size, len(content)) > LARGEST:
        raise ValueError(too_large(max(size, len(content))))
    return content


def _named(path: Path) -> str:
    return str(path) if str(path).isprintable() else ascii(str(path))


def _reason(error: Exception) -> str:
    if isinstance(error, RuntimeError):
        return "a link that leads to itself"
    return (error.strerror if isinstance(error, OSError) else None) or str(error)

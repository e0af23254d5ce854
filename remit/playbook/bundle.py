"""The files of a brand's folder, read once and named by what they hold."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from remit.model import Bundle, Finding, InputError, PlaybookError

LARGEST = 8 * 1024 * 1024
MAIN = "playbook.yaml"
CONTACTS = "contacts.csv"

IMAGES = (".gif", ".jpeg", ".jpg", ".png", ".webp")
_FOLDERS = {
    # `.yml` is taken in so that the loader can say that it is not read.
    "scenarios": (".yaml", ".yml"),
    "templates": (".j2",),
    "knowledge": (".md",),
    "campaigns": (".yaml", ".yml"),
}
_IMAGE_FOLDERS = ("campaigns", "images")


def make_bundle(files: Mapping[str, bytes]) -> Bundle:
    """A bundle of these files by relative path, with its hash."""
    digest = hashlib.sha256()
    for path in sorted(files):
        name, content = path.encode(), files[path]
        # Lengths keep the end of one part from being read as the start of the next.
        digest.update(b"%d %d\n" % (len(name), len(content)))
        digest.update(name)
        digest.update(content)
    return Bundle(files=dict(files), hash=digest.hexdigest())


def read_bundle(path: Path | str) -> Bundle:
    """Read a brand's folder, named itself or by its playbook file.

    Raises InputError where there is no playbook, PlaybookError for files that are not taken.
    """
    main = _find_main(Path(path))
    root = main.parent.resolve()
    files: dict[str, bytes] = {}
    findings: list[Finding] = []
    for file in _listed(main):
        name = file.relative_to(main.parent).as_posix()
        if not name.isprintable():
            message = "a file's name has characters that cannot be shown; rename it"
            findings.append(Finding(code="PB001", file=ascii(name), line=1, message=message))
            continue
        try:
            content = _read(file, root)
        except ValueError as problem:
            findings.append(Finding(code="PB001", file=name, line=1, message=str(problem)))
        else:
            files[name] = content
    if findings:
        raise PlaybookError(findings)
    return make_bundle(files)


def main_file(bundle: Bundle) -> str:
    """The path of the playbook inside the bundle."""
    if MAIN in bundle.files:
        return MAIN
    tops = [name for name in bundle.files if "/" not in name and name.endswith((".yaml", ".yml"))]
    if len(tops) != 1:
        raise InputError(f"the bundle has no {MAIN}; add one at its top")
    return tops[0]


def images_of(bundle: Bundle) -> list[str]:
    """The paths of its images."""
    return [name for name in bundle.files if name.lower().endswith(IMAGES)]


def _find_main(path: Path) -> Path:
    named = str(path) if str(path).isprintable() else ascii(str(path))
    try:
        if path.is_dir():
            main = path / MAIN
            if main.is_file():
                return main
            if (path / "playbook.yml").is_file():
                raise InputError(f"{named} has a playbook.yml; rename it to {MAIN}")
            raise InputError(
                f"{named} has no {MAIN}; name a brand's folder, such as playbooks/kopi"
            )
        if path.is_file():
            if path.suffix not in {".yaml", ".yml"}:
                raise InputError(f"{named} is not a playbook; name a brand's folder or its {MAIN}")
            return path
    except (OSError, ValueError) as error:
        raise InputError(f"{named} cannot be read: {_reason(error)}; check the path") from error
    raise InputError(f"{named} does not exist; name a brand's folder, such as playbooks/kopi")


def _listed(main: Path) -> Iterator[Path]:
    yield main
    root = main.parent
    if (root / CONTACTS).exists():
        yield root / CONTACTS
    for folder, suffixes in _FOLDERS.items():
        for file in _entries(root / folder):
            if file.suffix in suffixes:
                yield file
    for folder in _IMAGE_FOLDERS:
        # Links to folders are not followed, so that a loop of links ends.
        for inside, folders, names in os.walk(root / folder):
            folders[:] = sorted(name for name in folders if not name.startswith("."))
            for name in sorted(names):
                if not name.startswith(".") and name.lower().endswith(IMAGES):
                    yield Path(inside) / name


def _entries(folder: Path) -> list[Path]:
    try:
        found = sorted(folder.iterdir()) if folder.is_dir() else []
    except OSError as error:
        raise InputError(f"{folder} cannot be read: {_reason(error)}; allow reading it") from error
    return [entry for entry in found if not entry.name.startswith(".")]


def _read(file: Path, root: Path) -> bytes:
    try:
        real = file.resolve(strict=True)
        if not real.is_relative_to(root):
            raise ValueError("a link leads out of the folder; put the file itself here")
        # Opening a pipe or a device could wait for ever.
        if not real.is_file():
            raise ValueError("this is not a file; remove it")
        if real.stat().st_size > LARGEST:
            raise ValueError(f"{real.stat().st_size} bytes; a file may have 8 MB; make it smaller")
        return real.read_bytes()
    except (OSError, RuntimeError) as error:
        raise ValueError(f"cannot be read: {_reason(error)}; check the file") from error


def _reason(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or type(error).__name__

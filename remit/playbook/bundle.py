"""A brand's files as one value, named by what they hold, with the hash that stands for all of them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from remit.model import Bundle, InputError

LARGEST = 8 * 1024 * 1024
"""Bytes of one file."""
MAIN = "playbook.yaml"
CONTACTS = "contacts.csv"
IMAGES = (".gif", ".jpeg", ".jpg", ".png", ".webp")


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


def main_file(bundle: Bundle) -> str:
    """The path of the playbook inside the bundle."""
    if MAIN in bundle.files:
        return MAIN
    tops = [name for name in bundle.files if "/" not in name and name.endswith((".yaml", ".yml"))]
    if len(tops) != 1:
        raise InputError(
            f"the bundle has no {MAIN}; found {len(tops)} other YAML files at its top; add one"
        )
    return tops[0]


def too_large(size: int) -> str:
    """What is wrong with a file of so many bytes."""
    return f"over 8 MB; found {size} bytes; make the file smaller"


def images_of(bundle: Bundle) -> list[str]:
    """The paths of its images."""
    return [name for name in bundle.files if name.lower().endswith(IMAGES)]

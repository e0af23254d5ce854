"""Pictures: what they are by their own bytes, and how large they show."""

from __future__ import annotations

import struct

import regex

from integrations.bluesky.limits import LIMITS
from remit.model import ContentRefused, Media

_PNG = b"\x89PNG\r\n\x1a\n"
_JPEG = b"\xff\xd8\xff"
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
"""Markers of a JPEG that carry its size."""


def check_image(image: Media) -> None:
    """Raises ContentRefused where the network, or a reader who cannot see it, would be let down."""
    if not image.alt.strip():
        raise ContentRefused(
            f"bluesky: the picture {image.name} has no alt text: say what it shows"
        )
    if len(regex.findall(r"\X", image.alt)) > LIMITS.alt_graphemes:
        raise ContentRefused(
            f"bluesky: the alt text of {image.name} is longer than {LIMITS.alt_graphemes}"
            " characters: shorten it",
        )
    if len(image.data) > LIMITS.image_bytes:
        raise ContentRefused(
            f"bluesky: the picture {image.name} has {len(image.data)} bytes; at most"
            f" {LIMITS.image_bytes} are taken: make it smaller",
        )
    if image.mime not in LIMITS.mimes or type_of(image.data) != image.mime:
        raise ContentRefused(
            f"bluesky: the picture {image.name} is not the {' or '.join(LIMITS.mimes)} that it"
            " must be: save it as one",
        )


def type_of(data: bytes) -> str | None:
    """The type that the bytes have, whatever the name says: the network looks at them too."""
    if data.startswith(_PNG):
        return "image/png"
    return "image/jpeg" if data.startswith(_JPEG) else None


def size_of(data: bytes) -> tuple[int, int] | None:
    """Width and height, so that a reader's app leaves room for it; None where they are not found."""
    if data.startswith(_PNG) and len(data) >= 24:
        width, height = struct.unpack(">II", data[16:24])
        return (width, height) if width and height else None
    return _size_of_jpeg(data) if data.startswith(_JPEG) else None


def _size_of_jpeg(data: bytes) -> tuple[int, int] | None:
    at = 2
    while at + 9 <= len(data) and data[at] == 0xFF:
        marker = data[at + 1]
        if marker in _FRAMES:
            height, width = struct.unpack(">HH", data[at + 5 : at + 9])
            return (width, height) if width and height else None
        at += 2 + int.from_bytes(data[at + 2 : at + 4], "big")
    return None

"""Bytes for hashing in which no two different lists of texts look alike."""

from __future__ import annotations


def unambiguous(*parts: str) -> bytes:
    """Each part behind its length."""
    # A lone surrogate cannot be sent anywhere, but it must not stop a hash either.
    encoded = [part.encode("utf-8", "surrogatepass") for part in parts]
    return b"".join(len(part).to_bytes(8, "big") + part for part in encoded)

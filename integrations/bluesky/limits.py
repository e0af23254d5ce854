"""What `app.bsky.feed.post` and `app.bsky.embed.images` take."""

from __future__ import annotations

from remit.model import Limits

LIMITS = Limits(graphemes=300, images=4, image_bytes=1_000_000, alt_graphemes=2000)
SUPPLIES = frozenset({"author.followers", "author.verified", "language", "topic", "under"})

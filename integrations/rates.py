"""What a platform says of its limits: Retry-After and the families of rate-limit headers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

_FAMILIES = ("ratelimit-", "x-ratelimit-", "x-rate-limit-")
_EPOCH = 1_000_000_000
"""A reset from here on is a moment in Unix time; below, it is a number of seconds."""


@dataclass(frozen=True)
class Rate:
    """Limits as the newest answer told them; None where it did not."""

    limit: int | None = None
    remaining: int | None = None
    reset_in: float | None = None
    """Seconds until the window begins anew."""
    retry_after: float | None = None

    @property
    def wait(self) -> float | None:
        """Seconds to wait before the next try: what was asked, else the rest of a used-up window."""
        if self.retry_after is not None:
            return self.retry_after
        return self.reset_in if self.remaining == 0 else None


def read_rate(headers: Mapping[str, str], now: datetime) -> Rate:
    """Reads `RateLimit-*`, `X-RateLimit-*`, `X-Rate-Limit-*` and the one-line `RateLimit`."""
    found: dict[str, str] = {name.lower(): value for name, value in headers.items()}

    def first(field: str) -> str | None:
        return next((found[f + field] for f in _FAMILIES if f + field in found), None)

    line = found.get("ratelimit", "")
    remaining = _number(first("remaining")) if first("remaining") else _part(line, "r", "remaining")
    limit = _number(first("limit")) if first("limit") else _part(line, "limit")
    after = _seconds(first("reset-after"), now)
    if after is None:
        after = _seconds(first("reset"), now)
    if after is None:
        after = _part(line, "t", "reset")
    return Rate(
        limit=None if limit is None else int(limit),
        remaining=None if remaining is None else int(remaining),
        reset_in=after,
        retry_after=_seconds(found.get("retry-after"), now),
    )


def _number(text: str | None) -> float | None:
    # "100, 100;w=60": the first number is the one that counts.
    match = re.match(r"\s*(\d{1,15}(?:\.\d{1,9})?)", text or "")
    return float(match[1]) if match else None


def _part(line: str, *names: str) -> float | None:
    for name in names:
        match = re.search(rf"(?:^|[;,\s]){name}=(\d{{1,15}})", line)
        if match:
            return float(match[1])
    return None


def _seconds(text: str | None, now: datetime) -> float | None:
    """Seconds from now: from a number of seconds, a Unix time, an HTTP date or an ISO time."""
    if not text:
        return None
    text = text.strip()
    if re.fullmatch(r"\d{1,15}(\.\d{1,9})?", text):
        value = float(text)
        return max(0.0, value - now.timestamp()) if value >= _EPOCH else value
    for read in (parsedate_to_datetime, datetime.fromisoformat):
        try:
            moment = read(text)
        except (TypeError, ValueError):
            continue
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        return max(0.0, (moment - now).total_seconds())
    return None

"""Whether so many messages at once are a storm, by a stated method.

The messages of a series (a topic, a channel) in the last ten minutes are held against what that
series has at this time of day. Taken for a Poisson process, the chance of so many or more is the
tail of its distribution: the cycle-corrected Poisson model of "Trend Detection in Social Data"
(Gnip, 2015). People do not write independently of each other, so a chance alone would cry wolf
wherever much is said: the rate has to be a multiple of the usual one as well, and not a handful.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from math import ceil, exp, lgamma, log

WINDOW = timedelta(minutes=10)
"""How long a time one count covers."""
DAYS = 28
"""How far back the usual rate looks: whole weeks, so that each weekday has its share."""
YOUNGEST = 6
"""Windows on record, before the one that is judged, without which nothing is usual yet."""
MINIMUM = 20
"""Messages in a window that are worth a word."""
RARE = 1e-6
"""The chance below which a count is no accident: one window in some twenty years."""
RATIO = 3.0
"""How many times the usual rate a storm has at least."""
FLOOR = 1.0
"""Messages a window that are usual everywhere: what is never spoken of has no baseline of zero."""
CALM = 3
"""Windows in a row, below `OVER` times the usual rate, after which a storm is over."""
OVER = 2.0
_DAY = timedelta(days=1)


def slices(at: datetime, first: datetime | None) -> list[tuple[datetime, datetime]]:
    """The spans of history whose rate is the usual one at `at`; none where too little is known.

    `first`: when the oldest message on record was written. It is the same time of day on each of
    the last 28 days, and as much longer a span as there are fewer days; on the first day, which knows
    no tide yet, the hour before.
    """
    begins = at - WINDOW
    if first is None or begins - first < YOUNGEST * WINDOW:
        return []
    days = min(DAYS, (begins - first) // _DAY)
    if days == 0:
        return [(begins - YOUNGEST * WINDOW, begins)]
    around = (ceil(DAYS / days) - 1) * WINDOW / 2
    spans = [
        (begins - back * _DAY - around, at - back * _DAY + around) for back in range(1, days + 1)
    ]
    return [(max(since, first), until) for since, until in spans if until > first]


def usual(counts: Sequence[tuple[int, timedelta]]) -> float | None:
    """Messages a window, from the counts of such spans; None without any.

    The busiest one of fourteen is left out: a storm of last week is not what is usual.
    """
    rates = sorted(count / (length / WINDOW) for count, length in counts if length > timedelta())
    kept = rates[: len(rates) - len(rates) // 14]
    return max(FLOOR, sum(kept) / len(kept)) if kept else None


def chance(count: int, rate: float) -> float:
    """How likely a Poisson process of that rate brings `count` or more."""
    if count <= 0:
        return 1.0
    if count <= rate:  # the shorter side is summed
        return max(0.0, 1.0 - sum(_point(each, rate) for each in range(count)))
    return min(1.0, sum(_above(count, rate)))


def _above(count: int, rate: float) -> Iterator[float]:
    term = _point(count, rate)
    total = 0.0
    while term > total * 1e-17:
        yield term
        total += term
        count += 1
        term *= rate / count


def _point(count: int, rate: float) -> float:
    return exp(count * log(rate) - rate - lgamma(count + 1)) if rate > 0 else float(count == 0)


def rises(count: int, baseline: float) -> bool:
    """Whether so many messages in a window are a storm."""
    usual_rate = max(FLOOR, baseline)
    return count >= MINIMUM and count >= RATIO * usual_rate and chance(count, usual_rate) < RARE


def is_over(counts: Sequence[int], baseline: float) -> bool:
    """Whether a storm has ended, by the counts of the windows that went by last."""
    last = list(counts)[-CALM:]
    return len(last) == CALM and all(count < OVER * max(FLOOR, baseline) for count in last)

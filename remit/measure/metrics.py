"""The metric dictionary: what a goal may name, and the events that each is made of.

A metric of posts is made of briefs, because whoever owns a brief owns the posts that come of it, and
of what the audience does with them. A metric of answers is made of conversations.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

_CONVERSATIONS = frozenset({"conversation"})
_POSTS = frozenset({"content.brief", "content.published"})
_ENGAGEMENT = _POSTS | {"audience.reaction", "audience.share"}

METRICS: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "first_response": _CONVERSATIONS,
        "next_response": _CONVERSATIONS,
        "resolution": _CONVERSATIONS,
        "answered_share": _CONVERSATIONS,
        "late": _CONVERSATIONS,
        "replies": _CONVERSATIONS,
        "sla_attainment": _CONVERSATIONS,
        "coverage": _CONVERSATIONS,
        "sentiment_shift": _CONVERSATIONS,
        "community_health": _CONVERSATIONS,
        "posts": _POSTS,
        "reach": _POSTS,
        "impressions": _POSTS,
        "click_through_rate": _POSTS,
        "ctr": _POSTS,
        "conversions": _POSTS,
        "cost_per_result": _POSTS,
        "roi": _POSTS,
        "engagement": _ENGAGEMENT,
        "engagement_rate": _ENGAGEMENT,
        "reactions": _ENGAGEMENT | _CONVERSATIONS,
        "received": _POSTS | _CONVERSATIONS,
        "followers": frozenset({"audience.follow"}),
        "follower_growth": frozenset({"audience.follow"}),
    }
)
"""By metric: kinds of events, or names above them. A role that owns none of them has no part in it."""

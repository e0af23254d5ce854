"""A brief as the text that is approved, and what keeps its variants from going out."""

from __future__ import annotations

from collections.abc import Mapping

import regex

from remit.model import Brief, BriefPost, Limits


def text_for(post: BriefPost, channel: str) -> str:
    """The words of a post on one channel."""
    return post.texts.get(channel, post.text)


def plan_text(brief: Brief) -> str:
    """Everything that an approval of the brief covers, as plain text."""
    lines = [brief.title, ""]
    for post in brief.posts:
        slot = post.at.isoformat() if post.at else f"{post.after} after the approval"
        for channel in post.channels:
            lines += [f"[{post.id} on {channel}, {slot}]", text_for(post, channel)]
            lines += [f"picture {image.file}: {image.alt}" for image in post.images]
            lines.append("")
    return "\n".join(lines).rstrip() + "\n"


def variant_problems(brief: Brief, limits: Mapping[str, Limits]) -> tuple[str, ...]:
    """What each network would refuse, in sentences; `limits` by channel."""
    problems = []
    for post in brief.posts:
        for channel in post.channels:
            limit, name = limits[channel], f"{post.id} on {channel}"
            length = len(regex.findall(r"\X", text_for(post, channel)))
            if length > limit.graphemes:
                problems.append(
                    f"{name} has {length} characters and the network takes {limit.graphemes}; "
                    f"shorten it by {length - limit.graphemes}, or give {channel} its own text"
                )
            if not text_for(post, channel).strip() and not post.images:
                problems.append(f"{name} is empty; write its text")
            if len(post.images) > limit.images:
                problems.append(
                    f"{name} has {len(post.images)} pictures and the network takes {limit.images}; "
                    "take some out"
                )
            for image in post.images:
                if not image.alt.strip():
                    problems.append(f"{image.file} of {name} has no alt text; say what it shows")
                elif len(regex.findall(r"\X", image.alt)) > limit.alt_graphemes:
                    problems.append(
                        f"the alt text of {image.file} is longer than the {limit.alt_graphemes} "
                        "characters that the network takes; shorten it"
                    )
    return tuple(problems)

"""A brief as the text that is approved, and what keeps its variants from going out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from mimetypes import guess_type

import regex

from remit.model import Brief, BriefPost, Limits


def text_for(post: BriefPost, channel: str) -> str:
    """The words of a post on one channel."""
    return post.texts.get(channel, post.text)


def plan_text(brief: Brief) -> str:
    """Everything that an approval of the brief covers, as plain text.

    The words of a post are indented, so that none of them can be read as a line of the plan.
    """
    lines = [brief.title, ""]
    for post in brief.posts:
        slot = post.at.isoformat() if post.at else f"{post.after} after the approval"
        for channel in post.channels:
            lines.append(f"[{post.id} on {channel}, {slot}]")
            lines += [f"  {line}" for line in text_for(post, channel).splitlines()]
            lines += [
                f"picture {image.file}: {' '.join(image.alt.split())}" for image in post.images
            ]
            lines.append("")
    return "\n".join(lines).rstrip() + "\n"


def variant_problems(brief: Brief, limits: Mapping[str, Limits]) -> tuple[str, ...]:
    """What each network would refuse, in sentences; `limits` by channel."""
    return tuple(
        dict.fromkeys(
            problem
            for post in brief.posts
            for channel in post.channels
            for problem in (
                *_text_problems(post, channel, limits[channel]),
                *_image_problems(post, channel, limits[channel]),
            )
        )
    )


def _text_problems(post: BriefPost, channel: str, limit: Limits) -> Iterator[str]:
    text, name = text_for(post, channel), f"{post.id} on {channel}"
    length = _length(text)
    if length > limit.graphemes:
        yield (
            f"{name} has {length} characters and the network takes {limit.graphemes}; "
            f"shorten it by {length - limit.graphemes}, or give {channel} its own text"
        )
    if not text.strip() and not post.images:
        yield f"{name} is empty; write its text"


def _image_problems(post: BriefPost, channel: str, limit: Limits) -> Iterator[str]:
    name = f"{post.id} on {channel}"
    if len(post.images) > limit.images:
        yield (
            f"{name} has {len(post.images)} pictures and the network takes {limit.images}; "
            "take some out"
        )
    for image in post.images:
        kind, _ = guess_type(image.file)
        if kind not in limit.mimes:
            yield (
                f"{image.file} of {name} is of a kind that the network does not take; "
                f"save it as one of {', '.join(limit.mimes)}"
            )
        if not image.alt.strip():
            yield f"{image.file} of {name} has no alt text; say what it shows"
        elif _length(image.alt) > limit.alt_graphemes:
            yield (
                f"the alt text of {image.file} has {_length(image.alt)} characters and the network "
                f"takes {limit.alt_graphemes}; shorten it"
            )


def _length(text: str) -> int:
    """In graphemes, which is how networks count."""
    return len(regex.findall(r"\X", text))

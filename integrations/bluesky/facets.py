"""Links, mentions and tags in a text: the network shows as such only what a facet marks.

A facet counts bytes of UTF-8, not characters.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

import regex

_FACET = "app.bsky.richtext.facet"

_OPENS = r"""(?:^|(?<=[\s("'“‘\[«]))"""
# A bare domain is no link: in Indonesian as people type it, `dll.dan` is two words without a space.
_LINK = regex.compile(_OPENS + r"(?:https?://|www\.)[^\s<>\x00-\x1f]+", regex.IGNORECASE)
_MENTION = regex.compile(
    _OPENS + r"@((?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9])(?![\w@])",
    regex.IGNORECASE,
)
_TAG = regex.compile(_OPENS + r"[#＃](?!️)([^\s#＃\u00ad\u2060\u200a-\u200d\u20e2]+)")
_TRAILING = regex.compile(r"""(?:[.,;:!?…"'”’»\]>]|&)+$""")
_TAG_TRAILING = regex.compile(r"\p{P}+$")
_TAG_LONGEST = 64


@dataclass(frozen=True)
class Span:
    """A stretch of the text, in characters, that means something."""

    kind: Literal["link", "mention", "tag"]
    start: int
    end: int
    value: str
    """The address, the handle, or the tag without its sign."""


def find_spans(text: str) -> list[Span]:
    """What is to be marked, in order and without overlap: links before mentions before tags."""
    taken: list[Span] = []
    for span in (*_links(text), *_mentions(text), *_tags(text)):
        if all(span.end <= other.start or span.start >= other.end for other in taken):
            taken.append(span)
    return sorted(taken, key=lambda span: span.start)


def make_facets(text: str, dids: Mapping[str, str]) -> list[dict[str, object]]:
    """Facets of the text. A handle that is not in `dids` (handle to DID) stays plain text."""
    facets: list[dict[str, object]] = []
    for span in find_spans(text):
        feature = _feature(span, dids)
        if feature is not None:
            begin = len(text[: span.start].encode())
            end = begin + len(text[span.start : span.end].encode())
            facets.append({"index": {"byteStart": begin, "byteEnd": end}, "features": [feature]})
    return facets


def handles_in(text: str) -> list[str]:
    """The handles mentioned, each once, in order."""
    return list(dict.fromkeys(span.value for span in find_spans(text) if span.kind == "mention"))


def _feature(span: Span, dids: Mapping[str, str]) -> dict[str, object] | None:
    if span.kind == "link":
        return {"$type": f"{_FACET}#link", "uri": span.value}
    if span.kind == "tag":
        return {"$type": f"{_FACET}#tag", "tag": span.value}
    did = dids.get(span.value)
    return {"$type": f"{_FACET}#mention", "did": did} if did else None


def _links(text: str) -> Iterator[Span]:
    for match in _LINK.finditer(text):
        shown = _without_closers(match.group())
        bare = re.sub(r"(?i)^(https?://|www\.)", "", shown)
        if not bare or not (bare[0].isalnum() or bare[0] == "["):
            continue
        address = shown if shown.lower().startswith("http") else f"https://{shown}"
        yield Span("link", match.start(), match.start() + len(shown), address)


def _without_closers(link: str) -> str:
    """Cut off what belongs to the sentence: punctuation, and brackets that the link did not open."""
    while True:
        cut = _TRAILING.sub("", link)
        if cut.endswith(")") and cut.count(")") > cut.count("("):
            cut = cut[:-1]
        if cut == link:
            return link
        link = cut


def _mentions(text: str) -> Iterator[Span]:
    for match in _MENTION.finditer(text):
        yield Span("mention", match.start(), match.end(), match.group(1).lower())


def _tags(text: str) -> Iterator[Span]:
    for match in _TAG.finditer(text):
        tag = _TAG_TRAILING.sub("", match.group(1))
        if tag and not tag.isdigit() and len(regex.findall(r"\X", tag)) <= _TAG_LONGEST:
            yield Span("tag", match.start(), match.start() + 1 + len(tag), tag)

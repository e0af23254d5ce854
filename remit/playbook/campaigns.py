"""The shape of a brief: campaigns/*.yaml."""

from __future__ import annotations

from typing import Any

from remit.model import Brief, BriefPost, Image, Where
from remit.playbook.bundle import IMAGES
from remit.playbook.language import GOAL
from remit.playbook.nodes import Node, shown
from remit.playbook.notes import Reading
from remit.playbook.scalars import Length, Moment, Name, Number, Text
from remit.playbook.shapes import Field, ListOf, MapOf, Place, Record
from remit.playbook.texts import LANGUAGE


class ImageFile(Text):
    """The path of an image that is in the bundle, from the brand's folder or from campaigns/."""

    def __init__(self) -> None:
        super().__init__("the path of an image", example="images/cup.png")

    def read(self, node: Node, reading: Reading) -> str | None:
        path = super().read(node, reading)
        if path is None:
            return None
        files = reading.notes.files
        for known in (path.removeprefix("./"), f"campaigns/{path.removeprefix('./')}"):
            if known in files and known.lower().endswith(IMAGES):
                return known
        remedy = reading.meant(
            path, reading.notes.images, f"put it below images/ as {', '.join(IMAGES)}"
        )
        reading.note(
            node.line, f"the image is not in the brand's folder; found {shown(path)}; {remedy}"
        )
        return None


def _image(values: dict[str, Any], _: Place) -> Image:
    return Image(**values)


IMAGE = Record(
    "an image",
    {
        "file": Field(ImageFile(), "Its path from the brand's folder.", required=True),
        "alt": Field(
            Text(),
            "What it shows, for who cannot see it.",
            required=True,
            such=("A blue cup on a wooden table",),
        ),
    },
    _image,
)


def _post(values: dict[str, Any], place: Place) -> BriefPost | None:
    stray = [channel for channel in values.get("texts", {}) if channel not in values["channels"]]
    for channel in stray:
        place.reading.note(
            place.line,
            f"texts has words for a channel that the post does not go to; found {channel}; "
            "add it to channels, or remove them",
        )
    for many in ("channels", "images", "topics"):
        values[many] = tuple(values.get(many, ()))
    return None if stray else BriefPost(**values)


POST = Record(
    "a post",
    {
        "id": Field(Name(example="teaser"), "Its name in this brief.", required=True),
        "channels": Field(ListOf(Name("channel")), "Where it goes.", required=True),
        "text": Field(Text(), "Its words.", required=True, such=("Ada yang baru, Senin. ☕",)),
        "texts": Field(
            MapOf(
                Text(example="Ada yang baru, Senin."),
                says="The words of the post on this channel.",
                keys=Name("channel"),
            ),
            "Other words for a channel that needs them.",
        ),
        "images": Field(ListOf(IMAGE), "Its pictures."),
        "topics": Field(ListOf(Name("topic")), "What it is about; a hold may name it."),
        "language": Field(LANGUAGE, "The language of its words."),
        "at": Field(Moment(), "When it goes out."),
        "after": Field(
            Length(zero=True), "How long after the approval it goes out.", such=("30m", "2d")
        ),
    },
    _post,
    exactly_one=("at", "after"),
)


def _brief(values: dict[str, Any], place: Place) -> Brief | None:
    posts = values["posts"]
    seen: set[str] = set()
    for post in posts:
        if post.id in seen:
            place.reading.note(
                place.line,
                f"the posts of a brief have ids of their own; found {post.id} twice; rename one",
            )
            return None
        seen.add(post.id)
    values["posts"] = tuple(posts)
    values["goals"] = tuple(values.get("goals", ()))
    return Brief(**values, where=Where(file=place.reading.file, line=place.line))


class BriefId(Name):
    """Declares the brief across files."""

    def read(self, node: Node, reading: Reading) -> str | None:
        name = super().read(node, reading)
        if name is None or not reading.declare("campaign", name, node.line):
            return None
        return name


BRIEF = Record(
    "a brief",
    {
        "id": Field(BriefId(example="launch"), "Its name.", required=True),
        "title": Field(
            Text(), "Its name for people.", required=True, such=("The new cup of the season",)
        ),
        "objective": Field(
            Text(), "What it is for.", such=("Bring 2,000 people to try the new cup in a week.",)
        ),
        "audience": Field(
            Text(), "Whom it is meant for.", such=("People in Jakarta who drink iced coffee.",)
        ),
        "owner": Field(Name("role"), "The role that is accountable.", required=True, such=("smm",)),
        "writer": Field(Name("person"), "Who wrote it."),
        "budget": Field(Number("an amount", least=0), "What it may cost.", such=(7_500_000,)),
        "goals": Field(ListOf(GOAL), "What it aims for."),
        "posts": Field(ListOf(POST), "What goes out.", required=True),
    },
    _brief,
)

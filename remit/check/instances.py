"""From what a search found to one whole event."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal

from remit.check.search import Found
from remit.check.space import Space
from remit.decide.domains import INTEGERS
from remit.model import KINDS, Author, Event

UNHEARD_OF = "kind.unheard-of"
_OPTIONAL = (
    "text",
    "language",
    "under",
    "reach",
    "sentiment",
    "toxicity",
    "metric",
    "value",
    "change",
)


def event_of(space: Space, found: Found) -> Event:
    """An event of the first cell of what was found, with a text that holds just its topics."""
    return _event(space.cell(found.mask), space.texts.compose(found.phrases))


def event_of_no_kind(space: Space) -> Event:
    """An event that only `otherwise` may take: its kind is not in the hierarchy."""
    assert UNHEARD_OF not in KINDS
    return _event({**space.cell(space.full), "kind": UNHEARD_OF}, None)


def plainest(event: Event, still: Callable[[Event], bool]) -> Event:
    """The same event without whatever it can do without and be `still` what it shows."""
    for name in _OPTIONAL:
        if getattr(event, name) is not None:
            event = _if(still, event.model_copy(update={name: None}), event)
    for name in event.fields:
        fewer = {key: value for key, value in event.fields.items() if key != name}
        event = _if(still, event.model_copy(update={"fields": fewer}), event)
    for name in Author.model_fields:
        author = event.author
        if author is not None and getattr(author, name) is not None:
            less = author.model_copy(update={name: None})
            update = {"author": None if less == Author() else less}
            event = _if(still, event.model_copy(update=update), event)
    return event


def _if(still: Callable[[Event], bool], plainer: Event, event: Event) -> Event:
    return plainer if still(plainer) else event


def _event(said: Mapping[str, object], text: str | None) -> Event:
    values: dict[str, object] = {"id": "1", "text": text}
    author: dict[str, object] = {}
    fields: dict[str, object] = {}
    for name, value in said.items():
        if value is None:
            continue
        plain = int(value) if name in INTEGERS and isinstance(value, Decimal) else value
        if name.startswith("fields."):
            fields[name.removeprefix("fields.")] = plain
        elif name.startswith("author."):
            author[name.removeprefix("author.")] = plain
        else:
            values[name] = plain
    return Event.model_validate({**values, "author": author or None, "fields": fields})


__all__ = ["event_of", "event_of_no_kind", "plainest"]

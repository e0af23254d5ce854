"""What a change of the playbook does, told like a release note to whoever reads no YAML.

Names and titles come from the playbooks, so whoever prints a note escapes it for where it goes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property

from remit.check.diff import Change, Differences
from remit.check.redefined import Redefined
from remit.cli.charter.conditions import Conditions
from remit.cli.charter.english import ENGLISH
from remit.cli.charter.speech import Speech, quoted, spaced
from remit.cli.regions import region
from remit.cli.treatment import defined, differing
from remit.model import OTHERWISE, Approval, Event, Outcome, Play, Playbook, Role, Rule, Topic

_TONGUE = replace(
    ENGLISH,
    conditions=replace(
        ENGLISH.conditions,
        everything="everything that no rule above takes",
        everything_else="everything that no rule above takes",
        otherwise="whatever no rule asks for",
        unforeseen="whatever no rule asks for",
        topics_any="about any topic of the playbook",
        topics_none="about none of the topics of the playbook",
        channel_other="at an account that the playbook does not declare",
    ),
)
_NO_RULE = Rule(id=OTHERWISE, outcome=Outcome(owner="", play=Play.triage))


@dataclass(frozen=True, slots=True)
class Item:
    """One change: who gains what of whom, why, and what is done otherwise."""

    title: str
    why: str
    parts: tuple[tuple[str, str, str], ...]
    """(part, as it was, as it is)."""
    event: Event


@dataclass(frozen=True, slots=True)
class ReleaseNote:
    head: str
    tally: tuple[str, ...]
    """A sentence for each role that gains or loses."""
    items: tuple[Item, ...]
    """What changes owner comes first."""
    words: tuple[str, ...]
    """Topics that mean something else now."""
    names: tuple[tuple[str, str, str], ...]
    """(name and who uses it, what it stood for, what it stands for now)."""
    undecided: tuple[str, ...]


def release_note(found: Differences, old: Playbook, new: Playbook) -> ReleaseNote:
    """All that was found, in sentences."""
    telling = _Telling(old, new)
    ordered = sorted(found.changes, key=lambda change: _owner(change.old) == _owner(change.new))
    return ReleaseNote(
        head=_head(found),
        tally=tuple(telling.tally(found.changes)),
        items=tuple(map(telling.item, ordered)),
        words=tuple(telling.words()) if found.changes else (),
        names=tuple(map(telling.name, found.redefined)),
        undecided=found.undecided,
    )


def _head(found: Differences) -> str:
    count = len(found.changes)
    if count:
        return f"{_kinds(count)} {'changes' if count == 1 else 'change'} owner or treatment."
    if found.undecided:
        return "Whether any event is decided otherwise is not known."
    return "No event is decided otherwise."


class _Telling:
    """Two playbooks, in English."""

    def __init__(self, old: Playbook, new: Playbook) -> None:
        self._old, self._new = old, new
        self._was, self._now = Speech(_TONGUE, old), Speech(_TONGUE, new)
        both = new.model_copy(
            update={
                "roles": {**old.roles, **new.roles},
                "channels": {**old.channels, **new.channels},
                "fields": {**old.fields, **new.fields},
            }
        )
        self._conditions = Conditions(Speech(_TONGUE, both), {})
        self._before, self._after = _rules(old), _rules(new)

    def item(self, change: Change) -> Item:
        what = self._conditions.brief(self._region(change))
        return Item(
            title=self._title(change, what),
            why=self._why(change),
            parts=tuple(differing(change.old, change.new, self._was, self._now)),
            event=change.event,
        )

    def tally(self, changes: Iterable[Change]) -> Iterator[str]:
        gains: Counter[str] = Counter()
        losses: Counter[str] = Counter()
        for change in changes:
            before, after = _owner(change.old), _owner(change.new)
            if before != after:
                losses.update([before] if before else [])
                gains.update([after] if after else [])
        for role in dict.fromkeys((*self._new.roles, *self._old.roles)):
            said = [f"gains {_kinds(gains[role])}"] if gains[role] else []
            said += [f"loses {_kinds(losses[role])}"] if losses[role] else []
            if said:
                speech = self._now if role in self._new.roles else self._was
                yield f"{_upper(speech.role(role))} {' and '.join(said)}."

    def words(self) -> Iterator[str]:
        for name in sorted(self._redefined):
            before, after = self._old.topics[name], self._new.topics[name]
            parts = (
                ("now also holds for", _more(after.words, before.words)),
                ("no longer holds for", _more(before.words, after.words)),
                ("now makes an exception of", _more(after.without, before.without)),
                ("no longer makes an exception of", _more(before.without, after.without)),
            )
            said = (
                f"{verb} {self._now.both(map(quoted, words))}" for verb, words in parts if words
            )
            yield f"Topic {quoted(spaced(name))} {'; '.join(said)}."

    def name(self, one: Redefined) -> tuple[str, str, str]:
        used = self._now.both(one.rules)
        if isinstance(one.new, Role):
            sort = f"Working hours of {self._now.role(one.name)}, which due times count"
        elif isinstance(one.new, Approval):
            sort = f"Approval {one.name}"
        else:
            sort = f"Escalation {one.name}"
        return (
            f"{sort} (used by {used})",
            defined(one.old, self._old, self._was),
            defined(one.new, self._new, self._now),
        )

    # ---------------------------------------------------------------------------------------------

    @cached_property
    def _redefined(self) -> frozenset[str]:
        """Topics of one name that mean two things."""
        return frozenset(
            name
            for name in self._old.topics.keys() & self._new.topics.keys()
            if _meaning(self._old.topics[name]) != _meaning(self._new.topics[name])
        )

    def _region(self, change: Change) -> Rule:
        old = self._before.get(change.old_rule or "", _NO_RULE)
        new = self._after.get(change.new_rule or "", _NO_RULE)
        if change.old_rule in {OTHERWISE, None} and change.new_rule in {OTHERWISE, None}:
            return _NO_RULE
        return region(old, new, self._redefined)

    def _title(self, change: Change, what: str) -> str:
        old, new = change.old, change.new
        if new is None:
            return f"Nobody owns any longer: {what}."
        if old is None:
            return f"{_upper(self._now.role(new.owner))} gains, and nobody had: {what}."
        if old.owner == new.owner:
            return f"{_upper(self._now.role(new.owner))} keeps, and treats otherwise: {what}."
        return (
            f"{_upper(self._now.role(new.owner))} gains from {self._was.role(old.owner)}: {what}."
        )

    def _why(self, change: Change) -> str:
        old, new = change.old_rule, change.new_rule
        if old == new:
            return f"{_named(old)} takes them, before and after."
        return f"{self._taken(old)}; {self._takes(new, old)}."

    def _taken(self, name: str | None) -> str:
        """The old rule, and what became of it."""
        if name is None:
            return "No rule took them"
        said = f"{_named(name)} took them"
        if name == OTHERWISE:
            return said
        if name not in self._after:
            return f"{said} and is gone"
        if self._before[name].when != self._after[name].when:
            return f"{said} and now asks for {self._conditions.brief(self._after[name])}"
        return said

    def _takes(self, name: str | None, instead_of: str | None) -> str:
        """The new rule, and what it was."""
        if name is None:
            return "no rule takes them now"
        if name == OTHERWISE:
            return "otherwise takes them now"
        if name not in self._before:
            return f"the new rule {name} takes them now"
        if self._before[name].when != self._after[name].when:
            asked = self._conditions.brief(self._before[name])
            return f"rule {name}, which asked for {asked}, takes them now"
        if self._passed(name, instead_of):
            return f"rule {name}, which stood below it, takes them now"
        return f"rule {name} takes them now"

    def _passed(self, name: str, other: str | None) -> bool:
        """Whether one rule stood below the other and stands above it now."""
        orders = [list(rules) for rules in (self._before, self._after)]
        if any(other not in order for order in orders):
            return False
        was, now = (order.index(name) < order.index(other) for order in orders)  # type: ignore[arg-type]
        return now and not was


def _rules(playbook: Playbook) -> dict[str, Rule]:
    rules = {rule.id: rule for rule in playbook.rules}
    last = playbook.otherwise
    return (
        rules if last is None else {**rules, OTHERWISE: last.model_copy(update={"id": OTHERWISE})}
    )


def _owner(outcome: Outcome | None) -> str | None:
    return None if outcome is None else outcome.owner


def _named(rule: str | None) -> str:
    return "Otherwise" if rule == OTHERWISE else f"Rule {rule}"


def _kinds(count: int) -> str:
    return "1 kind of event" if count == 1 else f"{count:,} kinds of events"


def _meaning(topic: Topic) -> tuple[frozenset[str], frozenset[str]]:
    return frozenset(topic.words), frozenset(topic.without)


def _more(these: Iterable[str], those: Iterable[str]) -> list[str]:
    known = set(those)
    return [word for word in these if word not in known]


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:]

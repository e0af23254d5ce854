"""What a rule takes, as the name of a thing: "comments under a campaign post about “refund”"."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from remit.cli.charter.speech import Speech, network, quoted, spaced
from remit.decide.facts import HOURS, TOPIC
from remit.decide.match import takes_kind
from remit.model import (
    KINDS,
    OTHERWISE,
    UNDER,
    AnyOf,
    Exists,
    FieldTest,
    HoldsTopics,
    NoneOf,
    Range,
    Rule,
    Scalar,
    Test,
    When,
)

_ORDER = (
    "kind",
    "under",
    TOPIC,
    "author.relation",
    "author.verified",
    "author.followers",
    "platform",
    "channel",
    "language",
    "metric",
    "value",
    "change",
    "reach",
    "sentiment",
    "toxicity",
)
"""What is said first. The brand's own fields follow, then hours."""
_BOUNDS = ("at_least", "more_than", "at_most", "less_than")
_OTHER = "other"


class Conditions:
    """Conditions in words; no id, no key and no operator of the playbook language is among them."""

    def __init__(self, speech: Speech, samples: Mapping[str, Sequence[str]]) -> None:
        self._speech = speech
        self._samples = samples
        self._words = speech.tongue.conditions
        self._vocabulary = speech.tongue.vocabulary
        self._values: dict[str, Callable[[list[Scalar], bool], str]] = {
            "under": self._under,
            "author.relation": self._relation,
            "author.verified": self._verified,
            "platform": self._platform,
            "channel": self._channel,
            "language": self._language,
            "metric": self._metric,
        }

    def full(self, rule: Rule) -> str:
        """What a rule takes, with some words for each topic."""
        return self._rule(rule, brief=False)

    def brief(self, rule: Rule) -> str:
        """What a rule takes, in as few words as will do."""
        return self._rule(rule, brief=True)

    def merged(self, rules: Iterable[Rule]) -> list[str]:
        """The same for many; rules that differ in their topics alone are said in one."""
        kept: dict[object, list[Rule]] = {}
        for rule in rules:
            kept.setdefault(_but_topics(rule), []).append(rule)
        said: list[str] = []
        for alike in kept.values():
            if len(alike) > 1:
                topics = dict.fromkeys(name for rule in alike for name in _topics_of(rule))
                together = HoldsTopics(any=tuple(topics))
                rest = tuple(test for test in alike[0].when.all if test.field != TOPIC)
                when = When(all=(*rest, FieldTest(field=TOPIC, test=together)))
                alike = [alike[0].model_copy(update={"when": when})]  # noqa: PLW2901 - one for all
            said.append(self.brief(alike[0]))
        return said

    # The whole -----------------------------------------------------------------------------------

    def _rule(self, rule: Rule, *, brief: bool) -> str:
        if rule.id == OTHERWISE:
            return self._words.unforeseen if brief else self._words.otherwise
        when = rule.when
        if not when.all and not any(when.any):
            first = self._speech.playbook.rules[:1] == (rule,)
            return self._words.everything if first else self._words.everything_else
        kind = next((test for test in when.all if test.field == "kind"), None)
        rest = [test for test in when.all if test is not kind]
        said = self._qualifiers(rest, brief=brief)
        head = self._head(kind, brief=brief and bool(said or when.any))
        whole = [head, *said] if len(said) < 3 else [f"{head} {said[0]}", *said[1:]]
        parts = [" ".join(whole)] if len(said) < 3 else whole
        if when.any and all(when.any):
            choice = self._choice(when.any, brief=brief, alone=not said)
            parts = [f"{parts[0]} {choice}"] if not said else [*parts, choice]
        return ", ".join(part.rstrip(",") for part in parts)

    def _head(self, kind: FieldTest | None, *, brief: bool) -> str:
        names = _families(kind.test) if kind is not None else None
        if names is None:
            return self._words.anything
        return self._words.messages if brief and names == ["conversation"] else self._kinds(names)

    def _choice(self, mappings: Sequence[Sequence[FieldTest]], *, brief: bool, alone: bool) -> str:
        branches = [" ".join(self._qualifiers(mapping, brief=brief)) for mapping in mappings]
        if len(branches) == 1:
            return branches[0]
        if len(branches) == 2:
            form = self._words.choice if alone else self._words.either
            return form.format(left=branches[0], right=branches[1])
        return self._words.one_of.format(list="; ".join(branches))

    def _qualifiers(self, tests: Iterable[FieldTest], *, brief: bool) -> list[str]:
        ordered = sorted(tests, key=lambda test: _place(test.field))
        return [said for test in ordered if (said := self._qualifier(test, brief=brief))]

    def _qualifier(self, asked: FieldTest, *, brief: bool) -> str:
        field, test = asked.field, asked.test
        if field == TOPIC:
            return self._topics(held(test), test, brief=brief)
        if field in HOURS:
            return self._hours(asked)
        if isinstance(test, Exists):
            return self._existing(field, exists=test.exists)
        if field == "kind":
            names = _families(test)
            return "" if names is None else self._words.are.format(kinds=self._kinds(names))
        values = _values(test)
        if field in self._values:
            return self._values[field](values, isinstance(test, NoneOf))
        return self._other(field, test)

    # Fields --------------------------------------------------------------------------------------

    def _kinds(self, names: Iterable[str]) -> str:
        known = self._vocabulary.kinds
        return self._speech.things(known[name] for name in names) or self._words.never

    def _under(self, values: list[Scalar], negative: bool) -> str:
        if negative and "none" in values:  # not nowhere
            named = [self._vocabulary.under[place] for place in UNDER if place not in values]
            return self._speech.either([*named, self._words.under_unknown])
        places = self._speech.either(self._vocabulary.under[str(value)] for value in values)
        return self._words.under_not.format(places=places) if negative else places

    def _relation(self, values: list[Scalar], negative: bool) -> str:
        people = self._speech.either(self._vocabulary.relations[str(value)] for value in values)
        form = self._words.relation_not if negative else self._words.relation
        return form.format(people=people)

    def _verified(self, values: list[Scalar], negative: bool) -> str:
        words = self._words
        if len(set(values)) > 1:
            return self._existing("author.verified", exists=not negative)
        if negative:
            return words.not_verified if values[0] else words.not_unverified
        return words.verified if values[0] else words.unverified

    def _platform(self, values: list[Scalar], negative: bool) -> str:
        form = self._words.platform_not if negative else self._words.platform
        return form.format(names=self._speech.either(network(str(value)) for value in values))

    def _channel(self, values: list[Scalar], negative: bool) -> str:
        words, known = self._words, self._speech.playbook.channels
        named = [str(value) for value in values if str(value) in known]
        if not named:
            return words.channel_other
        said = self._speech.either(map(self._speech.account, named))
        return (words.channel_not if negative else words.channel).format(names=said)

    def _language(self, values: list[Scalar], negative: bool) -> str:
        form = self._words.language_not if negative else self._words.language
        return form.format(
            names=self._speech.either(self._speech.language(str(value)) for value in values)
        )

    def _metric(self, values: list[Scalar], negative: bool) -> str:
        form = self._words.metric_not if negative else self._words.metric
        names = (quoted(spaced(str(value))) for value in values)
        return form.format(names=self._speech.either(names))

    def _other(self, field: str, test: Test) -> str:
        """A number, or a field of the brand's own."""
        words, known = self._words, self._vocabulary.numbers
        if field in known:
            return known[field].format(amount=self._amount(test))
        own = self._speech.playbook.fields.get(field.removeprefix("fields."))
        name = quoted(spaced(field.removeprefix("fields.")))
        if own is not None and own.number:
            return words.own_number.format(name=name, amount=self._amount(test))
        form = words.own_not if isinstance(test, NoneOf) else words.own
        values = self._speech.either(quoted(spaced(str(value))) for value in _values(test))
        return form.format(name=name, values=values)

    def _amount(self, test: Test) -> str:
        if isinstance(test, Range):
            given = ((bound, getattr(test, bound)) for bound in _BOUNDS)
            return self._speech.both(
                self._vocabulary.bounds[bound].format(n=self._speech.number(value))
                for bound, value in given
                if value is not None
            )
        form = self._words.number_but if isinstance(test, NoneOf) else self._words.exactly
        numbers = (
            self._speech.number(value) for value in _values(test) if not isinstance(value, str)
        )
        return form.format(n=self._speech.either(numbers))

    def _existing(self, field: str, *, exists: bool) -> str:
        own = field.startswith("fields.")
        name = (
            quoted(spaced(field.removeprefix("fields."))) if own else self._vocabulary.nouns[field]
        )
        form = self._words.known if exists else self._words.unknown
        return form.format(name=name)

    def _topics(self, asked: HoldsTopics, test: Test, *, brief: bool) -> str:
        words = self._words
        if isinstance(test, Exists):
            return words.topics_any if test.exists else words.topics_none

        def told(names: Iterable[str], join: Callable[[Iterable[str]], str]) -> str:
            return join(self._topic(name, brief=brief) for name in names)

        said: list[str] = []
        if asked.any:
            said.append(words.topics.format(topics=told(asked.any, self._speech.either)))
        if asked.all:
            form = words.topics if len(asked.all) == 1 else words.topics_all
            said.append(form.format(topics=told(asked.all, self._speech.both)))
        if asked.none:
            said.append(words.topics_not.format(topics=told(asked.none, self._speech.either)))
        return self._speech.both(said)

    def _topic(self, name: str, *, brief: bool) -> str:
        title = quoted(spaced(name))
        words = () if brief else self._samples.get(name, ())
        if not words:
            return title
        said = self._words.words.format(words=", ".join(map(quoted, words)))
        return f"{title} ({said})"

    def _hours(self, asked: FieldTest) -> str:
        words, test = self._words, asked.test
        if isinstance(test, Exists):  # every event has a time
            return "" if test.exists else words.never
        roles = list(dict.fromkeys(map(str, _values(test))))
        any_role, every = self._speech.any_role(roles), self._speech.roles(roles)
        if HOURS[asked.field]:
            if isinstance(test, NoneOf):
                return words.within_none.format(roles=any_role)
            return words.within.format(roles=any_role)
        if isinstance(test, NoneOf):
            return (words.within if len(roles) == 1 else words.within_all).format(roles=every)
        return (words.outside if len(roles) == 1 else words.outside_any).format(roles=every)


def _families(test: Test) -> list[str] | None:
    """The kinds that pass, a whole family by its name; None where all do."""
    passing = [kind for kind in KINDS if takes_kind(test, kind)]
    if len(passing) == len(KINDS):
        return None
    names: list[str] = []
    for kind in passing:
        family = kind.partition(".")[0]
        whole = all(each in passing for each in KINDS if each.startswith(f"{family}."))
        names.append(family if whole else kind)
    return list(dict.fromkeys(names))


def held(test: Test) -> HoldsTopics:
    """A test of topics in its general form."""
    if isinstance(test, HoldsTopics):
        return test
    names = tuple(map(str, _values(test)))
    return HoldsTopics(none=names) if isinstance(test, NoneOf) else HoldsTopics(any=names)


def _values(test: Test) -> list[Scalar]:
    return list(dict.fromkeys(test.values)) if isinstance(test, AnyOf | NoneOf) else []


def _place(field: str) -> tuple[int, str]:
    if field in _ORDER:
        return _ORDER.index(field), ""
    return len(_ORDER) + (field in HOURS), field


def _topics_of(rule: Rule) -> tuple[str, ...]:
    """The topics of a rule that asks for any of them and for nothing else of its text."""
    asked = [held(test.test) for test in rule.when.all if test.field == TOPIC]
    if len(asked) != 1 or asked[0].all or asked[0].none or rule.when.any:
        return ()
    return asked[0].any


def _but_topics(rule: Rule) -> object:
    """Equal for rules that differ in their topics alone."""
    if rule.id == OTHERWISE or not _topics_of(rule):
        return rule.id
    return tuple(test for test in rule.when.all if test.field != TOPIC)

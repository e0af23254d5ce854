"""What a language has to say for a charter to be told in it.

A third language is one more value of `Tongue`. Fields in braces are filled by `str.format` with
words that are data: they are never read as forms themselves.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

Counted = tuple[str, str]
"""How one is said, and how many are."""


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The closed vocabularies of the playbook language, and names that many playbooks use."""

    kinds: Mapping[str, str]
    """Many of a kind, and of every name above kinds."""
    one: Mapping[str, str]
    """A single one of a kind."""
    relations: Mapping[str, str]
    """Many of them."""
    relation: Mapping[str, str]
    """A single one."""
    under: Mapping[str, str]
    severities: Mapping[str, str]
    plays: Mapping[str, str]
    """What a role does with what it owns: a heading."""
    tasks: Mapping[str, str]
    """The same as a task of a vacancy, before what it is done with."""
    weekdays: tuple[str, ...]
    """Monday first."""
    months: tuple[str, ...]
    units: Mapping[str, Counted]
    """day, hour, minute, second on the calendar; `{n}`."""
    working: Mapping[str, Counted]
    """The same on the business clock."""
    numbers: Mapping[str, str]
    """A field of a number in a condition; `{amount}`."""
    bounds: Mapping[str, str]
    """at_least, more_than, at_most, less_than; `{n}`."""
    nouns: Mapping[str, str]
    """A field by its name, for what is known or not of it."""
    metrics: Mapping[str, str]
    languages: Mapping[str, str]
    countries: Mapping[str, str]
    zones: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Conditions:
    """The tests of a rule."""

    everything: str
    everything_else: str
    """The same, below other rules."""
    anything: str
    """Head of a condition that names no kind."""
    messages: str
    """Conversations, in short."""
    are: str
    under_not: str
    under_unknown: str
    relation: str
    relation_not: str
    verified: str
    unverified: str
    not_verified: str
    not_unverified: str
    topics: str
    topics_all: str
    topics_not: str
    topics_any: str
    """About any topic at all."""
    topics_none: str
    """About no topic at all."""
    words: str
    """Some words of a topic; `{words}`."""
    platform: str
    platform_not: str
    channel: str
    channel_not: str
    channel_other: str
    language: str
    language_not: str
    metric: str
    metric_not: str
    own: str
    own_not: str
    own_number: str
    exactly: str
    number_but: str
    known: str
    unknown: str
    within: str
    within_none: str
    """While none of these roles works."""
    within_all: str
    """While every one of these roles works."""
    outside: str
    outside_any: str
    """Outside the hours of at least one of these roles."""
    never: str
    choice: str
    """Which of two, where nothing else is asked."""
    either: str
    """Which of two, beside what else is asked."""
    one_of: str
    otherwise: str
    unforeseen: str
    """The same in short."""


@dataclass(frozen=True, slots=True)
class Sentences:
    """Whole sentences about roles and what they do."""

    role: str
    first: str
    then: str
    settled: str
    calendar: str
    consulted: str
    informed: str
    at_once: str
    acknowledged: str
    hold: str
    hold_topics: str
    hold_limit: str
    autopilot: str
    because: str
    example: str
    example_context: str
    example_silent: str
    account: str
    """The account that an example comes from; `{n}` followers."""
    always: str
    every_day: str
    day_range: str
    span: str
    next_day: str
    hours: str
    """`{times}` in `{zone}`."""
    dated_hours: str
    """Hours that hold from a day to a day, both included."""
    day_hours: str
    closed: str
    closed_joint: str
    open_holidays: str
    next_closed: str
    on_call: str
    backup: str
    no_backup: str
    backup_for: str
    answers: str
    other_answers: str
    answers_to: str
    answers_but: str
    campaigns: str
    campaigns_to: str
    campaigns_but: str
    one_yes: str
    many_yes: str
    then_one: str
    then_many: str
    expires: str
    not_writer: str
    verified: str
    no_approval: str
    may_approve: str
    may_approve_own: str
    approves_nothing: str
    ladder: str
    rung_now: str
    rung: str
    as_backup: str
    nobody: str
    called: str
    called_for: str
    brief: str
    """An example of a campaign brief, by its title."""
    figure: str
    at_least: str
    at_most: str
    within: str
    longer: str
    goes_first: str
    even: str
    may_comment: str
    keeps_informed: str
    holds_posts: str
    more: str
    owns_nothing: str
    owns_all: str
    nobody_meets: str
    more_meetings: str
    no_goals: str
    no_ladder: str
    complete: str
    incomplete: str
    date: str


@dataclass(frozen=True, slots=True)
class Labels:
    """What the page itself says: headings and lines that are the same for every playbook."""

    title: str
    lead: str
    lead_open: str
    """The same, where no rule takes what nobody foresaw."""
    picture: str
    picture_note: str
    owner_mark: str
    consulted_mark: str
    informed_mark: str
    role: str
    mission: str
    scope: str
    people: str
    vacant: str
    owns: str
    owns_count: Counted
    owns_none: str
    not_owns: str
    owner_owns: str
    meets: str
    handoff: str
    hours: str
    approvals: str
    escalations: str
    goals: str
    vacancy: str
    everything: str
    everything_note: str
    consulted: str
    informed: str
    what: str
    owner: str
    example: str
    contents: str
    more_things: str
    # The vacancy.
    seeks: str
    field: str
    tasks: str
    approve_task: str
    approve_own_task: str
    called_task: str
    called_for_task: str
    backup_task: str
    not_tasks: str
    not_task: str
    """The owner of what follows."""
    colleagues: str
    languages: str
    judged: str
    apply: str


@dataclass(frozen=True, slots=True)
class Tongue:
    """One language."""

    code: str
    name: str
    thousands: str
    point: str
    clock: str
    """What stands between hours and minutes."""
    minus: str
    pair: str
    """How two are joined with *and*; `{left}`, `{right}`."""
    series: str
    """How the last of many is joined."""
    pair_or: str
    series_or: str
    vocabulary: Vocabulary
    conditions: Conditions
    sentences: Sentences
    labels: Labels

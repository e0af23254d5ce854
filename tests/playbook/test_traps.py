"""The ways in which YAML surprises people, closed; and secrets that no message shows."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest
import yaml

from remit.model import AnyOf, Bundle, Finding, Playbook
from remit.playbook import compose, find_problems, load_playbook, make_bundle
from tests.playbook.conftest import SMALL

MakeBundle = Callable[..., Bundle]


def findings(bundle: Bundle) -> list[str]:
    return list(map(str, find_problems(bundle)[1]))


@pytest.fixture(params=["C", "pure"])
def parser(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """The parser in C, and the one that stands in where it was not built."""
    if request.param == "pure":
        monkeypatch.setattr(compose, "_LOADER", yaml.SafeLoader)
    return str(request.param)


@pytest.mark.parametrize(
    "word", ["12:30", "no", "off", "yes", "on", "1_000", "0x1F", "017", "2027-03-01", "=", "1e"]
)
def test_a_plain_word_is_the_text_that_was_typed(small: MakeBundle, parser: str, word: str) -> None:
    playbook = load_playbook(small(f"otherwise: {{owner: cm, play: log, because: {word}}}\n"))

    assert playbook.otherwise is not None
    assert playbook.otherwise.outcome.because == word


@pytest.mark.parametrize("word", ["yes", "no", "on", "off", "True", "FALSE", "1", "'true'"])
def test_only_true_and_false_are_true_and_false(small: MakeBundle, parser: str, word: str) -> None:
    rule = f"rules: [{{id: a, when: {{author.verified: {word}}}, owner: cm, play: log}}]\n"

    (message,) = findings(small(rule))

    assert "author.verified must be true or false" in message


@pytest.mark.parametrize(
    ("literal", "number"),
    [
        ("0.1", "0.1"),
        ("1.10", "1.10"),
        ("-0.5", "-0.5"),
        ("1e3", "1E+3"),
        ("1234567890123456789012345678901234", "1234567890123456789012345678901234"),
        ("1e-30", "1E-30"),
    ],
)
def test_a_number_is_exactly_its_literal(small: MakeBundle, literal: str, number: str) -> None:
    rule = f"rules: [{{id: a, when: {{value: {literal}}}, owner: cm, play: log}}]\n"

    (test,) = load_playbook(small(rule)).rules[0].when.all

    assert test.test == AnyOf(values=(Decimal(number),))
    assert isinstance(test.test, AnyOf)
    assert str(test.test.values[0]) == number


@pytest.mark.parametrize(
    "literal",
    [".nan", ".inf", "-.inf", "1e31", "1e-31", "1e999999999999", "1" * 35, "1" * 5000, "+1", "'1'",
     "1.", "007", "NaN", "Infinity", "١"],
)  # fmt: skip
def test_what_is_no_exact_number_is_refused(small: MakeBundle, literal: str) -> None:
    rule = f"rules: [{{id: a, when: {{value: {literal}}}, owner: cm, play: log}}]\n"

    (message,) = findings(small(rule))

    assert "PB001 value must be a number" in message
    assert len(message) < 400


def test_a_repeated_key_names_both_lines(small: MakeBundle, parser: str) -> None:
    assert findings(small("timezone: UTC\ntimezone: UTC\n")) == [
        (
            "playbook.yaml:9: PB001 the key 'timezone' is repeated; "
            "found it on line 8 and on line 9; keep one"
        )
    ]


@pytest.mark.parametrize(
    "line",
    [
        "topics: {a: &x [b]}",
        "topics: {a: *x}",
        "topics: {<<: {a: [b]}}",
        "topics: {a: !!python/name:os.system [b]}",
        "topics: {a: !secret [b]}",
        "topics: {a: ! [b]}",
        "topics: {? [a] : [b]}",
        "topics: {{ a }}",
        "%TAG ! tag:example.com,2000:\n---",
        "a: 1\n--- b",
        "topics: [",
        "\ttopics: {}",
        "topics: 'a",
        'topics: "\\q"',
        "topics: @a",
        "topics: a: b",
        "- a",
        "\x07",
    ],
)
def test_what_is_no_part_of_the_language_is_pb001_with_its_line(
    small: MakeBundle, parser: str, line: str
) -> None:
    playbook, found = find_problems(small(line + "\n"))

    assert playbook is None
    assert {finding.code for finding in found} == {"PB001"}
    assert all(8 <= finding.line <= 10 for finding in found)


@pytest.mark.parametrize("opening", ["[", "{a: ", "- ", "? "])
def test_a_file_that_only_nests_is_refused_at_once(parser: str, opening: str) -> None:
    bundle = Bundle(files={"playbook.yaml": (opening * 5000).encode()}, hash="")

    (finding,) = find_problems(bundle)[1]

    assert finding.code == "PB001"


def test_a_mark_of_byte_order_and_windows_lines_are_taken(small: MakeBundle) -> None:
    plain = small("timezone: UTC\n")
    text = b"\xef\xbb\xbf" + plain.files["playbook.yaml"].replace(b"\n", b"\r\n")

    windows = load_playbook(Bundle(files={"playbook.yaml": text}, hash=plain.hash))

    assert windows == load_playbook(plain)


@pytest.mark.parametrize(
    ("encoding", "word", "found"),
    [
        ("utf-16", "café", "1: PB001 not UTF-8 text; found UTF-16; save the file as UTF-8"),
        (
            "utf-16-le",
            "cafe",
            r"1: PB001 a character that no text has; found '\x00'; save the file as UTF-8 text",
        ),
        ("cp1252", "café", "8: PB001 not UTF-8 text; found other bytes; save the file as UTF-8"),
    ],
)
def test_a_file_of_another_encoding_is_named(
    small: MakeBundle, encoding: str, word: str, found: str
) -> None:
    text = small(f"timezone: {word}\n").files["playbook.yaml"].decode()
    bundle = make_bundle({"playbook.yaml": text.encode(encoding)})

    assert findings(bundle) == [f"playbook.yaml:{found}"]


SECRET = "hunter2-hunter2"  # what a person might paste


@pytest.mark.parametrize(
    "lines",
    [
        "channels: {bsky: {platform: bluesky, credentials: SECRET}}",
        "channels: {bsky: {platform: bluesky, credentials: [SECRET]}}",
        "channels: {bsky: {platform: bluesky, credentials: env:SECRET}}",
        "channels: {bsky: {platform: bluesky, credentials: 'env:A SECRET'}}",
        "channels: {bsky: {platform: bluesky, credentials: *SECRET}}",
        "channels: {bsky: {platform: bluesky, credentials: &SECRET x}}",
        "channels: {bsky: {platform: bluesky, credentials: !SECRET x}}",
        "channels: {bsky: {platform: bluesky, credentials: '\\SECRET}}",
        "channels: {bsky: {platform: bluesky, credentials: @SECRET}}",
        "channels: {bsky: {platform: bluesky, credentials: a: SECRET}}",
        "channels: {bsky: {platform: bluesky, password: SECRET}}",
        "channels: {bsky: {platform: bluesky, url: 'https://me:SECRET@example.com'}}",
        "channels: {bsky: {platform: bluesky, url: 'ftp://me:SECRET@example.com'}}",
        "notify: {sari: 'mailto://sari:SECRET@example.com'}",
        "notify: 'mailto://sari:SECRET@example.com'",
    ],
)
def test_a_secret_typed_in_place_is_refused_and_not_shown(
    small: MakeBundle, parser: str, lines: str
) -> None:
    messages = findings(small(lines.replace("SECRET", SECRET) + "\n"))

    assert messages
    assert all("PB001" in message for message in messages)
    assert SECRET not in " ".join(messages)


def test_what_was_found_is_shown_without_control_characters(small: MakeBundle) -> None:
    bundle = small('timezone: "\\e[31m\\u202e"\ntopics: {"\\e[31m": ["a"], "b\\e": 1}\n')

    messages = "".join(findings(bundle))

    assert "\x1b" not in messages
    assert "\u202e" not in messages


def test_one_mistake_in_a_section_is_not_reported_again_where_it_is_used(
    small: MakeBundle,
) -> None:
    rule = "rules: [{id: a, when: {topic: refund}, owner: cm, play: log}]\n"

    assert findings(small("topics: [refund]\n" + rule)) == [
        (
            "playbook.yaml:8: PB001 topics must be a mapping from each topic to what it is; "
            "found a list; write an indented line `id: ...` for each"
        )
    ]
    assert findings(small("topics: {refund: []}\n" + rule)) == [
        (
            "playbook.yaml:8: PB001 refund is an empty list; found []; "
            "put something in it, or remove the key"
        )
    ]


@pytest.mark.parametrize("typed", ["community-manager", "Comunity-Manager", "COMMUNITY-MANAGER"])
def test_what_was_meant_is_found_whatever_its_case(small: MakeBundle, typed: str) -> None:
    declared = SMALL.replace("  cm:", "  Community-Manager:").replace("[cm]", "[Community-Manager]")
    text = declared + f"otherwise: {{owner: {typed}, play: log}}\n"

    (message,) = findings(make_bundle({"playbook.yaml": text.encode()}))

    assert message.endswith("did you mean Community-Manager?")


def test_findings_come_in_the_order_of_files_and_lines(small: MakeBundle) -> None:
    bundle = small(
        "zone: UTC\nlanguage: [id]\n",
        {"templates/a.j2": "no front matter", "contacts.csv": "a\n", "campaigns/a.yaml": "x: 1\n"},
    )

    found: tuple[Finding, ...] = find_problems(bundle)[1]

    places = [(finding.file != "playbook.yaml", finding.file, finding.line) for finding in found]
    assert places == sorted(places)
    assert found[0].file == "playbook.yaml"


def test_a_finding_within_a_rule_carries_its_id(small: MakeBundle) -> None:
    rules = "rules: [{id: a, when: {}, owner: cmm, play: logg}]\n"

    assert {finding.rule for finding in find_problems(small(rules))[1]} == {"a"}


def test_without_its_fields_a_contact_is_still_a_contact(small: MakeBundle) -> None:
    playbook: Playbook = load_playbook(
        small("", {"contacts.csv": "handle,platform\n\n@a , bluesky\n"})
    )

    assert [(one.platform, one.handle, one.relation) for one in playbook.contacts] == [
        ("bluesky", "@a", None)
    ]

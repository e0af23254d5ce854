"""Whatever the files hold, reading ends in a playbook or in findings, and nothing else."""

from __future__ import annotations

import random
import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from remit.model import Bundle, Playbook, PlaybookError
from remit.playbook import find_problems, load_playbook, make_bundle

SCRAPS = (
    b"", b" ", b"\n", b"\t", b":", b": ", b"- ", b"[", b"]", b"{", b"}", b"*", b"&a ", b"*a", b"!!int ",
    b"'", b'"', b"#", b"|", b">", b"?", b"---\n", b"...\n", b"<<: ", b"~", b"null", b"true", b"no", b"12:30",
    b"1e400", b"-1", b".inf", b"[]", b"{}", b"any", b"otherwise", b"owner", b"\x00", b"\xff", b"\xed\xa0\x80",
    b"\xc2\x85", b"\xe2\x80\xa8", b'"\\ud800"', b'"\\0"', b"99999d", b"2027-03-01T09:00+07:00",
    b"0001-01-01T00:00+14:00", b"\r", b"\xf0\x9f\x98\x80", b"," * 50, b"[" * 50, b"a" * 300, b"9" * 300,
)  # fmt: skip


def ends_well(bundle: Bundle) -> None:
    playbook, findings = find_problems(bundle)
    assert (playbook is None) == bool(findings)
    if playbook is None:
        with pytest.raises(PlaybookError):
            load_playbook(bundle)
    for finding in findings:
        assert finding.file in bundle.files
        assert 1 <= finding.line <= bundle.files[finding.file].count(b"\n") * 3 + 400
        assert str(finding).isprintable()


def mutated(content: bytes, chance: random.Random) -> bytes:
    """The content with a few scraps put in, parts cut out, and lines moved."""
    for _ in range(chance.choice((1, 1, 1, 2, 5))):
        at = chance.randrange(len(content) + 1)
        match chance.randrange(4):
            case 0:
                content = content[:at] + chance.choice(SCRAPS) + content[at:]
            case 1:
                content = content[:at] + content[at + chance.randrange(1, 40) :]
            case 2:
                lines = content.splitlines(keepends=True) or [b""]
                lines.insert(chance.randrange(len(lines)), chance.choice(lines))
                content = b"".join(lines)
            case _:
                # A whole value is replaced, which parses more often than noise does.
                start = content.find(b": ", at) + 2
                end = min(
                    (found for sign in b",}\n" if (found := content.find(sign, start)) >= 0),
                    default=len(content),
                )
                content = content[:start] + chance.choice(SCRAPS) + content[end:]
    return content


@pytest.mark.parametrize("seed", range(20))
def test_a_damaged_playbook_ends_in_findings(good: Bundle, seed: int) -> None:
    chance = random.Random(seed)
    names = [name for name in sorted(good.files) if not name.endswith(".png")]
    for _ in range(25):
        name = chance.choice([*names, "playbook.yaml", "playbook.yaml"])
        files = dict(good.files)
        files[name] = mutated(files[name], chance)
        ends_well(make_bundle(files))


words = st.one_of(
    st.text(max_size=12),
    st.sampled_from(["cm", "any", "12:30", "no", "true", "1", "-0.5", "2h", "0m", "", "env:A"]),
)
values = st.recursive(
    words,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3),
    max_leaves=6,
)
KEYS = [
    "remit",
    "brand",
    "fields",
    "defaults",
    "timezone",
    "languages",
    "people",
    "roles",
    "channels",
    "topics",
    "rules",
    "otherwise",
    "escalations",
    "approvals",
    "autopilot",
    "grouping",
    "schedules",
    "notify",
]


def flow(value: object) -> str:
    """A value in YAML's flow form; words are sometimes plain, as people write them."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{flow(key)}: {flow(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(flow, value)) + "]"
    text = str(value)
    if text.isalnum() and text.isascii():
        return text
    return "'" + "".join(char for char in text if char.isprintable()).replace("'", "''") + "'"


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.dictionaries(st.sampled_from(KEYS), values, max_size=6))
def test_any_value_in_any_place_ends_in_findings(sections: dict[str, object]) -> None:
    text = "".join(f"{key}: {flow(value)}\n" for key, value in sections.items())
    ends_well(make_bundle({"playbook.yaml": text.encode("utf-8", "replace")}))


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=200), st.binary(max_size=200))
def test_any_bytes_end_in_findings(main: bytes, other: bytes) -> None:
    names = ("contacts.csv", "scenarios/a.yaml", "templates/a.j2", "knowledge/a.md")
    ends_well(make_bundle({"playbook.yaml": main, **dict.fromkeys(names, other)}))
    ends_well(
        make_bundle({"playbook.yaml": main, "templates/a.j2": b"---\n" + other + b"\n---\nx"})
    )


def test_a_thousand_rules_are_read_in_well_under_two_seconds() -> None:
    head = "remit: 1\nbrand: kopi\npeople: {sari: {name: Sari}}\n"
    head += "roles: {cm: {title: CM, people: [sari]}}\napprovals: {replies: {by: [cm]}}\n"
    head += "defaults: {reply: {approval: replies}}\ntopics: {refund: [refund]}\nrules:\n"
    rule = (
        "  - id: rule-{0}\n    when:\n      kind: conversation.comment\n      topic: refund\n"
        "      platform: [bluesky, p{0}]\n      author.followers: {{at_least: {0}}}\n"
        "    owner: cm\n    severity: high\n    play: reply\n    due: {{first_response: 1h}}\n"
    )
    text = head + "".join(rule.format(number) for number in range(1000))

    start = time.perf_counter()
    playbook: Playbook = load_playbook(make_bundle({"playbook.yaml": text.encode()}))
    took = time.perf_counter() - start

    assert len(playbook.rules) == 1000
    assert took < 2


def test_a_thousand_mistakes_are_all_told_soon() -> None:
    rule = "  - {{id: rule-{0}, when: {{kindd: x}}, owner: cmm, play: replay, over: [rle-{0}]}}\n"
    text = "remit: 1\nbrand: kopi\nroles: {cm: {title: CM}}\nrules:\n"
    text += "".join(rule.format(number) for number in range(1000))

    start = time.perf_counter()
    findings = find_problems(make_bundle({"playbook.yaml": text.encode()}))[1]

    assert len(findings) == 4000
    assert time.perf_counter() - start < 10

"""topics: what each topic matches, and why a text holds it, word for word."""

from __future__ import annotations

import json

import pytest

PLAYBOOK = """\
remit: 1
brand: warung
timezone: Asia/Jakarta
languages: [id]
people:
  sari: {name: Sari W.}
roles:
  cm:
    title: Community Manager
    hours: {mon-fri: "09:00-17:00"}
    people: [sari]
topics:
  safety:
    words: ["*racun*", "masuk rs"]
    not: ["racun lagu"]
  refund: [refund, "balikin duit*"]
  unused: ["❤"]
rules:
  - id: crisis
    when: {kind: conversation, topic: safety}
    owner: cm
    play: triage
  - id: money
    when:
      kind: conversation
      any:
        - {topic: refund}
        - {topic: {none: [safety]}, platform: bluesky}
    owner: cm
    play: triage
"""

CATALOGUE = """\
safety  asked for by crisis, money
  words (2): *racun*, masuk rs
  not (1): racun lagu
  held by "racun"

refund  asked for by money
  words (2): refund, balikin duit*
  held by "refund"

unused  asked for by no rule
  words (1): ❤
  held by "❤"

Letters of any case, stretched or not, are the same; `*` stands for the rest of a word; = is the form compared.
"""

HELD = """\
words   gw keracunan abis minum balikin duitnya
topics  safety, refund
rule    crisis, for a plain comment with this text: Community Manager (cm) owns it

safety holds
  "*racun*" in: gw [keracunan] abis minum balikin duitnya

refund holds
  "balikin duit*" in: gw keracunan abis minum [balikin duitnya]

nearest of the other topics
    0%  unused: nothing is like it
"""

NEARLY = """\
words   gw kracnan balikin dong duit gw
topics  none
rule    none takes a plain comment with this text

nearest of the other topics
   90%  refund: "balikin dong duit" is like "balikin duit*"; to hold it, add "balikin dong duit"
   80%  safety: "kracnan" is like "*racun*"; to hold it, add "kracnan*"
    0%  unused: nothing is like it
"""

TAKEN_BACK = """\
words   racun lagu ini
topics  none
rule    none takes a plain comment with this text

safety would hold, and `not` takes it back
  "*racun*" in: [racun] lagu ini
  not "racun lagu" in: [racun lagu] ini
"""


@pytest.fixture
def warung(tmp_path):
    folder = tmp_path / "warung"
    folder.mkdir()
    (folder / "playbook.yaml").write_text(PLAYBOOK, "utf-8")
    return folder


@pytest.fixture
def tried(remit, warung):
    """What is said of one text, without a word on stderr."""

    def run(text, *more):
        done = remit("topics", warung, "--try", text, *more)
        assert (done.returncode, done.stderr) == (0, "")
        return done.stdout

    return run


def test_each_topic_is_listed_with_its_words_its_rules_and_an_example(remit, warung):
    done = remit("topics", warung)

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == CATALOGUE


def test_a_phrase_that_is_compared_in_another_form_is_shown_with_it(remit, warung):
    playbook = warung / "playbook.yaml"
    playbook.write_text(PLAYBOOK.replace("[refund,", '["Bad COFFEE!",'), "utf-8")

    assert "Bad COFFEE! (= bad cofe)" in remit("topics", warung).stdout


def test_a_text_that_holds_topics_is_told_by_which_phrases_and_where(tried):
    assert tried("gw KERACUNAAAN abis minum, balikin duitnya!!") == HELD


def test_a_text_that_nearly_holds_is_told_what_to_add(tried):
    assert tried("gw kracnan, balikin dong duit gw") == NEARLY


def test_what_is_told_to_be_added_holds(remit, warung):
    told = json.loads(remit("topics", warung, "--try", "gw kracnan", "--format", "json").stdout)
    added = told["heard"][0]["nearly"][0]["add"]
    playbook = warung / "playbook.yaml"
    playbook.write_text(PLAYBOOK.replace('"*racun*"', f'"*racun*", "{added}"'), "utf-8")

    assert "safety holds" in remit("topics", warung, "--try", "gw kracnan").stdout


def test_what_a_not_takes_back_is_told_with_both_phrases(tried):
    said = tried("racun lagu ini")

    assert said.startswith(TAKEN_BACK)
    assert "safety:" not in said  # it is cancelled, not near


def test_a_phrase_stands_in_brackets_and_a_long_text_is_cut_around_it(tried):
    said = tried(f"{'a ' * 20}masuk rs {'b ' * 20}")

    assert '"masuk rs" in: … a a a a a a [masuk rs] b b b b b b …' in said


def test_machines_get_the_same_facts(tried):
    told = json.loads(tried("gw keracunan, balikin dong duit", "--format", "json"))

    assert told["words"] == ["gw", "keracunan", "balikin", "dong", "duit"]
    assert (told["topics"], told["rule"], told["owner"]) == (["safety"], "crisis", "cm")
    safety, refund, _ = told["heard"]
    assert safety == {
        "topic": "safety",
        "held": True,
        "because": [{"phrase": "*racun*", "words": ["keracunan"], "from": 1}],
        "cancelled": [],
        "nearly": [],
    }
    assert refund["nearly"] == [
        {
            "phrase": "balikin duit*",
            "likeness": 0.9,
            "words": ["balikin", "dong", "duit"],
            "from": 2,
            "add": "balikin dong duit",
        }
    ]


def test_machines_get_the_catalogue(remit, warung):
    first, *rest = json.loads(remit("topics", warung, "--format", "json").stdout)

    assert first == {
        "topic": "safety",
        "words": [{"phrase": "*racun*", "form": "*racun*"}, {"phrase": "masuk rs", "form": "masuk rs"}],
        "not": [{"phrase": "racun lagu", "form": "racun lagu"}],
        "rules": ["crisis", "money"],
        "example": "racun",
    }  # fmt: skip
    assert [each["topic"] for each in rest] == ["refund", "unused"]


def test_the_terminal_is_safe_from_a_text(tried):
    said = tried("masuk \x1b[31mrs \u202eatrab 😱 e\u0301")

    assert "\x1b" not in said
    assert "\u202e" not in said
    assert "😱" in said


@pytest.mark.parametrize("text", ["", "!!!", " "])
def test_a_text_without_a_word_holds_nothing(tried, text):
    assert tried(text).startswith("words   none\ntopics  none\n")


def test_a_playbook_without_topics_says_so(remit, warung):
    head = PLAYBOOK.partition("topics:\n")[0]
    (warung / "playbook.yaml").write_text(head + "otherwise: {owner: cm, play: triage}\n", "utf-8")

    done = remit("topics", warung)
    assert (done.returncode, done.stdout) == (0, "Brand warung names no topic.\n")


def test_a_text_longer_than_any_post_is_refused(refused, warung):
    said = refused("topics", warung, "--try", "a" * 100_001)

    assert "the text has 100001 characters; a post has at most 100000" in said


def test_a_playbook_with_mistakes_is_refused(refused, warung):
    (warung / "playbook.yaml").write_text("remit: 2\n", "utf-8")

    assert "PB001" in refused("topics", warung, "--try", "refund")

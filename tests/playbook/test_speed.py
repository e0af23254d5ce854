"""A playbook of a thousand rules is read and compiled while nobody has begun to wait."""

from __future__ import annotations

import random
import time

from remit.decide import Router
from remit.playbook import load_playbook, make_bundle

RULES = 1_000
TOPICS = 60
HEAD = """\
remit: 1
brand: kopi
timezone: Asia/Jakarta
languages: [id, en]
people: {sari: {name: Sari W.}, dewi: {name: Dewi K.}}
roles:
  cm: {title: Community Manager, people: [sari], hours: {daily: "08:00-22:00"}}
  smm: {title: Social Media Manager, people: [dewi], hours: {mon-fri: "09:00-18:00"}}
channels: {toko: {platform: sandbox, account: kopi}}
fields: {tier: {values: [gold, silver, none]}, order_value: {number: {at_least: 0}}}
approvals: {replies: {by: [cm, smm]}}
defaults: {reply: {approval: replies}}
otherwise: {owner: cm, play: triage}
"""


def topic(number: int) -> str:
    phrases = f'word{number}*, "uang {number} kembali", "*racun{number}*", "☕ {number}"'
    return f'  topic-{number}: {{words: [{phrases}], not: ["word{number} lagu"]}}\n'


def rule(number: int, chance: random.Random) -> str:
    """A rule of the kinds that brands write: topics, ranges, any, over."""
    kind = chance.choice(["comment", "mention", "reply", "message"])
    tests = [
        f"      kind: conversation.{kind}\n",
        f"      platform: [bluesky, network-{chance.randrange(20)}]\n",
    ]
    more = [
        f"      topic: topic-{chance.randrange(TOPICS)}\n",
        f"      author.followers: {{at_least: {chance.randrange(999)}, less_than: 99999}}\n",
        f"      sentiment: {{less_than: -0.{chance.randrange(1, 9)}}}\n",
        "      fields.tier: {not: gold}\n",
        "      any:\n        - {language: id, under: campaign}\n        - {author.relation: press}\n",
    ]
    tests += chance.sample(more, chance.randrange(1, 4))
    over = f"    over: [rule-{chance.randrange(number + 1, RULES)}]\n" if number < RULES - 1 else ""
    owner = chance.choice(["cm", "smm"])
    said = f"    owner: {owner}\n    play: reply\n    due: {{first_response: 1h, resolution: 2d}}\n"
    return f"  - id: rule-{number}\n    when:\n{''.join(tests)}{said}{over}"


def test_a_thousand_rules_are_read_and_compiled_within_a_second() -> None:
    chance = random.Random(1)
    text = HEAD + "topics:\n" + "".join(map(topic, range(TOPICS)))
    text += "rules:\n" + "".join(rule(number, chance) for number in range(RULES))
    bundle = make_bundle({"playbook.yaml": text.encode()})

    began = time.process_time()
    playbook = load_playbook(bundle)
    Router(playbook)
    took = time.process_time() - began

    assert len(playbook.rules) == RULES
    print(f"{RULES} rules are read and compiled in {took:.2f} s")
    assert took < 1

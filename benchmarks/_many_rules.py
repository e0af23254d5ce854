"""A brand's folder with as many rules as asked for, as a large house might write them."""

from __future__ import annotations

import random
import shutil
from pathlib import Path

_PLATFORMS = ("sandbox", "bluesky", "discourse", "instagram", "tiktok", "youtube")
_KINDS = ("conversation.comment", "conversation.mention", "conversation.message", "conversation")
_UNDER = ("campaign", "organic", "ad", "none")
_TOPICS = ("safety", "refund", "late", "complaint", "hours", "menu", "place", "idea", "praise")
_OWNERS = ("cm", "smm")


def write_many_rules(brand: Path, to: Path, rules: int, seed: int = 1) -> Path:
    """Copy a brand and put that many rules in the place of its own; the copy's folder."""
    shutil.copytree(brand, to, ignore=shutil.ignore_patterns("scenarios", "templates", "knowledge"))
    playbook = to / "playbook.yaml"
    head, _, rest = playbook.read_text("utf-8").partition("\nrules:\n")
    _, _, tail = rest.partition("\notherwise:\n")
    chance = random.Random(seed)
    made = "".join(_rule(number, chance) for number in range(rules))
    playbook.write_text(f"{head}\nrules:\n{made}\notherwise:\n{tail}", "utf-8")
    return to


def _rule(number: int, chance: random.Random) -> str:
    tests = {"kind": chance.choice(_KINDS), "topic": chance.choice(_TOPICS)}
    # Bounds lie where the followers of people do: mostly low.
    low = int(chance.paretovariate(0.7) * 20) % 50_000
    tests |= {
        "author.followers": f"{{at_least: {low}, less_than: {low + chance.randrange(1, low)}}}"
    }
    if chance.random() < 0.5:
        tests["under"] = f"[{', '.join(chance.sample(_UNDER, 2))}]"
    if chance.random() < 0.5:
        tests["platform"] = f"[{', '.join(chance.sample(_PLATFORMS, 3))}]"
    if chance.random() < 0.3:
        tests["author.relation"] = "{not: [staff, press]}"
    if chance.random() < 0.3:
        tests["language"] = chance.choice(("id", "en"))
    if chance.random() < 0.1:
        tests["within_hours"] = chance.choice(_OWNERS)
    when = ", ".join(f"{field}: {test}" for field, test in tests.items())
    owner, severity = chance.choice(_OWNERS), chance.choice(("low", "normal", "high"))
    return (
        f"  - id: rule-{number}\n    when: {{{when}}}\n"
        f"    owner: {owner}\n    severity: {severity}\n    play: triage\n"
    )

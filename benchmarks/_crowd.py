"""The people of the drill: a public that writes, a staff that decides, and what each of them knows.

They keep their own books, so that the ledger is not the only witness of what should have gone out.
"""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from integrations.sandbox.control import Sandbox
from remit.cli.people import People
from remit.ledger import drafts
from remit.model import Case, Message, Play

if TYPE_CHECKING:
    from flows.desk import Desk

SAYINGS = (
    "pesanan saya blm dateng, nunggu dari tadi nih",
    "saldo kepotong 2x pas scan QR, balikin duitnya dong",
    "kak cabang dago buka jam brp ya?",
    "not gonna lie, best coffee on that street, love it",
    "please bring back the jackfruit latte",
    "hujan deras di sini, enaknya ngapain ya",
)
AGAIN = 0.2
"""The share of messages that are somebody's next one in a thread."""


def plain(text: str) -> str:
    return " ".join(text.split())


class Public:
    """Writes to the brand, and remembers what."""

    def __init__(self, sandbox: Sandbox, account: str, chance: random.Random) -> None:
        self._sandbox = sandbox
        self._account = account
        self._chance = chance
        self.threads: dict[str, list[str]] = {}
        """Each author's messages, oldest first; an author has one thread."""

    @property
    def written(self) -> int:
        return sum(map(len, self.threads.values()))

    async def write(self) -> None:
        text = f"@{self._account} {self._chance.choice(SAYINGS)}"
        if self.threads and self._chance.random() < AGAIN:
            author = self._chance.choice(list(self.threads))
            said = self.threads[author]
            said.append(await self._sandbox.write(author, text, under=said[0]))
        else:
            author = f"orang{len(self.threads) + 1}"
            self.threads[author] = [await self._sandbox.write(author, text)]


class Staff(People):
    """Decides on every form: mostly yes, often in other words, sometimes no, sometimes without a right.

    `approved` is its own note of which words it has allowed as an answer to which message.
    """

    def __init__(self, chance: random.Random) -> None:
        super().__init__({"otherwise": {"who": "sari", "decision": "approve"}}, "ratna")
        self._chance = chance
        self.approved: dict[str, set[str]] = defaultdict(set)

    async def _answer(self, desk: Desk, case: Case) -> dict[str, Any]:
        answer = await super()._answer(desk, case)
        if case.play is Play.campaign:
            return answer
        draft = await drafts.current(desk.ledger, case.id)
        text = draft.text if draft else ""
        mood = self._chance.random()
        if mood < 0.08:
            # She may not decide on replies, so these words must never be seen.
            answer |= {"who": "ratna", "decision": "edit", "text": f"Forbidden {mood:.12f}"}
        elif mood < 0.16 and case.form_round == 1:
            answer |= {"decision": "reject", "reason": "once more"}
        else:
            if mood < 0.5 or not text:
                text = f"Halo kak, kami bantu ya. ({mood:.12f})"
                answer |= {"decision": "edit", "text": text}
            self.approved[case.subject].add(plain(text))
        return answer


@dataclass
class Witness:
    """What is wrong by the platform's word and the people's own books, without the ledger."""

    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    unapproved: list[str] = field(default_factory=list)


def witness(
    received: Sequence[Message], public: Public, staff: Staff, posts: Sequence[str]
) -> Witness:
    """Each thread's last message has one answer, no message two, each post is out once, all approved.

    Words that were never approved for that very message, or for a post, are unapproved.
    """
    found = Witness()
    replies = Counter(message.parent for message in received if message.parent is not None)
    found.doubled += [
        f"{parent} answered {times} times" for parent, times in replies.items() if times > 1
    ]
    found.lost += [
        f"{author} has no answer to {said[-1]}"
        for author, said in public.threads.items()
        if not replies[said[-1]]
    ]
    planned = {plain(text) for text in posts}
    shown = Counter(plain(message.text) for message in received if message.parent is None)
    found.doubled += [f"post out {times} times" for times in shown.values() if times > 1]
    found.lost += [f"post not out: {text}" for text in planned - set(shown)]
    for message in received:
        allowed = planned if message.parent is None else staff.approved[message.parent]
        if plain(message.text) not in allowed:
            found.unapproved.append(f"{message.id}: {message.text}")
    return found

"""Events of an invented brand, one JSON object a line: the same number and seed, the same bytes.

What people write is put together from the lists below: Indonesian and English, about 100 characters,
one in seven with an emoji or another letter outside of ASCII. They come over a year, more of them by
day and at the weekend than at night.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import orjson

START = datetime(2026, 7, 1, tzinfo=UTC)
DAYS = 365
_OPENINGS = {
    "id": ("kak", "min", "halo kak", "permisi min", "woy", "eh", "tolong dong", "admin", "guys"),
    "en": ("hi", "hey team", "hello", "so", "ok so", "honestly", "quick one", "dear all", "folks"),
}
_SUBJECTS = {
    "id": (
        "es kopi susu gula aren di cabang dago", "pesanan saya yang tadi pagi", "barista yang jaga sore",
        "kopi tubruk ukuran besar", "antrian di kasir dekat stasiun", "promo beli dua gratis satu",
        "aplikasi di hp saya", "croissant yang baru itu", "kurir yang bawa pesanan", "tempat duduk di luar",
        "cold brew literan", "kartu member yang lama", "menu anak di cabang bintaro",
    ),
    "en": (
        "the iced latte at the station shop", "my order from this morning", "the barista on the late shift",
        "the large filter coffee", "the queue by the door", "that buy two get one offer",
        "the app on my phone", "the new croissant", "the courier with our order", "the seats outside",
        "the cold brew by the litre", "my old member card", "the kids menu at the mall",
    ),
}  # fmt: skip
_SAYINGS = {
    "id": (
        "enak banget, besok ke sana lagi deh", "belum datang juga, udah nunggu satu jam lebih",
        "rasanya beda dari biasanya, kurang manis", "kok harganya naik terus ya tiap bulan",
        "bikin saya mual semalaman, ini gimana", "mohon balikin duit saya, kepotong dua kali",
        "buka jam berapa ya kalau hari minggu", "halal kan? soalnya mau bawa orang tua",
        "saran aja, coba bikin yang tanpa gula", "biasa aja sih, tapi tempatnya nyaman",
        "mantap, makasih ya udah ramah sama anak saya", "lagi rame banget, parkirnya di mana ya",
        "gak ada hubungannya sama cuaca hari ini",
    ),
    "en": (
        "is so good, see you again tomorrow", "is still not here and we have been waiting for an hour",
        "tastes different today, less sweet than before", "gets a little more expensive every month",
        "made me sick all night, what now", "was charged twice, please send the money back",
        "is that open today and until what time", "comes with oat milk, or is it extra",
        "would be better without sugar, you should make one", "is fine I guess, the room is nice though",
        "was lovely, thank you for being kind to my son", "is crowded, where do people park",
        "has nothing to do with the weather",
    ),
}  # fmt: skip
_ENDINGS = {
    "id": ("", "", "ya", "dong", "sih", "deh", "wkwk", "tolong dibantu", "terima kasih sebelumnya"),
    "en": ("", "", "please", "lol", "thanks in advance", "just saying", "cheers", "no rush"),
}
_POST = "at://did:plc:kopinusakopinusakopinusa/app.bsky.feed.post/3l{:011x}"
_BEYOND_ASCII = ("😀", "☕", "😡", "❤️", "🙏", "😭", "👍🏽", "café", "crème", "“wow”", "…", "日本")
_KINDS = (
    ("conversation.comment", 46),
    ("conversation.mention", 16),
    ("conversation.message", 10),
    ("conversation.review", 4),
    ("audience.reaction", 16),
    ("audience.follow", 5),
    ("content.published", 2),
    ("metric.spike", 1),
)
_UNDER = (("organic", 55), ("campaign", 25), ("ad", 12), ("none", 8))
_RELATIONS = ((None, 70), ("customer", 20), ("fan", 7), ("press", 1), ("partner", 1), ("staff", 1))
_BY_HOUR = (2, 1, 1, 1, 1, 2, 4, 7, 9, 9, 8, 8, 10, 9, 7, 7, 8, 9, 11, 13, 13, 10, 7, 4)
"""How much is written in each hour of a day in Jakarta."""
_BY_DAY = (9, 9, 9, 10, 12, 15, 14)


def event_lines(count: int, seed: int = 1) -> Iterator[bytes]:
    """So many lines, in the order of their times."""
    chance = random.Random(seed)
    for number, at in enumerate(times(count, seed)):
        yield orjson.dumps(_event(chance, number, at)) + b"\n"


def times(count: int, seed: int = 1, start: datetime = START) -> list[datetime]:
    """Instants over a year, with the tides of a day and a week; the same seed, the same instants."""
    chance = random.Random(seed)
    tides = random.Random(seed + 1)
    hours = [
        (day * 24 + hour - 7, by_day * by_hour)  # the hour is Jakarta's
        for day in range(DAYS)
        for by_day in (_busy(start + timedelta(days=day), day, tides),)
        for hour, by_hour in enumerate(_BY_HOUR)
    ]
    total = sum(weight for _, weight in hours)
    made: list[datetime] = []
    due = 0.0
    for hour, weight in hours:
        due += count * weight / total
        some = round(due) - len(made)
        begin = start + timedelta(hours=hour)
        seconds = sorted(chance.randrange(3600) for _ in range(some))
        made += [begin + timedelta(seconds=second) for second in seconds]
    return made


def _busy(date: datetime, day: int, chance: random.Random) -> float:
    """How busy a day is: by its weekday, with campaigns of two weeks, and with luck."""
    campaign = 1.6 if day % 73 < 14 else 1.0
    return _BY_DAY[date.weekday()] * campaign * chance.uniform(0.75, 1.3)


def text(chance: random.Random, language: str) -> str:
    """Something that a person could write."""
    parts = [
        chance.choice(_OPENINGS[language]),
        chance.choice(_SUBJECTS[language]),
        chance.choice(_SAYINGS[language]),
        chance.choice(_SAYINGS[language]) if chance.random() < 0.5 else "",
        chance.choice(_ENDINGS[language]),
    ]
    if chance.random() < 0.15:
        parts.insert(chance.randrange(1, 4), chance.choice(_BEYOND_ASCII))
    return " ".join(part for part in parts if part)


def _event(chance: random.Random, number: int, at: datetime) -> dict[str, object]:
    kind = weighted(chance, _KINDS)
    event: dict[str, object] = {
        "id": _POST.format(number),
        "kind": kind,
        "platform": "sandbox",
        "channel": "toko",
        "time": at.isoformat(),
    }
    if str(kind).startswith("conversation"):
        language = "id" if chance.random() < 0.7 else "en"
        thread = _POST.format(chance.randrange(max(1, number // 4 + 1)))
        event |= {
            "text": text(chance, language),
            "language": language,
            "under": weighted(chance, _UNDER),
            "thread": thread,
            "parent": thread,
        }
    elif str(kind) in {"audience.reaction", "audience.share"}:
        event["thread"] = event["parent"] = _POST.format(chance.randrange(number + 1))
    elif str(kind).startswith("metric"):
        return event | {"metric": "comments", "value": chance.randrange(1000), "change": 2.5}
    return event | {"author": invented_author(chance)}


def invented_author(chance: random.Random) -> dict[str, object]:
    """One of 200,000 people; a few of them are followed by many, fewer are known to the brand."""
    person = chance.randrange(200_000)
    author: dict[str, object] = {
        "id": f"did:plc:{person:024x}",
        "handle": f"orang{person}.example.com",
        "followers": int(chance.paretovariate(0.7) * 20) % 2_000_000,
        "verified": chance.random() < 0.05,
    }
    relation = weighted(chance, _RELATIONS)
    return author | ({"relation": relation} if relation else {})


def weighted(chance: random.Random, choices: tuple[tuple[str | None, int], ...]) -> str | None:
    """One of them, as often as its weight says."""
    return chance.choices([each for each, _ in choices], [weight for _, weight in choices])[0]

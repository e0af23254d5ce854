"""Which language a message is taken for."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from time import perf_counter

import pytest

from remit.model import Arrival, Event
from remit.signals import identify, with_language

BRAND = ("id", "en")


def an_arrival(text, language=None):
    return Arrival(
        event=Event(
            id="1",
            kind="conversation.comment",
            platform="sandbox",
            time=datetime(2027, 3, 2, tzinfo=UTC),
            text=text,
            language=language,
        )
    )


def test_the_platforms_own_mark_wins():
    marked = an_arrival("kopinya enak banget kak, makasih ya", language="en")

    assert with_language(marked, BRAND) is marked


@pytest.mark.parametrize("mark", ["und", "UND", "zxx", "mul", ""])
def test_a_mark_that_says_nothing_is_no_mark(mark):
    marked = with_language(an_arrival("kopinya enak banget kak, makasih ya", language=mark), BRAND)

    assert marked.event.language == "id"
    assert marked.language_confidence is not None


@pytest.mark.parametrize(
    "text",
    [
        "gw mw bli dong",
        "kpn buka kak, yg di stasiun brp",
        "pesen dr jam 7 smp skrg blm dateng jg",
        "enak bgttt sumpah",
        "gila sih ini",
        "anjir antrinya panjang bgt",
        "terima kasih",
        "mantul",
        "matur nuwun, enak tenan",
    ],
)
def test_indonesian_as_people_type_it(text):
    assert with_language(an_arrival(text), BRAND).event.language == "id"


@pytest.mark.parametrize(
    "text",
    [
        "love it",
        "still waiting for my order at the airport one",
        "thx, best coffee in town",
        "nice",
        "u guys open today?",
    ],
)
def test_english_as_people_type_it(text):
    assert with_language(an_arrival(text), BRAND).event.language == "en"


def test_of_a_mixed_text_the_larger_part_decides():
    most_id = "kak aku pesen dari tadi pagi belum dateng juga nih, please help"
    most_en = "i have been waiting for my order since this morning, tolong dong"

    assert identify(most_id, BRAND)[0] == "id"
    assert identify(most_en, BRAND)[0] == "en"


@pytest.mark.parametrize(
    "text", ["😍😍😍☕", "!!!", "12.000", "@kopi.nusa 👍", "#kopi", "a", "   "]
)
def test_where_there_are_no_words_nobody_can_tell(text):
    arrival = with_language(an_arrival(text), BRAND)

    assert arrival.event.language is None
    assert arrival.language_confidence is None


@pytest.mark.parametrize("text", [None, ""])
def test_what_has_no_text_stays_as_it_is(text):
    arrival = an_arrival(text)

    assert with_language(arrival, BRAND) is arrival


def test_addresses_tags_and_names_are_no_words():
    bare = identify("kopinya enak", BRAND)

    assert identify("@the.coffee.people kopinya enak #love https://example.com/so/good", BRAND) == (
        bare
    )


@pytest.mark.parametrize("text", ["boleh la", "sedap gila kopi ni", "bila nak bukak kat KL"])
def test_malay_is_taken_for_indonesian_where_only_that_is_spoken(text):
    code, confidence = identify(text, BRAND)

    assert code == "id"
    assert confidence is not None
    assert confidence > 0.8


def test_malay_is_malay_where_it_is_spoken():
    assert identify("bila nak bukak kat KL", ("id", "ms"))[0] == "ms"


def test_a_language_that_the_brand_does_not_speak_is_named_when_it_is_sure():
    assert identify("c'est vraiment le meilleur café de la ville, merci", BRAND)[0] == "fr"
    assert identify("boa tarde, vocês abrem amanhã de manhã?", BRAND)[0] == "pt"


@pytest.mark.parametrize("text", ["halo", "wifi?", "yg ijo brp", "pls", "ok min", "best"])
def test_a_short_text_is_taken_for_one_of_the_brands_languages(text):
    code, confidence = identify(text, BRAND)

    assert code in BRAND
    assert confidence is not None
    assert confidence < 0.8


def test_a_script_that_none_is_written_in_is_not_named():
    assert identify("とても美味しいです", BRAND) == (None, None)
    assert identify("очень вкусно, спасибо", BRAND) == (None, None)


def test_the_code_is_spelt_as_the_brand_spells_it():
    assert identify("boa tarde, vocês abrem amanhã de manhã?", ("pt-BR", "en"))[0] == "pt-BR"
    assert identify("good morning, are you open today?", ("en-GB", "en-US"))[0] == "en-GB"


def test_a_brand_that_names_no_language_gets_the_likeliest():
    assert identify("where is my order, i have been waiting", ())[0] == "en"
    assert identify("boleh la", ())[0] == "ms"


def test_a_long_text_takes_no_long_time():
    started = perf_counter()
    code, _ = identify("kopinya enak sekali dan baristanya ramah " * 50_000, BRAND)

    assert code == "id"
    assert perf_counter() - started < 2


@pytest.mark.parametrize(
    "text", ["\x00\x00", "\ud83d", "kopi enak \ud83d", "a\u200bb \u202e", "ﷺﷺﷺ", "ß" * 5000]
)
def test_strange_texts_do_no_harm(text):
    code, confidence = identify(text, BRAND)

    assert (code is None) == (confidence is None)


def test_many_threads_get_the_same_answers():
    texts = ["kopinya enak kak", "best coffee in town", "boleh la", "😍"] * 100
    alone = [identify(text, BRAND) for text in texts]

    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(lambda text: identify(text, BRAND), texts))

    assert together == alone


def test_the_first_callers_may_come_at_once():
    script = (
        "from concurrent.futures import ThreadPoolExecutor\n"
        "from remit.signals import identify\n"
        "with ThreadPoolExecutor(8) as pool:\n"
        "    found = set(pool.map(lambda _: identify('kopinya enak kak', ('id',)), range(8)))\n"
        "assert len(found) == 1, found\n"
    )
    subprocess.run([sys.executable, "-c", script], check=True, timeout=60)


def test_importing_the_room_loads_no_models():
    script = (
        "import sys\n"
        "import remit.signals\n"
        "assert not [name for name in sys.modules if name.startswith('lingua')]\n"
        "remit.signals.identify('kopi enak', ('id',))\n"
        "assert 'lingua' in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", script], check=True, timeout=60)


def test_importing_the_room_costs_little_beyond_the_model():
    script = (
        "from time import perf_counter\n"
        "import remit.model\n"
        "started = perf_counter()\n"
        "import remit.signals\n"
        "print(perf_counter() - started)\n"
    )
    taken = subprocess.run(
        [sys.executable, "-c", script], check=True, timeout=60, capture_output=True, text=True
    )

    assert float(taken.stdout) < 0.2

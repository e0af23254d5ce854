"""What is marked in a text, and at which bytes."""

from __future__ import annotations

from typing import cast

import pytest

from integrations.bluesky.facets import find_spans, handles_in, make_facets

DIDS = {"kopi.test": "did:plc:kopi", "sari.example.com": "did:plc:sari"}


@pytest.mark.parametrize(
    ("text", "marked"),
    [
        ("halo semua", []),
        ("lihat https://kopi.test/menu.", ["https://kopi.test/menu"]),
        ("lihat https://kopi.test/menu!!! ya", ["https://kopi.test/menu"]),
        ("(https://kopi.test/a_(b))", ["https://kopi.test/a_(b)"]),
        ("(lihat https://kopi.test/a).", ["https://kopi.test/a"]),
        ("“https://kopi.test/a”", ["https://kopi.test/a"]),
        ("https://kopi.test/?q=1&r=2, dan", ["https://kopi.test/?q=1&r=2"]),
        ("www.kopi.test, ya", ["www.kopi.test"]),
        ("https://", []),
        ("nanti jam 8.makasih dll.dan lain", []),
        ("☕️☕️ https://kopi.test ☕️", ["https://kopi.test"]),
        ("👨‍👩‍👧‍👦 @kopi.test enak", ["@kopi.test"]),
        ("makasih @Kopi.Test!", ["@Kopi.Test"]),
        ("makasih @sari.example.com.", ["@sari.example.com"]),
        ("(@kopi.test)", ["@kopi.test"]),
        ("tulis ke halo@kopi.test ya", []),
        ("@siapa apa kabar", []),
        ("@kopi.test@mastodon.example", []),
        ("@tidakada.test", []),
        ("#KopiSusu, #gajian!", ["#KopiSusu", "#gajian"]),
        ("#kopi☕ #大好き", ["#kopi☕", "#大好き"]),
        ("nomor #1 di kota", []),
        ("https://kopi.test/#promo", ["https://kopi.test/#promo"]),
        ("https://kopi.test/(@kopi.test)", ["https://kopi.test/(@kopi.test)"]),
        ("#" + "a" * 65, []),
        ("C# itu bahasa", []),
        ("Duit balik? Cek www.kopi.test/refund?", ["www.kopi.test/refund"]),
        ("e\u0301nak @kopi.test", ["@kopi.test"]),
    ],
)
def test_a_facet_covers_the_bytes_of_what_it_marks(text, marked):
    raw = text.encode()
    shown = [
        raw[index["byteStart"] : index["byteEnd"]].decode()
        for each in make_facets(text, DIDS)
        if (index := cast("dict[str, int]", each["index"]))
    ]
    assert shown == marked


def test_a_facet_says_what_it_stands_for():
    facets = make_facets("@Kopi.test www.kopi.test #ngopi", DIDS)
    kind = "app.bsky.richtext.facet#"
    assert [each["features"] for each in facets] == [
        [{"$type": f"{kind}mention", "did": "did:plc:kopi"}],
        [{"$type": f"{kind}link", "uri": "https://www.kopi.test"}],
        [{"$type": f"{kind}tag", "tag": "ngopi"}],
    ]
    assert facets[0]["index"] == {"byteStart": 0, "byteEnd": 10}


def test_each_handle_is_asked_for_once():
    assert handles_in("@a.test @b.test @A.test") == ["a.test", "b.test"]


def test_a_long_text_without_spaces_is_read_quickly():
    for text in ("a." * 5000, "@" + "a." * 5000, "#" * 5000, "https://" + ")" * 5000 + "("):
        assert len(find_spans(text)) <= 1

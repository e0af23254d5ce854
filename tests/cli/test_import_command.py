"""import as it is typed: exports as people have them become events that replay reads."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from remit.cli.imported.times import is_ambiguous, proves, read_time
from remit.model import Event, InputError

MAP = "text=Comment,time=Posted"
ROWS = ["2027-03-01 10:00:00,halo kak,12", '2027-03-02 11:30:00,"dua, tiga\nbaris",7']


def write(
    path: Path, *rows: str, head: str = "Posted,Comment,Likes", encoding: str = "utf-8"
) -> Path:
    path.write_bytes("\n".join((head, *rows)).encode(encoding))
    return path


@pytest.fixture
def out(tmp_path) -> Path:
    path: Path = tmp_path / "events.jsonl"
    return path


@pytest.fixture
def imported(remit, out):
    """Import a file, all of whose rows are good; its events, and what was said."""

    def run(file: Path, mapping: str = MAP, *words: str) -> tuple[list[dict[str, Any]], str]:
        done = remit("import", file, "--map", mapping, "--set", "platform=x", "--out", out, *words)
        assert (done.returncode, done.stderr) == (0, "")
        events = [json.loads(line) for line in out.read_text().splitlines()]
        for line in out.read_text().splitlines():
            Event.model_validate_json(line)
        return events, done.stdout

    return run


def test_rows_become_events_that_replay_reads(imported, remit, kopi, out, tmp_path):
    file = write(tmp_path / "export.csv", *ROWS)
    events, said = imported(file, f"{MAP},author.followers=likes", "--timezone", "Asia/Jakarta")
    assert said == f"{file}: UTF-8, comma between cells; 2 events written to {out}\n"
    for event in events:
        event.pop("id")
    assert events == [
        {
            "kind": "conversation.comment",
            "platform": "x",
            "time": "2027-03-01T10:00:00+07:00",
            "text": "halo kak",
            "author": {"followers": 12},
        },
        {
            "kind": "conversation.comment",
            "platform": "x",
            "time": "2027-03-02T11:30:00+07:00",
            "text": "dua, tiga\nbaris",
            "author": {"followers": 7},
        },
    ]
    done = remit("replay", kopi, out, "--format", "json")
    assert (done.returncode, json.loads(done.stdout)["events"]) == (0, 2)


def test_ids_are_the_same_for_the_same_rows_and_differ_for_equal_ones(imported, out, tmp_path):
    file = write(tmp_path / "export.csv", ROWS[0], ROWS[0], ROWS[1])
    first = [event["id"] for event in imported(file)[0]]
    assert len(set(first)) == 3
    out.unlink()
    assert [event["id"] for event in imported(file)[0]] == first
    out.unlink()
    named, _ = imported(file, "id=Likes,text=Comment,time=Posted")
    assert [event["id"] for event in named] == ["12", "12", "7"]


@pytest.mark.parametrize(
    ("encoding", "named"),
    [
        ("utf-8", "UTF-8"),
        ("utf-8-sig", "UTF-8"),
        ("utf-16", "UTF-16"),
        ("cp1252", "Windows-1252, for it is not UTF-8"),
    ],
)
def test_encodings_are_found_and_named(imported, tmp_path, encoding, named):
    rows = [*[ROWS[0]] * 3, "2027-03-02 11:30,crème brûlée,1"]
    events, said = imported(write(tmp_path / "export.csv", *rows, encoding=encoding))
    assert events[-1]["text"] == "crème brûlée"
    assert f": {named}, comma" in said


@pytest.mark.parametrize(
    ("delimiter", "named"), [(",", "comma"), (";", "semicolon"), ("\t", "tab"), ("|", "bar")]
)
def test_the_delimiter_is_known_by_the_columns_that_are_wanted(
    imported, tmp_path, delimiter, named
):
    head = delimiter.join(("Posted", "Comment", "a,b;c" if delimiter == "|" else "other"))
    row = delimiter.join(("2027-03-01 10:00", '"x, y; z"', "1"))
    events, said = imported(write(tmp_path / "export.csv", row, head=head))
    assert events[0]["text"] == "x, y; z"
    assert f"UTF-8, {named} between" in said
    file = write(tmp_path / "sep.csv", head, row, head=f"sep={delimiter}")
    Path(tmp_path / "events.jsonl").unlink()
    assert imported(file)[0][0]["text"] == "x, y; z"


def test_cells_mean_what_people_mean_by_them(imported, tmp_path):
    file = write(
        tmp_path / "export.csv",
        '2027-03-01 10:00,x,"12.345",ya,"0,5",00123,150.50,gold',
        "2027-03-01 10:00,,,,,,,",
        head="Posted,Comment,Followers,Blue,Mood,Branch,Value,Tier",
    )
    mapping = (
        f"{MAP},author.followers=Followers,author.verified=Blue,sentiment=Mood,"
        "fields.branch=Branch,fields.order_value=Value,fields.tier=Tier"
    )
    (full, bare), _ = imported(file, mapping)
    assert full["author"] == {"followers": 12345, "verified": True}
    assert full["sentiment"] == 0.5
    # A code with zeros before it is a name; a number is a number.
    assert full["fields"] == {"branch": "00123", "order_value": 150.5, "tier": "gold"}
    assert set(bare) == {"id", "kind", "platform", "time"}


def test_a_column_whose_name_holds_a_comma_stands_in_quotes(imported, tmp_path):
    file = write(tmp_path / "export.csv", "x,2027-03-01 10:00", head='"Comment, full",Posted')
    events, _ = imported(file, '"text=Comment, full",time=Posted')
    assert events[0]["text"] == "x"


def test_rows_that_are_no_events_are_named_counted_and_in_the_exit_code(remit, out, tmp_path):
    file = write(
        tmp_path / "export.csv",
        *ROWS,
        "yesterday,x,1",
        "",
        "2027-03-01 10:00,x",
        "2027-03-01 10:00,x,many",
        '2027-03-01 10:00,"x" y,1',
        ",x,1",
        "2027-03-03 10:00,good,1",
        '2027-03-01 10:00,"never closed,1',
    )
    done = remit("import", file, "--map", f"{MAP},reach=Likes", "--set", "platform=x", "--out", out)
    assert done.returncode == 1
    assert "3 events written" in done.stdout
    assert done.stderr.splitlines()[:6] == [
        "remit: 6 of 9 rows are no events and were left out; mend or drop:",
        "  line 5: 'yesterday' is no time: Invalid isoformat string: 'YESTERDAY'; write it like 2027-03-01 10:00",
        "  line 7: 2 cells where the header has 3; put quotes around a cell that holds the delimiter or a line break",
        "  line 8: reach: Input should be a valid integer, unable to parse string as an integer",
        "  line 9: it is not CSV: ',' expected after '\"'; double a quote inside quotes",
        "  line 10: time: Field required",
    ]
    assert [json.loads(line)["text"] for line in out.read_text().splitlines()][-1] == "good"


def test_where_no_row_is_an_event_nothing_is_written(remit, out, tmp_path):
    for rows in ((), ("soon,x,1",)):
        file = write(tmp_path / "export.csv", *rows)
        done = remit("import", file, "--map", MAP, "--set", "platform=x", "--out", out)
        assert done.returncode == 1
        assert "no event" in done.stdout
        assert sorted(each.name for each in tmp_path.iterdir()) == ["export.csv"]


def test_packed_output_is_read_by_replay(remit, kopi, tmp_path):
    file, out = write(tmp_path / "export.csv", *ROWS), tmp_path / "events.jsonl.gz"
    words = ("import", file, "--map", MAP, "--set", "platform=x", "--out")
    assert remit(*words, out).returncode == 0
    assert len(gzip.decompress(out.read_bytes()).splitlines()) == 2
    assert json.loads(remit("replay", kopi, out, "--format", "json").stdout)["events"] == 2
    again = tmp_path / "again.jsonl.gz"
    assert remit(*words, again).returncode == 0
    assert again.read_bytes() == out.read_bytes()


# Times -------------------------------------------------------------------------------------------

JAKARTA = ZoneInfo("Asia/Jakarta")
TEN = datetime(2027, 3, 1, 10, tzinfo=JAKARTA)


@pytest.mark.parametrize(
    "text",
    [
        "2027-03-01 10:00", "2027-03-01T10:00:00", "2027-03-01T03:00:00Z", "2027-03-01 10:00:00+07:00",
        "2027-03-01 10:00:00 +0700", "2027-03-01 03:00:00 UTC", "2027/03/01 10:00", "2027.03.01 10.00.00",
        "01/03/2027 10:00", "01/03/2027, 10:00:00", "1/3/2027 10.00", "01-03-2027 10:00 AM",
        "01.03.27 10:00", "1 Mar 2027 10:00", "1 Maret 2027 pukul 10.00 WIB", "Mar 1, 2027 10:00 AM",
        "March 1, 2027 at 10:00 am", "Mon, 01 Mar 2027 03:00:00 GMT", "Mon Mar 01 03:00:00 +0000 2027",
        "Senin, 1 Maret 2027 11:00 WITA", "1803870000", "1803870000.0", "1803870000000", "1803870000000000",
        "2027-03-01T10:00:00.000", " 2027-03-01   10:00 ", "01/03/2027 10:00 GMT+7",
    ],
)  # fmt: skip
def test_the_same_time_is_read_from_every_form_of_it(text):
    assert read_time(text, JAKARTA, day_first=True) == TEN


@pytest.mark.parametrize(
    ("text", "hour"), [("12:05 AM", 0), ("12:05 PM", 12), ("1:05 p.m.", 13), ("11:05 am", 11)]
)
def test_halves_of_the_day(text, hour):
    assert read_time(f"03/01/2027 {text}", UTC, day_first=False) == datetime(
        2027, 3, 1, hour, 5, tzinfo=UTC
    )


@pytest.mark.parametrize(
    "text",
    ["", "soon", "31/02/2027 10:00", "2027-13-01 10:00", "01/03/2027 25:00", "1 Foo 2027", "13:05 PM",
     "01/03/2027 13:00 PM", "12", "99999999999999999999", "1/2/3/4", "01/03-2027 10:00", "१२३४५६७८९०x"],
)  # fmt: skip
def test_what_is_no_time_is_refused_with_a_sentence(text):
    with pytest.raises(InputError, match=r"is no time: .+; write it like 2027-03-01 10:00"):
        read_time(text, UTC, day_first=True)


def test_a_day_after_the_twelfth_proves_the_order():
    assert proves("13/03/2027 10:00") is True
    assert proves("03/13/2027") is False
    assert proves("03/04/2027 10:00") is proves("2027-03-13") is proves("03/03/2027") is None
    assert is_ambiguous("03/04/2027 10:00")
    assert not is_ambiguous("03/03/2027")


@pytest.mark.parametrize(
    ("proof", "month", "said"),
    [
        ("13/03/2027 10:00", 2, "Dates are read day first: line 3 has 13/03/2027 10:00."),
        ("03/13/2027 10:00", 1, "Dates are read month first: line 3 has 03/13/2027 10:00."),
        ("03/03/2027 10:00", 2, "Dates are read day first, and no row proves it: line 2 has 01/02"),
    ],
)
def test_the_order_of_day_and_month_is_proved_by_the_file_or_said(
    imported, tmp_path, proof, month, said
):
    file = write(tmp_path / "export.csv", "01/02/2027 10:00,x,1", f"{proof},y,2")
    events, told = imported(file)
    assert datetime.fromisoformat(events[0]["time"]).month == month
    assert said in told


# What could not run ------------------------------------------------------------------------------


def test_a_field_that_there_is_not_is_named_with_those_that_there_are(refused, out, tmp_path):
    file = write(tmp_path / "export.csv", *ROWS)
    said = refused("import", file, "--map", "txt=Comment,time=Posted", "--out", out)
    assert "--map has 'txt', which is no field of an event; the fields are id, kind" in said
    assert "author.followers" in said
    assert "fields.NAME" in said
    said = refused(
        "import", file, "--map", "text=Komentar,time=Posted", "--set", "platform=x", "--out", out
    )
    assert "has no column 'Komentar'; its columns are 'Posted', 'Comment', 'Likes'" in said


@pytest.mark.parametrize(
    ("mapping", "fixed", "said"),
    [
        ("text=Comment", "platform=x", "an event needs a time"),
        (MAP, "", "an event needs a platform and nothing says it; add --set platform=instagram"),
        (MAP, "platform=x,text=y", "text is in --map and in --set"),
        ("text", "platform=x", "--map has 'text'; write it as FIELD=..."),
        ("text=Comment,text=Likes,time=Posted", "platform=x", "--map names text twice"),
        ('"text=Comment', "platform=x", "--map"),
    ],
)
def test_an_incomplete_mapping_is_refused(refused, out, tmp_path, mapping, fixed, said):
    file = write(tmp_path / "export.csv", *ROWS)
    assert said in refused("import", file, "--map", mapping, "--set", fixed, "--out", out)
    assert not out.exists()


def test_a_file_that_is_there_is_not_overwritten(refused, out, tmp_path):
    out.write_text("precious")
    file = write(tmp_path / "export.csv", *ROWS)
    words = ("import", file, "--map", MAP, "--set", "platform=x", "--out")
    assert f"{out} is already there; move it away" in refused(*words, out)
    assert out.read_text() == "precious"
    assert "cannot be written: No such file" in refused(*words, tmp_path / "none" / "e.jsonl")
    assert "/dev/full cannot be written: No space left" in refused(*words, "/dev/full")


def test_what_is_no_table_is_refused(refused, out, tmp_path):
    words = ("--map", MAP, "--set", "platform=x", "--out", out)
    assert "cannot be read: No such file" in refused("import", tmp_path / "none.csv", *words)
    assert "cannot be read: Is a directory" in refused("import", tmp_path, *words)
    for content, said in (
        (b"", "is empty"),
        (b"\x81\x8d\xff\xfe\x00", "is not text in UTF-8, UTF-16 or Windows-1252"),
        (b"\xff\xfe\x00", "is not text in UTF-8, UTF-16 or Windows-1252"),
        (b"Posted,Comment\n" + b"x" * 9_000_000, "line 2 is longer than 8 MB"),
        (bytes(range(128)) * 9, "has no column"),
    ):
        file = tmp_path / "export.csv"
        file.write_bytes(content)
        assert said in refused("import", file, *words), content[:40]
    assert "'Asia/Jakatra' is not a time zone" in refused(
        "import", write(tmp_path / "e.csv", *ROWS), *words, "--timezone", "Asia/Jakatra"
    )

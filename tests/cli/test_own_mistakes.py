"""What nobody foresaw: a user reads a sentence, whoever mends it finds the traceback."""

from __future__ import annotations

import tempfile
from pathlib import Path

from remit.cli.output import guarded
from remit.model import InputError


def test_a_bug_is_told_in_a_sentence_and_its_traceback_is_kept_in_a_file(
    capsys, monkeypatch, tmp_path
):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))

    def broken() -> None:
        raise ZeroDivisionError("halves of nothing")

    assert guarded(broken) == 2
    told = capsys.readouterr().err
    assert "Traceback" not in told
    assert "an error of Remit's own (ZeroDivisionError)" in told
    (kept,) = Path(tmp_path).iterdir()
    assert str(kept) in told
    assert "halves of nothing" in kept.read_text()


def test_what_a_user_can_mend_is_told_as_it_is_and_nothing_is_kept(capsys, monkeypatch, tmp_path):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))

    def refused() -> None:
        raise InputError("the file is empty; write one event")

    assert guarded(refused) == 2
    assert capsys.readouterr().err == "remit: the file is empty; write one event\n"
    assert not list(tmp_path.iterdir())

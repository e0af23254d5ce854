"""Which files a brand's folder gives, and which it refuses."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from remit.model import InputError, PlaybookError
from remit.playbook import find_problems, make_bundle, read_bundle


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    root = tmp_path / "kopi"
    for name in ("scenarios", "templates", "campaigns/pictures", ".git"):
        (root / name).mkdir(parents=True)
    (root / "playbook.yaml").write_text("remit: 1\n")
    (root / "templates/a.j2").write_text("a")
    (root / "campaigns/pictures/cup.PNG").write_bytes(b"png")
    for ignored in (".hidden.yaml", "README.md", "templates/.swp.j2", "templates/notes.txt"):
        (root / ignored).write_text("x")
    return root


def test_a_folder_gives_the_files_of_the_language(folder: Path) -> None:
    bundle = read_bundle(folder)

    assert sorted(bundle.files) == ["campaigns/pictures/cup.PNG", "playbook.yaml", "templates/a.j2"]
    assert read_bundle(folder / "playbook.yaml") == bundle
    assert read_bundle(str(folder)) == bundle


def test_the_hash_is_of_paths_and_contents(folder: Path) -> None:
    before = read_bundle(folder).hash
    (folder / "README.md").write_text("y")
    assert read_bundle(folder).hash == before

    (folder / "templates/a.j2").rename(folder / "templates/b.j2")
    assert read_bundle(folder).hash != before
    assert len(before) == 64


def test_bytes_that_move_between_name_and_content_change_the_hash() -> None:
    assert make_bundle({"ab": b"c"}).hash != make_bundle({"a": b"bc"}).hash
    assert make_bundle({"a": b"1", "b": b"2"}).hash == make_bundle({"b": b"2", "a": b"1"}).hash


def test_a_link_out_of_the_folder_is_refused(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "secret.j2").write_text("secret")
    (folder / "templates/b.j2").symlink_to(tmp_path / "secret.j2")

    with pytest.raises(PlaybookError) as raised:
        read_bundle(folder)

    assert str(raised.value) == (
        "templates/b.j2:1: PB001 a link leads out of the folder; put the file itself here"
    )
    assert find_problems(folder) == (None, raised.value.findings)


def test_a_folder_that_is_a_link_out_is_refused(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere/a.yaml").write_text("scenarios: []")
    (folder / "scenarios").rmdir()
    (folder / "scenarios").symlink_to(tmp_path / "elsewhere")

    with pytest.raises(PlaybookError, match=r"scenarios/a.yaml:1: PB001 a link leads out"):
        read_bundle(folder)


def test_links_inside_the_folder_are_followed(folder: Path) -> None:
    (folder / "..data").mkdir()
    (folder / "..data/b.j2").write_text("b")
    (folder / "templates/b.j2").symlink_to(folder / "..data/b.j2")

    assert read_bundle(folder).files["templates/b.j2"] == b"b"


def test_a_link_to_itself_is_refused(folder: Path) -> None:
    (folder / "templates/b.j2").symlink_to(folder / "templates/b.j2")

    with pytest.raises(PlaybookError, match=r"templates/b.j2:1: PB001 cannot be read"):
        read_bundle(folder)


def test_a_pipe_is_not_waited_for(folder: Path) -> None:
    os.mkfifo(folder / "templates/b.j2")

    with pytest.raises(PlaybookError, match="this is not a file; remove it"):
        read_bundle(folder)


def test_a_file_above_8_mb_is_refused(folder: Path) -> None:
    with (folder / "campaigns/pictures/big.png").open("wb") as big:
        big.truncate(8 * 1024 * 1024 + 1)

    with pytest.raises(
        PlaybookError, match=r"big.png:1: PB001 8388609 bytes; a file may have 8 MB"
    ):
        read_bundle(folder)


def test_a_bundle_with_a_file_above_8_mb_is_refused() -> None:
    bundle = make_bundle({"playbook.yaml": b"#" * (8 * 1024 * 1024 + 1)})

    assert find_problems(bundle)[1][0].message.startswith("8388609 bytes")


def test_a_name_that_cannot_be_shown_is_refused(folder: Path) -> None:
    (folder / "templates/a\x1b[31m.j2").write_text("a")

    with pytest.raises(PlaybookError, match=r"'templates/a\\x1b\[31m.j2':1: PB001 .*rename it"):
        read_bundle(folder)


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("nowhere", "does not exist; name a brand's folder"),
        ("empty", "has no playbook.yaml"),
        ("yml", "rename it to playbook.yaml"),
        ("notes.txt", "is not a playbook"),
        ("a\x00b", r"a\\x00b"),
    ],
)
def test_a_path_that_leads_to_no_playbook_says_what_to_do(
    tmp_path: Path, path: str, message: str
) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "yml").mkdir()
    (tmp_path / "yml/playbook.yml").write_text("remit: 1")
    (tmp_path / "notes.txt").write_text("x")

    with pytest.raises(InputError, match=message):
        find_problems(tmp_path / path)


def test_a_bundle_without_a_playbook_says_what_to_do() -> None:
    with pytest.raises(InputError, match=r"has no playbook.yaml; add one"):
        find_problems(make_bundle({"contacts.csv": b""}))


def test_a_file_of_another_name_is_named_in_its_findings(tmp_path: Path) -> None:
    (tmp_path / "old.yaml").write_text("remit: 2\n")

    assert {finding.file for finding in find_problems(tmp_path / "old.yaml")[1]} == {"old.yaml"}

"""Which files a brand's folder gives, and which it refuses."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
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


@contextmanager
def _as_nobody(folder: Path) -> Iterator[Callable[[Path], bool]]:
    """Root may read everything; nobody may not. Every folder above lets nobody through."""
    before = os.geteuid()
    for above in (folder, *folder.parents):
        if before == 0 and not above.stat().st_mode & 1:
            above.chmod(above.stat().st_mode | 0o555)
    if before == 0:
        os.seteuid(65534)
    try:
        yield lambda path: os.access(path, os.R_OK, effective_ids=True)
    finally:
        os.seteuid(before)


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
        "templates/b.j2:1: PB001 a link leads out of the folder; found its end elsewhere; "
        "put the file itself here"
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

    with pytest.raises(
        PlaybookError, match=r"this is not a file; found a folder, a pipe or a device; remove it"
    ):
        read_bundle(folder)


def test_what_is_a_folder_where_a_file_belongs_is_refused(folder: Path) -> None:
    (folder / "contacts.csv").mkdir()

    with pytest.raises(PlaybookError, match=r"contacts.csv:1: PB001 this is not a file; found"):
        read_bundle(folder)


@pytest.mark.parametrize("name", ["contacts.csv", "templates/b.j2", "campaigns/b.png"])
def test_a_link_that_leads_nowhere_is_named(folder: Path, name: str) -> None:
    (folder / name).symlink_to("nowhere")

    with pytest.raises(PlaybookError, match=rf"{name}:1: PB001 cannot be read; found: No such"):
        read_bundle(folder)


@pytest.mark.parametrize("name", ["knowledge", "images"])
def test_a_file_where_a_folder_belongs_is_refused(folder: Path, name: str) -> None:
    (folder / name).write_text("x")

    with pytest.raises(InputError, match=rf"{name} cannot be read; found: Not a dir.*; make it a"):
        read_bundle(folder)


def test_what_may_not_be_read_is_named(folder: Path) -> None:
    closed = folder / "templates/a.j2"
    closed.chmod(0)
    with _as_nobody(folder) as readable:
        if readable(closed):
            pytest.skip("this machine lets everybody read everything")
        with pytest.raises(PlaybookError, match=r"a.j2:1: PB001 cannot be read; found: Permission"):
            read_bundle(folder)
    closed.unlink()
    (folder / "knowledge").mkdir(mode=0)
    with (
        _as_nobody(folder),
        pytest.raises(InputError, match="knowledge cannot be read; found: Permission denied"),
    ):
        read_bundle(folder)


def test_more_files_than_a_brand_has_are_refused(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("remit.playbook.folder.MOST_FILES", 2)

    with pytest.raises(PlaybookError, match=r"cup.PNG:1: PB001 more than 2 files; found this one"):
        read_bundle(folder)


def test_more_bytes_than_a_brand_has_are_refused(folder: Path) -> None:
    for number in range(17):
        with (folder / f"campaigns/{number:02}.png").open("wb") as picture:
            picture.truncate(8 * 1024 * 1024)

    with pytest.raises(PlaybookError, match=r"15.png:1: PB001 more than 128 MB in all; found"):
        read_bundle(folder)


def test_a_file_above_8_mb_is_refused(folder: Path) -> None:
    with (folder / "campaigns/pictures/big.png").open("wb") as big:
        big.truncate(8 * 1024 * 1024 + 1)

    with pytest.raises(
        PlaybookError, match=r"big.png:1: PB001 over 8 MB; found 8388609 bytes; make the"
    ):
        read_bundle(folder)


def test_a_bundle_with_a_file_above_8_mb_is_refused() -> None:
    bundle = make_bundle({"playbook.yaml": b"#" * (8 * 1024 * 1024 + 1)})

    (finding,) = find_problems(bundle)[1]

    assert str(finding) == (
        "playbook.yaml:1: PB001 over 8 MB; found 8388609 bytes; make the file smaller"
    )


def test_a_name_that_cannot_be_shown_is_refused(folder: Path) -> None:
    (folder / "templates/a\x1b[31m.j2").write_text("a")

    with pytest.raises(PlaybookError, match=r"'templates/a\\x1b\[31m.j2':1: PB001 .*rename the"):
        read_bundle(folder)


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("nowhere", "does not exist; found nothing there; name a brand's folder"),
        ("empty", "has no playbook.yaml"),
        ("yml", "found a playbook.yml; rename it to playbook.yaml"),
        ("inside", "playbook.yaml is not a file; found a folder"),
        ("piped", "playbook.yaml is not a file; found a pipe or a device"),
        ("piped/playbook.yaml", "playbook.yaml is not a file; found a pipe or a device"),
        ("dangling", "playbook.yaml does not exist; found a link that leads nowhere"),
        ("round", "cannot be read; found"),
        ("notes.txt/a", "cannot be read; found: Not a directory"),
        ("a" * 5000, "cannot be read; found: File name too long"),
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
    for folder in ("inside/playbook.yaml", "piped", "dangling"):
        (tmp_path / folder).mkdir(parents=True)
    os.mkfifo(tmp_path / "piped/playbook.yaml")
    (tmp_path / "dangling/playbook.yaml").symlink_to("nowhere")
    (tmp_path / "round").symlink_to("round")

    with pytest.raises(InputError, match=message):
        find_problems(tmp_path / path)


def test_a_bundle_without_a_playbook_says_what_to_do() -> None:
    with pytest.raises(InputError, match=r"has no playbook.yaml; found 0 other YAML files"):
        find_problems(make_bundle({"contacts.csv": b""}))


def test_a_file_of_another_name_is_named_in_its_findings(tmp_path: Path) -> None:
    (tmp_path / "old.yaml").write_text("remit: 2\n")

    assert {finding.file for finding in find_problems(tmp_path / "old.yaml")[1]} == {"old.yaml"}

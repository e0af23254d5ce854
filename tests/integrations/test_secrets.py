"""Secrets by reference; errors name the place and never the value."""

from __future__ import annotations

import pytest

from integrations.secrets import read_secret
from remit.model import CredentialsError


def test_a_secret_is_read_from_the_environment(monkeypatch):
    monkeypatch.setenv("KOPI_TOKEN", "s3cret\n")
    assert read_secret("env:KOPI_TOKEN").get_secret_value() == "s3cret"


def test_a_secret_is_read_from_a_file_without_its_last_newline(tmp_path):
    (tmp_path / "token").write_text(" s3 cret\r\n")
    assert read_secret(f"file:{tmp_path / 'token'}").get_secret_value() == " s3 cret"


def test_an_absent_variable_is_named_with_the_remedy(monkeypatch):
    monkeypatch.delenv("KOPI_TOKEN", raising=False)
    with pytest.raises(CredentialsError, match="KOPI_TOKEN is not set or empty; set it before"):
        read_secret("env:KOPI_TOKEN")


@pytest.mark.parametrize("content", [b"", b"\n", b"\xff\xfe\x00"])
def test_a_file_without_a_secret_is_named(tmp_path, content):
    (tmp_path / "token").write_bytes(content)
    with pytest.raises(CredentialsError, match="token"):
        read_secret(f"file:{tmp_path / 'token'}")


def test_an_absent_file_is_named_with_the_remedy(tmp_path):
    with pytest.raises(CredentialsError, match=r"absent cannot be read .* put the secret there"):
        read_secret(f"file:{tmp_path / 'absent'}")


@pytest.mark.parametrize("reference", ["hunter2-hunter2", "env:", "vault:hunter2-hunter2", ""])
def test_a_secret_in_the_place_of_its_reference_is_not_repeated(reference):
    with pytest.raises(CredentialsError) as caught:
        read_secret(reference)
    assert "hunter2" not in str(caught.value)

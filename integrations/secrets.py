"""Secrets come from the environment or a mounted file, and are named, never shown."""

from __future__ import annotations

import os
from pathlib import Path

from pydantic import SecretStr

from remit.model import CredentialsError


def read_secret(reference: str) -> SecretStr:
    """The secret behind `env:NAME` or `file:PATH`, without its trailing newline."""
    scheme, _, where = reference.partition(":")
    if scheme not in {"env", "file"} or not where:
        # What stands here instead may be the secret itself: it is not repeated.
        raise CredentialsError(
            "credentials must be env:NAME or file:PATH, never the secret itself:"
            " put the secret into the environment or a file and name that",
        )
    value = _from_environment(where) if scheme == "env" else _from_file(where)
    return SecretStr(value)


def _from_environment(name: str) -> str:
    value = (os.environ.get(name) or "").rstrip("\r\n")
    if not value:
        raise CredentialsError(
            f"the environment variable {name} is not set or empty; set it before starting Remit",
        )
    return value


def _from_file(where: str) -> str:
    path = Path(where).expanduser()
    try:
        value = path.read_text("utf-8").rstrip("\r\n")
    except UnicodeDecodeError:
        raise CredentialsError(f"the file {path} is not text; it must hold the secret") from None
    except OSError as error:
        reason = error.strerror or "cannot be read"
        raise CredentialsError(
            f"the file {path} cannot be read ({reason}); put the secret there,"
            " readable by the account that runs Remit",
        ) from None
    if not value:
        raise CredentialsError(f"the file {path} is empty; put the secret there")
    return value

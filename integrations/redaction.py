"""Cutting secrets out of text that a person or a log will see."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable
from urllib.parse import quote, quote_plus

from pydantic import SecretStr

HIDDEN = "[secret]"
_SCHEMES = re.compile(r"(?i)\b(bearer|basic|dpop)\s+[\w.~+/=-]{6,}")
_JWT = re.compile(r"\beyJ[\w-]{8,}\.[\w-]+\.[\w-]*")


class Redactor:
    """Replaces every known secret, in each form in which a server may echo it."""

    def __init__(self, secrets: Iterable[SecretStr] = ()) -> None:
        self._known: set[str] = set()
        for secret in secrets:
            self.add(secret)

    def __repr__(self) -> str:
        return f"Redactor({len(self._known)} forms)"

    def add(self, secret: SecretStr) -> None:
        plain = secret.get_secret_value()
        if len(plain) < 4:
            return  # Cutting "a" out of a message would tell it, and spoil the message.
        coded = base64.b64encode(plain.encode()).decode()
        self._known |= {
            plain,
            quote(plain, safe=""),
            quote(plain),
            quote_plus(plain),
            json.dumps(plain)[1:-1],
            coded,
            coded.rstrip("="),
        }

    def __call__(self, text: str) -> str:
        for form in sorted(self._known, key=len, reverse=True):
            text = text.replace(form, HIDDEN)
        return _JWT.sub(HIDDEN, _SCHEMES.sub(rf"\1 {HIDDEN}", text))


def clip(text: str, length: int = 300) -> str:
    """One printable line of at most `length` characters: an answer may hold anything."""
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return line if len(line) <= length else line[: length - 1] + "…"

"""The languages that a charter can be told in."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from remit.cli.charter.english import ENGLISH
from remit.cli.charter.indonesian import INDONESIAN
from remit.cli.charter.tongue import Tongue

TONGUES: Mapping[str, Tongue] = MappingProxyType(
    {each.code: each for each in (INDONESIAN, ENGLISH)}
)

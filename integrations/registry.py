"""Which platforms there are, and where their code lies.

A platform is a folder `integrations/<name>/` with
- `adapter.py`: `connect(channel: Channel, brand: str) -> Platform`;
- `limits.py`: `LIMITS: Limits`, and `SUPPLIES: frozenset[str]`, the fields that a rule may test and
  its events fill, `topic` where they have a text. Imports nothing but the model: checking stays fast;
- `capabilities.yaml`: feature -> {status: done | todo | exempt, proof: A | B | C, reason}.
Nothing of it is imported before it is asked for.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module, resources
from types import MappingProxyType
from typing import cast

import yaml
from pydantic import ValidationError

from remit.model import Capability, Channel, InputError, Limits, Platform

PLATFORMS: Mapping[str, str] = MappingProxyType(
    {
        "bluesky": "integrations.bluesky",
        "sandbox": "integrations.sandbox",
    },
)


def connect(channel: Channel, playbook_brand: str) -> Platform:
    """The adapter of the channel's platform, with its credentials read. Opens no connection."""
    adapter = import_module(f"{_package(channel.platform)}.adapter")
    return cast("Platform", adapter.connect(channel, playbook_brand))


def limits_of(platform: str) -> Limits:
    """What the network takes in one post, without a connection."""
    return cast("Limits", import_module(f"{_package(platform)}.limits").LIMITS)


def supplies(platform: str) -> frozenset[str]:
    """The fields that a rule may test and that the adapter's events fill, beside kind and platform."""
    return cast("frozenset[str]", import_module(f"{_package(platform)}.limits").SUPPLIES)


def capabilities(platform: str) -> Mapping[str, Capability]:
    """What the adapter can do, and how well that is proved, feature by feature."""
    text = (resources.files(_package(platform)) / "capabilities.yaml").read_text("utf-8")
    raw = yaml.safe_load(text)
    if not isinstance(raw, dict):
        raise InputError(
            f"integrations/{platform}/capabilities.yaml must map features to their status",
        )
    found: dict[str, Capability] = {}
    for feature, line in raw.items():
        try:
            found[str(feature)] = Capability.model_validate(line)
        except ValidationError as error:
            raise InputError(
                f"integrations/{platform}/capabilities.yaml, {feature}: needs status"
                f" (done, todo or exempt), and may have proof and reason: {error.error_count()} wrong",
            ) from error
    return MappingProxyType(found)


def _package(platform: str) -> str:
    try:
        return PLATFORMS[platform]
    except KeyError:
        raise InputError(
            f"there is no platform {platform!r}; these exist: {', '.join(sorted(PLATFORMS))}",
        ) from None

"""How long the platforms of a brand let a message be answered. Imports little: checking stays fast."""

from __future__ import annotations

from collections.abc import Mapping

from integrations.registry import PLATFORMS, limits_of
from remit.model import Duration, Playbook


def reply_windows(playbook: Playbook) -> Mapping[str, Duration]:
    """By platform of the brand's channels, where it ends."""
    known = {channel.platform for channel in playbook.channels.values()} & PLATFORMS.keys()
    windows = {platform: limits_of(platform).reply_window for platform in sorted(known)}
    return {name: window for name, window in windows.items() if window is not None}

"""The demo's own copy of the sample brand: the same playbook with shorter times, named in demo.yaml."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from remit.model import InputError


def read_yaml(path: Path) -> Any:  # noqa: ANN401 - as YAML has it
    """A data file of the demo."""
    try:
        return yaml.safe_load(path.read_text("utf-8"))
    except (OSError, yaml.YAMLError) as error:
        raise InputError(f"{path} cannot be read: {error}") from error


def quickened(playbook: Path, to: Path) -> tuple[Path, Mapping[str, Any]]:
    """Copy a brand's folder and apply `pace:` of its demo.yaml; the copy, and the rest of demo.yaml."""
    if not (playbook / "demo.yaml").exists():
        raise InputError(
            f"{playbook} has no demo.yaml; the demo needs playbooks/kopi, run it from the project's folder"
        )
    settings = read_yaml(playbook / "demo.yaml")
    shutil.rmtree(to, ignore_errors=True)
    shutil.copytree(playbook, to)
    for change in settings["pace"]:
        path = to / change["file"]
        text = path.read_text("utf-8")
        if text.count(change["from"]) != 1:
            raise InputError(
                f"demo.yaml: {change['from']!r} stands {text.count(change['from'])} times in "
                f"{change['file']}, not once; write it so that it is found"
            )
        path.write_text(text.replace(change["from"], change["to"]), "utf-8")
    return to, settings

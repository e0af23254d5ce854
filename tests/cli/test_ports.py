"""A command finds the server that `remit up` put elsewhere."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

TELL = (
    "import os; from remit.cli.home import home, in_force, remember_ports;"
    "home().mkdir(parents=True, exist_ok=True);"
    "{said};"
    "in_force(); print(os.environ['PREFECT_API_URL'], os.environ['REMIT_SANDBOX_URL'])"
)


@pytest.mark.parametrize(
    ("said", "server", "sandbox"),
    [
        ("pass", 4200, 4300),
        ("remember_ports(5001, 5002)", 5001, 5002),
        ("(home() / 'ports').write_text('soon')", 4200, 4300),
    ],
)
def test_the_ports_of_the_last_start_are_remembered(tmp_path, said, server, sandbox):
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("PREFECT_", "REMIT_"))}
    told = subprocess.run(
        [sys.executable, "-c", TELL.format(said=said)],
        env=clean | {"REMIT_HOME": str(tmp_path / "home")},
        capture_output=True,
        text=True,
        check=True,
    )
    assert told.stdout.split() == [
        f"http://127.0.0.1:{server}/api",
        f"http://127.0.0.1:{sandbox}",
    ]

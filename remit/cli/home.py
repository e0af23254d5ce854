"""Where an embedded Remit keeps its things, and the environment that its processes share."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

SERVER_PORT = 4200
SANDBOX_PORT = 4300
PORTS = "ports"
"""The file in the home that says where `remit up` put its servers."""


def home() -> Path:
    """REMIT_HOME, by default `.remit` below the current folder."""
    return Path(os.environ.get("REMIT_HOME") or ".remit").resolve()


def secret_of(name: str) -> str:
    """A secret that is made once and kept in the home, readable by its owner alone."""
    path = home() / "secrets" / name
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not path.exists():
        made = secrets.token_urlsafe(32)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w") as file:
            file.write(made)
    return path.read_text().strip()


def encryption_key() -> str:
    """A Fernet key: Prefect keeps its own in the database it protects unless it is given one."""
    from base64 import urlsafe_b64encode
    from hashlib import sha256

    return urlsafe_b64encode(sha256(secret_of("prefect.key").encode()).digest()).decode()


def environment(server_port: int, sandbox_port: int) -> dict[str, str]:
    """What the children of `remit up` inherit; a value that the caller has set stays."""
    api = f"http://127.0.0.1:{server_port}/api"
    ours = {
        "REMIT_HOME": str(home()),
        "PREFECT_HOME": str(home() / "prefect"),
        "PREFECT_API_URL": api,
        "PREFECT_SERVER_UI_API_URL": api,
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "DO_NOT_TRACK": "1",
        "PREFECT_SERVER_ENCRYPTION_KEY": encryption_key(),
        "PREFECT_SERVER_SERVICES_DB_VACUUM_ENABLED": "events,flow_runs",
        "PREFECT_WORKER_QUERY_SECONDS": "1",
        "PREFECT_LOGGING_LEVEL": "WARNING",
        "PREFECT_SERVER_LOGGING_LEVEL": "WARNING",
        "PREFECT_LOGGING_TO_API_WHEN_MISSING_FLOW": "ignore",
        "PYTHONUNBUFFERED": "1",
    }
    if "REMIT_ENROL_KEY" not in os.environ and "REMIT_ENROL_KEY_FILE" not in os.environ:
        secret_of("enrol.key")
        ours["REMIT_ENROL_KEY_FILE"] = str(home() / "secrets" / "enrol.key")
    if "REMIT_SANDBOX_URL" not in os.environ:
        ours["REMIT_SANDBOX_URL"] = f"http://127.0.0.1:{sandbox_port}"
    if "REMIT_SANDBOX_TOKEN" not in os.environ:
        ours["REMIT_SANDBOX_TOKEN"] = secret_of("sandbox.token")
    return {**ours, **os.environ}


def remember_ports(server_port: int, sandbox_port: int) -> None:
    """Where `remit up` put its servers, for the commands that come after it."""
    (home() / PORTS).write_text(f"{server_port} {sandbox_port}\n")


def _remembered_ports() -> tuple[int, int]:
    try:
        server_port, sandbox_port = (home() / PORTS).read_text().split()
        return int(server_port), int(sandbox_port)
    except (OSError, ValueError):  # nothing was started here yet
        return SERVER_PORT, SANDBOX_PORT


def in_force() -> None:
    """Put the environment in force for this process, before Prefect is imported."""
    for name, value in environment(*_remembered_ports()).items():
        os.environ.setdefault(name, value)

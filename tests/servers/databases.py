"""Throw-away PostgreSQL and Redis servers."""

import os
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
from pathlib import Path

from tests.servers.processes import Server, StartFailed, find_program, start

OWNER = "remit"
INITDB = f"-U {OWNER} -A trust --no-sync --locale=C.UTF-8 -E UTF8"
SETTINGS = (
    "listen_addresses=127.0.0.1",
    "unix_socket_directories=",
    "fsync=off",
    "synchronous_commit=off",
    "full_page_writes=off",
    "max_connections=200",
)
REDIS = "--bind 127.0.0.1 --appendonly no --daemonize no"


def postgres_program(name: str) -> str:
    """A program of the newest PostgreSQL that is installed; Debian keeps them off PATH."""
    versions = [folder.name for folder in Path("/usr/lib/postgresql").glob("*")]
    newest_first = sorted((int(version) for version in versions if version.isdigit()), reverse=True)
    return find_program(name, *(f"/usr/lib/postgresql/{version}/bin" for version in newest_first))


class Postgres:
    """A PostgreSQL cluster on loopback, with nothing kept and nothing synced to disk."""

    def __init__(self) -> None:
        initdb, self._postgres, self._psql = map(postgres_program, ("initdb", "postgres", "psql"))
        # PostgreSQL refuses to run as root; its folder must then be one that its own account can enter.
        self._run_as = "postgres" if os.geteuid() == 0 else None
        self._folder = Path(tempfile.mkdtemp(prefix="remit-postgres-"))
        try:
            if self._run_as:
                shutil.chown(self._folder, self._run_as)
            self._make_cluster(initdb)
            self._server, [self.port], _ = start(1, self._launch, self._answers, timeout=30)
        except BaseException:
            shutil.rmtree(self._folder, ignore_errors=True)
            raise

    def _make_cluster(self, initdb: str) -> None:
        made = subprocess.run(
            [initdb, "-D", self._folder / "data", *INITDB.split()],
            user=self._run_as,
            cwd=self._folder,
            capture_output=True,
            text=True,
            check=False,
        )
        if made.returncode:
            raise StartFailed(f"initdb: {made.stderr}")

    def _launch(self, ports: list[int]) -> Server:
        settings = [word for setting in SETTINGS for word in ("-c", setting)]
        return Server(
            [self._postgres, "-D", str(self._folder / "data"), "-p", str(ports[0]), *settings],
            self._folder / "postgres.log",
            run_as=self._run_as,
            # "Fast" shutdown; on SIGTERM PostgreSQL would wait for every client to leave.
            stop_signal=signal.SIGINT,
        )

    def _answers(self, _: Server, ports: list[int]) -> bool:
        return self._psql_run(ports[0], "select 1").returncode == 0

    def _psql_run(self, port: int, statement: str) -> subprocess.CompletedProcess[str]:
        where = f"-h 127.0.0.1 -p {port} -U {OWNER} -d postgres"
        return subprocess.run(
            [self._psql, "-X", "-q", "-v", "ON_ERROR_STOP=1", *where.split(), "-c", statement],
            cwd=self._folder,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def execute(self, statement: str) -> None:
        """Runs one statement in the maintenance database."""
        done = self._psql_run(self.port, statement)
        if done.returncode:
            raise RuntimeError(f"{statement}: {done.stderr}")

    def url(self, dbname: str, driver: str = "postgresql+asyncpg") -> str:
        return f"{driver}://{OWNER}@127.0.0.1:{self.port}/{dbname}"

    def create_database(self, template: str | None = None) -> str:
        """The URL of a fresh database, a copy of `template` if named; nobody may be connected to that."""
        dbname = f"t_{secrets.token_hex(6)}"
        copied = f' template "{template}"' if template else ""
        self.execute(f'create database "{dbname}"{copied}')
        return self.url(dbname)

    def stop(self) -> None:
        self._server.stop()
        shutil.rmtree(self._folder, ignore_errors=True)


class Redis:
    """A Redis server on loopback that keeps nothing."""

    def __init__(self) -> None:
        self._program = find_program("redis-server")
        self._folder = Path(tempfile.mkdtemp(prefix="remit-redis-"))
        try:
            self._server, [self.port], _ = start(1, self._launch, _pongs, timeout=15)
        except BaseException:
            shutil.rmtree(self._folder, ignore_errors=True)
            raise

    def _launch(self, ports: list[int]) -> Server:
        return Server(
            [self._program, "--port", str(ports[0]), *REDIS.split(), "--save", ""],
            self._folder / "redis.log",
        )

    def url(self, database: int = 0) -> str:
        return f"redis://127.0.0.1:{self.port}/{database}"

    def stop(self) -> None:
        self._server.stop()
        shutil.rmtree(self._folder, ignore_errors=True)


def _pongs(_: Server, ports: list[int]) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", ports[0]), timeout=1) as client:
            client.sendall(b"PING\r\n")
            return client.recv(5) == b"+PONG"
    except OSError:
        return False

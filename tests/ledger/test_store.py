"""Opening the ledger: addresses, migrations, several processes, and what errors say."""

from __future__ import annotations

import asyncio
import sys
from datetime import UTC, datetime

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect, text

from remit.ledger import Ledger, journal, migrations
from remit.ledger.tables import metadata
from remit.model import LedgerError, Missing

AT = datetime(2027, 3, 1, tzinfo=UTC)


async def test_migrations_and_tables_agree(ledger):
    def difference(connection: Connection) -> list:
        return list(compare_metadata(MigrationContext.configure(connection), metadata))

    async with ledger.read() as tx:
        assert await tx.run_sync(difference) == []


def test_the_newest_migration_is_the_one_that_opening_asks_for():
    folder = migrations.__file__.rpartition("/")[0]
    assert ScriptDirectory(folder).get_current_head() == migrations.HEAD


async def test_several_may_open_a_new_ledger_at_once(ledger_url):
    opened = await asyncio.gather(*(Ledger.open(ledger_url) for _ in range(6)))
    async with opened[0].read() as tx:
        assert await tx.run_sync(lambda connection: inspect(connection).has_table("journal"))
    for one in opened:
        await one.close()


async def test_several_processes_may_open_a_new_ledger_at_once(ledger_url):
    code = (
        "import asyncio, sys\n"
        "from remit.ledger import Ledger\n"
        "async def main():\n"
        "    await (await Ledger.open(sys.argv[1])).close()\n"
        "asyncio.run(main())\n"
    )
    started = [
        await asyncio.create_subprocess_exec(
            sys.executable, "-c", code, ledger_url, stderr=asyncio.subprocess.PIPE
        )
        for _ in range(3)
    ]
    for process in started:
        _, said = await process.communicate()
        assert process.returncode == 0, said.decode()


@pytest.mark.parametrize("statement", ["UPDATE journal SET code = 'x'", "DELETE FROM journal"])
async def test_the_journal_refuses_to_be_changed(ledger, statement):
    async with ledger.write() as tx:
        await journal.write(tx, "brand.stopped", brand="kopi", now=AT, case=1)
    with pytest.raises(LedgerError, match="append-only"):
        async with ledger.write() as tx:
            await tx.execute(text(statement))
    lines = await journal.of_case(ledger, 1)
    assert [(line.kind, line.at) for line in lines] == [("brand.stopped", AT)]


async def test_an_error_rolls_the_whole_transaction_back(ledger):
    async def fail() -> None:
        async with ledger.write() as tx:
            await journal.write(tx, "brand.stopped", brand="kopi", now=AT, case=1)
            raise Missing("no such thing")

    with pytest.raises(Missing):
        await fail()
    assert await journal.of_case(ledger, 1) == []


async def test_reading_shows_one_instant(ledger):
    async with ledger.read() as tx:
        counting = text("SELECT count(*) FROM journal")
        before = (await tx.execute(counting)).scalar()
        async with ledger.write() as other:
            await journal.write(other, "brand.stopped", brand="kopi", now=AT)
        assert (await tx.execute(counting)).scalar() == before


async def test_sqlite_syncs_every_commit_to_a_write_ahead_log(tmp_path):
    ledger = await Ledger.open(f"sqlite:///{tmp_path / 'new' / 'ledger.db'}")
    async with ledger.read() as tx:
        assert (await tx.exec_driver_sql("PRAGMA journal_mode")).scalar() == "wal"
        assert (await tx.exec_driver_sql("PRAGMA synchronous")).scalar() == 2
        assert (await tx.exec_driver_sql("PRAGMA foreign_keys")).scalar() == 1
    await ledger.close()


async def test_the_address_comes_from_the_environment(tmp_path, monkeypatch):
    monkeypatch.setenv("REMIT_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("REMIT_DATABASE_URL", raising=False)
    await (await Ledger.open()).close()
    assert (tmp_path / "home" / "ledger.db").exists()
    monkeypatch.setenv("REMIT_DATABASE_URL", f"sqlite:///{tmp_path / 'other.db'}")
    await (await Ledger.open()).close()
    assert (tmp_path / "other.db").exists()


@pytest.mark.parametrize(
    ("address", "says"),
    [
        ("sqlite://", "write sqlite:///PATH"),
        ("mysql://localhost/remit", "cannot live on mysql"),
        ("nonsense", "cannot be read"),
    ],
)
async def test_an_address_that_cannot_be_used_says_what_to_write(address, says):
    with pytest.raises(LedgerError, match=says):
        await Ledger.open(address)


async def test_an_error_names_no_password():
    with pytest.raises(LedgerError) as error:
        await Ledger.open("postgresql://remit:geheim@127.0.0.1:1/remit")
    assert "geheim" not in str(error.value)
    assert "127.0.0.1" in str(error.value)


async def test_a_folder_that_is_no_database_says_so(tmp_path):
    with pytest.raises(LedgerError, match="unable to open"):
        await Ledger.open(f"sqlite:///{tmp_path}")

"""PostgreSQL's part: a dump at an exported snapshot, digests of all tables at the same snapshot, and back."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import psycopg
from psycopg import sql

from yongzhou.core.home import Home
from yongzhou.house.backup.manifest import BackupError, TablePrint
from yongzhou.house.family.postgres import OWNER, binary

Connection = psycopg.Connection[tuple[object, ...]]

DUMP: Final = "postgres.dump"
_TABLES: Final = """
select n.nspname, c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace
where c.relkind = 'r' and n.nspname not like 'pg\\_%' and n.nspname <> 'information_schema' order by 1, 2
"""


@contextmanager
def snapshot(home: Home) -> Iterator[tuple[Connection, str]]:
    """A connection that sees one picture of the database while the city goes on, and the picture's name."""
    with psycopg.connect(home.dsn(), application_name="yz backup", autocommit=True) as connection:
        connection.execute("set timezone = 'UTC'")
        connection.execute("set idle_in_transaction_session_timeout = 0")
        connection.execute("begin isolation level repeatable read read only")
        row = connection.execute("select pg_export_snapshot()").fetchone()
        assert row is not None
        yield connection, str(row[0])
        connection.execute("rollback")


def dump(home: Home, name: str, target: Path) -> None:
    """Write all schemas (records, audit, jobs, lake catalogue) at one exported snapshot, rights included."""
    _run(home, "pg_dump", "--format=custom", f"--snapshot={name}", "--no-comments", f"--file={target}", home.database)


def load(home: Home, source: Path) -> None:
    """Fill an empty database from a dump, all or nothing."""
    _run(
        home,
        "pg_restore",
        "--exit-on-error",
        "--single-transaction",
        "--no-comments",
        f"--dbname={home.database}",
        str(source),
    )
    with psycopg.connect(home.dsn(), autocommit=True) as connection:
        connection.execute("analyze")


def prints(connection: Connection) -> dict[str, TablePrint]:
    """Rows and digest of each table that a connection sees: sum of row hashes, so order does not matter."""
    found: dict[str, TablePrint] = {}
    for schema, table in connection.execute(_TABLES).fetchall():
        query = sql.SQL("select count(*), coalesce(sum(hashtextextended(t::text, 0)::numeric), 0) from {} t")
        row = connection.execute(query.format(sql.Identifier(str(schema), str(table)))).fetchone()
        assert row is not None
        found[f"{schema}.{table}"] = TablePrint(int(str(row[0])), str(row[1]))
    return found


def prints_of(home: Home) -> dict[str, TablePrint]:
    """Rows and digests of a home's database now."""
    with snapshot(home) as (connection, _):
        return prints(connection)


def differences(wanted: dict[str, TablePrint], found: dict[str, TablePrint]) -> list[str]:
    """What differs between two sets of prints, one Chinese sentence each."""
    lines = [f"表 {name} 没有恢复" for name in sorted(wanted.keys() - found.keys())]
    lines += [f"多出表 {name}" for name in sorted(found.keys() - wanted.keys())]
    for name in sorted(wanted.keys() & found.keys()):
        if wanted[name].rows != found[name].rows:
            lines.append(f"表 {name} 应有 {wanted[name].rows} 行,实有 {found[name].rows} 行")
        elif wanted[name] != found[name]:
            lines.append(f"表 {name} 行数相同,内容不同")
    return lines


def _run(home: Home, tool: str, *arguments: str) -> None:
    login = ("--host=127.0.0.1", f"--port={home.port_of('postgres')}", f"--username={OWNER}")
    done = subprocess.run(
        [binary(tool), *login, *arguments],
        capture_output=True,
        text=True,
        check=False,
        env={"PGPASSWORD": home.secret(f"postgres_{OWNER}"), "LC_ALL": "C.UTF-8"},
    )
    if done.returncode:
        raise BackupError(f"{tool} 失败:\n{done.stderr.strip()[-1500:]}")

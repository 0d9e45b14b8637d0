"""A standby of the house's PostgreSQL: made from the running one, streaming from it, promoted when it is lost."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Sequence
from typing import Final

import psycopg

from yongzhou.core.home import Home
from yongzhou.house.cluster.plan import Plan
from yongzhou.house.family import postgres

NAME: Final = "yz_standby"


def superuser(home: Home, port: int) -> str:
    """Login of the superuser at one of the two servers."""
    secret = home.secret(f"postgres_{postgres.SUPERUSER}")
    return f"host=127.0.0.1 port={port} dbname=postgres user={postgres.SUPERUSER} password={secret} connect_timeout=2"


def make(home: Home) -> None:
    """Copy the primary, once; then let the primary answer a commit only when the standby has it on disk too."""
    target = home.data / "standby"
    if target.exists():
        return
    draft = target.with_name("standby.draft")
    shutil.rmtree(draft, ignore_errors=True)
    port = home.port_of("postgres")
    tool = [
        *(postgres.binary("pg_basebackup"), "-D", str(draft), "--checkpoint=fast", "--wal-method=stream"),
        *("--write-recovery-conf", "--create-slot", f"--slot={NAME}"),
        *("-d", f"{superuser(home, port)} application_name={NAME}"),
    ]
    with psycopg.connect(superuser(home, port), autocommit=True) as connection:
        connection.execute(
            "select pg_drop_replication_slot(slot_name) from pg_replication_slots where slot_name = %s", [NAME]
        )
    done = subprocess.run(tool, capture_output=True, text=True, check=False)
    if done.returncode:
        raise postgres.PostgresError(f"备库没有建成:{done.stderr.strip()[-500:]}")
    draft.rename(target)


def command(home: Home) -> Sequence[str]:
    """The standby's command line."""
    flags = [flag for name, value in postgres.SETTINGS.items() for flag in ("-c", f"{name}={value}")]
    port = str(Plan(home).port("standby"))
    return [postgres.binary("postgres"), "-D", str(home.data / "standby"), "-p", port, *flags]


def ready(home: Home, age: float) -> bool:
    """Ready once it answers; from then on a commit waits for it."""
    with psycopg.connect(superuser(home, Plan(home).port("standby")), autocommit=True) as standby:
        row = standby.execute("select pg_is_in_recovery()").fetchone()
    if row is not None and row[0]:
        with psycopg.connect(superuser(home, home.port_of("postgres")), autocommit=True) as primary:
            primary.execute(f"alter system set synchronous_standby_names = '{NAME}'")
            primary.execute("select pg_reload_conf()")
    return True


def promote(home: Home) -> None:
    """Make the standby the one that takes writes. The old primary must be down, and must never start again as it is."""
    with psycopg.connect(superuser(home, Plan(home).port("standby")), autocommit=True) as standby:
        standby.execute("alter system reset synchronous_standby_names")
        standby.execute("select pg_promote(true, 30)")
        standby.execute("select pg_reload_conf()")

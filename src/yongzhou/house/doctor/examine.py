"""All looks in order. A look that fails itself becomes a finding; it never hides the others."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import psycopg

from yongzhou.core.home import Home
from yongzhou.house.doctor import folder, lake, machine, running
from yongzhou.house.doctor.finding import Finding, Level, Look
from yongzhou.house.family import status
from yongzhou.house.observe import bus as bus_facts
from yongzhou.house.observe import database as database_facts
from yongzhou.house.schema import migration_files


def examine(home: Home) -> list[Finding]:
    """Look at everything that can be looked at in the state that the house is in."""
    looks: list[tuple[str, Look]] = [
        ("版本", machine.versions),
        ("配置", lambda: machine.power(home)),
        ("磁盘", lambda: machine.disk(home)),
        ("时钟", machine.clock),
        ("文字", machine.words),
        ("限额", machine.limits),
        ("密钥", lambda: folder.secrets(home)),
        ("端口", lambda: folder.doors(home)),
        ("日志", lambda: folder.written(home)),
        ("证书", lambda: folder.certificates(home)),
        ("备份", lambda: folder.kept(home)),
        ("库表基线", folder.baseline),
        ("运行", lambda: _running(home)),
    ]
    return [finding for name, look in looks for finding in _careful(name, look)]


def worst(findings: list[Finding]) -> Level:
    """The gravest level among some findings."""
    levels = {finding.level for finding in findings}
    return next((level for level in (Level.FAIL, Level.WARN) if level in levels), Level.OK)


def _careful(name: str, look: Look) -> Iterator[Finding]:
    try:
        yield from look()
    except Exception as error:  # whatever it is, the others are still worth knowing
        yield Finding("诊断", name, Level.FAIL, f"没有查成:{type(error).__name__} {str(error)[:200]}", "请报告给开发者")


def _running(home: Home) -> Iterator[Finding]:
    found = status.read(home)
    if found is None:
        yield Finding("成员", "家族", Level.SKIP, "没有在运行:运行中的项目未查", "启动用 make run 或 yongzhou run")
        return
    yield from running.members(home, found)
    yield from running.pages(home)
    try:
        facts = database_facts.facts(home)
    except psycopg.Error as error:
        yield Finding("数据库", "连接", Level.FAIL, str(error).strip().splitlines()[0], "请看 yongzhou logs postgres")
        return
    yield from running.database(facts)
    try:
        yield from running.bus(bus_facts.facts(home), int(facts.waiting["obs_followed"]))
    except OSError as error:
        yield Finding("总线", "NATS", Level.FAIL, f"监视口没有应答({error})", "请看 yongzhou logs nats")
    yield from lake.maintenance(facts.lake)
    with closing(psycopg.connect(home.dsn(), autocommit=True, application_name="yz doctor")) as connection:
        yield from _migrations(connection)
        yield from lake.files(home, connection)
        yield from running.seal(home, connection)


def _migrations(connection: psycopg.Connection[tuple[object, ...]]) -> Iterator[Finding]:
    """Migrations of the code that this database has not had."""
    if not connection.execute("select to_regclass('django_migrations')").fetchone():
        return
    applied = {(str(app), str(name)) for app, name in connection.execute("select app, name from django_migrations")}
    missing = [
        f"{path.parents[1].name}.{path.stem}"
        for path in migration_files()
        if (path.parents[1].name, path.stem) not in applied
    ]
    yield Finding(
        "数据库", "迁移", Level.FAIL if missing else Level.OK,
        "缺 " + "、".join(missing[:5]) if missing else f"{len(applied)} 个迁移都已执行",
        "代码比库新:请重启家族,或运行 yongzhou migrate" if missing else "", {"missing": missing},
    )  # fmt: skip

"""The lake: is it maintained, and is every file that its catalogue knows on disk with its size."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import psycopg

from yongzhou.core.home import Home
from yongzhou.core.lake.catalogue import LakeFacts
from yongzhou.house.doctor.finding import Finding, Level, graded, size, span

AREA: Final = "数据湖"
YOUNG: Final = (1_000, 10_000)  # maintenance begins at 200
SNAPSHOT_S: Final = (3 * 3600.0, 24 * 3600.0)  # maintenance keeps 15 minutes
NAMED: Final = 5
_FILES: Final = """
select distinct on (f.data_file_id) case when f.path_is_relative then
    (case when t.path_is_relative then s.path || t.path else t.path end) || f.path else f.path end,
    f.path_is_relative and t.path_is_relative and s.path_is_relative, f.file_size_bytes
from lake.ducklake_data_file f join lake.ducklake_table t using (table_id) join lake.ducklake_schema s using (schema_id)
where f.end_snapshot is null order by f.data_file_id, t.begin_snapshot desc
"""


def maintenance(facts: LakeFacts | None) -> Iterator[Finding]:
    """Young files and old snapshots pile up where maintenance does not run."""
    if facts is None:
        yield Finding(AREA, "维护", Level.SKIP, "还没有数据湖")
        return
    level = max(graded(facts.young, *YOUNG), graded(facts.oldest_snapshot_s, *SNAPSHOT_S), key=list(Level).index)
    yield Finding(
        AREA, "维护", level,
        f"{facts.files} 个文件 {size(facts.bytes)},可合并 {facts.young} 个,最旧快照 {span(facts.oldest_snapshot_s)}前",
        "" if level is Level.OK else "维护没有跟上:请看 yongzhou logs worker 与定期任务 house.lake",
        {"files": facts.files, "young": facts.young, "snapshots": facts.snapshots},
    )  # fmt: skip


def files(home: Home, connection: psycopg.Connection[tuple[object, ...]]) -> Iterator[Finding]:
    """Every file of the newest snapshot, by a look at its size (no file is read)."""
    there = connection.execute("select to_regclass('lake.ducklake_data_file') is not null").fetchone()
    if not there or not there[0]:
        return
    bad: list[str] = []
    count = 0
    for path, relative, wanted in connection.execute(_FILES):
        place = home.lake / str(path) if relative else home.lake.joinpath(str(path))
        count += 1
        try:
            found = place.stat().st_size
        except FileNotFoundError:
            bad.append(f"{path} 不在")
            continue
        if found != wanted:
            bad.append(f"{path} 应有 {wanted} 字节,实有 {found}")
    yield Finding(
        AREA, "文件", Level.FAIL if bad else Level.OK,
        f"{len(bad)} 个文件不对:" + ";".join(bad[:NAMED]) if bad else f"{count} 个文件都在,大小相符",
        "请从备份取回这些文件,或从总线的保留段重新汇聚" if bad else "", {"bad": bad[:100], "files": count},
    )  # fmt: skip

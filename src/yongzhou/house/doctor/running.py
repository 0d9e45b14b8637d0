"""The running house: members, bus, database, audit, what waits where."""

from __future__ import annotations

import http.client
import time
from collections.abc import Callable, Iterator
from typing import Final

from yongzhou.core.audit import store
from yongzhou.core.audit.sealer import anchor_path
from yongzhou.core.home import Home
from yongzhou.core.streams import OBS, STREAMS
from yongzhou.house.doctor.finding import Finding, Level, graded, size, span
from yongzhou.house.family import status
from yongzhou.house.family.status import FamilyStatus
from yongzhou.house.observe.bus import BusFacts
from yongzhou.house.observe.database import DatabaseFacts

STREAM_SHARE: Final = (0.7, 0.9)
LAG: Final = (1_000, 100_000)  # events that a consumer has not dealt with
OBS_LAG: Final = (2_000, 500_000)  # messages of OBS that telemetry has not followed
OUTBOX_S: Final = (15.0, 300.0)
SEAL_S: Final = (30.0, 600.0)
JOB_S: Final = (300.0, 3600.0)
TRANSACTION_S: Final = (120.0, 1800.0)
WAL: Final = (2.5e9, 10e9)  # max_wal_size is 1 GB
RESTARTS: Final = 5
WORD: Final = {"outbox": "发件箱", "quarantine": "隔离件", "dead_letters": "死信", "jobs_failed_day": "失败任务"}


def members(home: Home, found: FamilyStatus) -> Iterator[Finding]:
    """Each member's state, memory against its budget, restarts."""
    memory = status.memory_mb(found)
    for name, member in found["members"].items():
        used, budget = memory.get(name, 0.0), member["budget_mb"]
        data = {"state": member["state"], "pss_mb": round(used, 1), "budget_mb": budget, "restarts": member["restarts"]}
        title = f"{member['title']} {name}"
        if member["state"] in ("waiting", "starting"):
            text = f"正在启动 {member['message']}".strip()
            yield Finding("成员", title, Level.WARN, text, "请稍候再看;久不就绪请看 yongzhou logs", data)
        elif member["state"] not in ("ready", "done"):
            yield Finding(
                "成员", title, Level.FAIL, f"{member['state']}:{member['message'] or '没有说明'}",
                f"请看 yongzhou logs {name}", data,
            )  # fmt: skip
        elif used > budget:
            yield Finding(
                "成员", title, Level.WARN, f"占内存 {used:.0f} MB,预算 {budget} MB",
                "若持续增长请重启该成员,并把 yongzhou logs 与 /metrics 的曲线发给开发者", data,
            )  # fmt: skip
        elif member["restarts"] > RESTARTS:
            yield Finding(
                "成员", title, Level.WARN, f"已重启 {member['restarts']} 次:{member['message'] or '见日志'}",
                f"请看 yongzhou logs {name} --level error", data,
            )  # fmt: skip
        else:
            text = "已完成" if member["state"] == "done" else f"{used:.0f} MB / {budget} MB"
            yield Finding("成员", title, Level.OK, text, data=data)


def pages(home: Home) -> Iterator[Finding]:
    """Whether web answers through the front, and how fast."""
    for name, port, path in (("网页", "web", "/readyz"), ("前门", "front", "/healthz")):
        began = time.perf_counter()
        connection = http.client.HTTPConnection("127.0.0.1", home.port_of(port), timeout=5)
        try:
            connection.request("GET", path, headers={"Host": f"localhost:{home.port_of(port)}"})
            code = connection.getresponse().status
        except (OSError, http.client.HTTPException) as error:
            yield Finding(
                "入口", name, Level.FAIL, f"{path} 没有应答({type(error).__name__})", "请看 yongzhou logs web"
            )
            continue
        finally:
            connection.close()
        spent = time.perf_counter() - began
        level = Level.FAIL if code >= 500 else Level.OK if code == 200 and spent < 1 else Level.WARN
        yield Finding(
            "入口", name, level, f"{path} {code},{spent * 1000:.0f} 毫秒",
            "" if level is Level.OK else "请看 yongzhou logs web --level warning", {"status": code, "seconds": spent},
        )  # fmt: skip


def bus(facts: BusFacts, followed: int) -> Iterator[Finding]:
    """Streams: are they there, how full, how far behind are their consumers."""
    for name in STREAMS:
        stream = facts.stream(name)
        if stream is None:
            yield Finding("总线", name, Level.WARN, "还没有这个消息流", "第一个使用它的成员会建立它;请看各成员是否就绪")
            continue
        level = graded(stream.share, *STREAM_SHARE)
        tells = "满了会拒收" if stream.refuses else "满了会丢最旧的"
        data: dict[str, object] = {"messages": stream.messages, "bytes": stream.bytes, "max_bytes": stream.max_bytes}
        yield Finding(
            "总线", name, level, f"{stream.messages} 条 {size(stream.bytes)},占上限 {stream.share:.0%}",
            "" if level is Level.OK else f"{tells}:请看消费者为何落后(下方),或放大上限", data,
        )  # fmt: skip
        if stream.replicas_current < stream.replicas:
            text = f"{stream.replicas} 份副本只有 {stream.replicas_current} 份同步"
            yield Finding("总线", f"{name} 副本", Level.WARN, text, "请看集群里哪一台 NATS 没有运行")
        for consumer in stream.consumers:
            if consumer.durable and (level := graded(consumer.lag, *LAG)) is not Level.OK:
                text = f"{consumer.name} 落后 {consumer.lag} 条,重投 {consumer.redelivered} 条"
                yield Finding("总线", f"{name} 消费者", level, text, "请看 yongzhou logs pump --level warning")
    observations = facts.stream(OBS)
    if observations is not None:
        lag = max(0, observations.last_seq - followed) if observations.messages else 0
        level = graded(lag, *OBS_LAG)
        remedy = "" if level is Level.OK else "请看 yongzhou logs telemetry;报文都在流里,不会丢"
        yield Finding("总线", "观测汇聚", level, f"落后 {lag} 条", remedy, {"lag": lag})


def database(facts: DatabaseFacts) -> Iterator[Finding]:
    """Server, and what waits in it."""
    sound = facts.version.startswith("18")
    yield Finding(
        "数据库", "版本", Level.OK if sound else Level.WARN, f"PostgreSQL {facts.version},{size(facts.bytes)}",
        "" if sound else "本系统以 PostgreSQL 18 测试过", {"version": facts.version, "bytes": facts.bytes},
    )  # fmt: skip
    share = facts.connections / facts.max_connections
    level = graded(share, 0.8, 0.95)
    yield Finding(
        "数据库", "连接", level, f"{facts.connections} / {facts.max_connections}",
        "" if level is Level.OK else "请找出占用者:select application_name, count(*) from pg_stat_activity group by 1",
    )  # fmt: skip
    yield _grade("数据库", "预写日志", facts.wal_bytes, WAL, size, "请看归档或备库是否停了:它们会留住 WAL")
    yield _grade(
        "数据库", "最长事务", facts.longest_transaction_s, TRANSACTION_S, span, "长事务拖住封存和清理:请结束它"
    )
    yield from _safe(facts)
    waiting = facts.waiting
    yield _grade("等待", "发件箱", waiting["outbox_age_s"], OUTBOX_S, span, "请看 yongzhou logs pump:总线或中继停了")
    yield _grade("等待", "审计封存", facts.unsealed_age_s, SEAL_S, span, "请看 yongzhou logs pump 与最长事务")
    yield _grade("等待", "后台任务", waiting["job_age_s"], JOB_S, span, "请看 yongzhou logs worker")
    for name, remedy in (
        ("dead_letters", "请到「消息总线」页查看原因后补办"),
        ("quarantine", "请到「隔离件」页登记站点或改正后重放"),
        ("jobs_failed_day", "请到「后台任务」页查看原因"),
        ("failed_duties", "请看 core_duty 的 error 列与 yongzhou logs worker --level error"),
    ):
        count = int(waiting[name])
        level = Level.WARN if count else Level.OK
        title = WORD.get(name, "定期任务出错")
        yield Finding("等待", title, level, f"{count} 件", remedy if count else "", {"count": count})


def seal(home: Home, connection: store.Connection) -> Iterator[Finding]:
    """The file of the audit's newest head agrees with the database; `yongzhou audit verify` proves the whole."""
    anchor, newest = store.read_anchor(anchor_path(home)), store.last_block(connection)
    if newest is None:
        yield Finding("审计", "封存头", Level.SKIP, "还没有封存块")
    elif anchor is None:
        yield Finding(
            "审计", "封存头", Level.WARN, "目录里没有封存头文件", "请看 pump 是否运行;恢复的库会在下一块时重建"
        )
    elif anchor[0] > newest.number:
        text = f"封存头在第 {anchor[0]} 块,库里只到第 {newest.number} 块"
        yield Finding("审计", "封存头", Level.FAIL, text, "审计尾部被截或库比文件旧:请运行 yongzhou audit verify")
    else:
        yield Finding("审计", "封存头", Level.OK, f"第 {newest.number} 块", data={"block": newest.number})


def _safe(facts: DatabaseFacts) -> Iterator[Finding]:
    bad = [
        word
        for wrong, word in (
            (not facts.fsync, "fsync 关闭"),
            (not facts.checksums, "没有页校验和"),
            (facts.checksum_failures > 0, f"{facts.checksum_failures} 页校验失败"),
        )
        if wrong
    ]
    level = Level.FAIL if not facts.fsync or facts.checksum_failures else Level.WARN if bad else Level.OK
    yield Finding(
        "数据库", "落盘", level, "、".join(bad) or "fsync 与页校验和已开",
        "请打开 fsync;校验失败时立即备份并用 pg_amcheck 查明" if bad else "",
    )  # fmt: skip
    utf8 = facts.locale.upper().endswith(("UTF-8", "UTF8"))
    yield Finding(
        "数据库", "排序规则", Level.OK if utf8 else Level.FAIL, facts.locale,
        "" if utf8 else "库应以 C.UTF-8 建立,否则中文检索失效",
    )  # fmt: skip
    if facts.archiving:
        late = facts.archived_ago_s > 120 or facts.archived_ago_s < 0
        yield Finding(
            "数据库", "归档", Level.WARN if late else Level.OK,
            f"上次归档 {span(facts.archived_ago_s)}前,失败 {facts.archive_failures} 次"
            if facts.archived_ago_s >= 0 else "还没有归档过",
            "请看归档目录是否可写、是否已满" if late else "",
        )  # fmt: skip
    if facts.standbys:
        level = graded(facts.standby_lag_bytes, 64e6, 1e9)
        yield Finding(
            "数据库", "备库", level, f"{facts.standbys} 台,最多落后 {size(facts.standby_lag_bytes)}",
            "" if level is Level.OK else "请看备库的日志与网络",
        )  # fmt: skip


def _grade(
    area: str, name: str, value: float, limits: tuple[float, float], words: Callable[[float], str], remedy: str
) -> Finding:
    level = graded(value, *limits)
    return Finding(area, name, level, words(value), "" if level is Level.OK else remedy, {"value": value})

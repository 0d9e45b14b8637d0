"""Every environment variable of the house, declared once; a test reads the sources and fails on an undeclared one.

The code that needs a variable reads it where it stands (a gateway must not import the house); this list is what an
operator reads.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from yongzhou.house.reference.syntax import parsed


@dataclass(frozen=True, slots=True)
class Variable:
    """One variable: what it means, its default as an operator would say it, an example."""

    name: str
    meaning: str
    default: str
    example: str = ""
    inner: bool = False  # set by the house for its own processes, or by tests; nobody sets it by hand


VARIABLES: Final = (
    Variable("DATA", "数据目录:一座城市的全部状态", "`./var`", "/srv/yongzhou"),
    Variable("PORT", "一段连续端口的第一个", "8600", "8700"),
    Variable("CITY", "`cities/` 下的城市目录", "yongzhou", "yongzhou"),
    Variable(
        "DATABASE_URL",
        "用另一台 PostgreSQL 18,不启动自带的",
        "自带的,端口 PORT+4",
        "postgresql://yz_owner:…@db/yongzhou",
    ),
    Variable("DEMO_ACCOUNTS", "演示账号能否登录:on 或 off;真的城市写 off", "on", "off"),
    Variable("NATS_URL", "用另一处 NATS,不启动自带的", "自带的,端口 PORT+5", "nats://bus:4222"),
    Variable("BACKUP_PASSPHRASE", "备份口令,至少 12 个字;封存密钥与清单", "没有,命令会询问"),
    Variable("SL651_HOST", "SL 651 门听哪个地址;对外开放是有意之举", "127.0.0.1", "192.168.1.10"),
    Variable("SL651_RATE", "一台遥测站每秒最多几帧,超过就慢下来", "见 `gateways/kit/limiter.py`", "20"),
    Variable("SL651_BURST", "一台遥测站一次最多几帧", "见 `gateways/kit/limiter.py`", "200"),
    Variable("MQTT_HOST", "MQTT 门听哪个地址;没有 TLS 时只开在可信网里", "127.0.0.1", "192.168.1.10"),
    Variable("MQTT_RATE", "一台设备每秒最多几条", "见 `gateways/mqtt/`", "20"),
    Variable("MQTT_BURST", "一台设备一次最多几条", "见 `gateways/mqtt/`", "200"),
    Variable("READER_DATABASE_URL", "同上,给只读角色 yz_reader", "自带的", "postgresql://yz_reader:…@db/yongzhou"),
    Variable("NATS_REPLICAS", "每个消息流存几份;三台 NATS 的集群写 3", "1", "3"),
    Variable("WEB_RATE", "一个登录者每秒最多几个请求;未登录的地址五分之一;0 为不限", "100", "50"),
    Variable("WEB_BURST", "一个登录者一次最多几个请求", "1000", "500"),
    Variable("FRONT_HOST", "前门的 HTTP 听哪个地址;反向代理在别的机器上时才改", "127.0.0.1", "10.0.0.5"),
    Variable("FRONT_TRUSTED_PROXIES", "前门之前的反向代理的地址,空格分开;它们说的来访地址才作数", "没有", "10.0.0.0/8"),
    Variable("METRICS_HOST", "指标端口听哪个地址;本机以外须带令牌 DATA/secrets/metrics", "127.0.0.1", "10.0.0.5"),
    Variable("NATS_MONITOR", "NATS 监视口的地址;用另一处 NATS 时写明", "自带的,端口 PORT+7", "http://bus:8222"),
    Variable("OTEL_EXPORTER_OTLP_ENDPOINT", "链路跟踪的接收端(OTLP/HTTP);不写就不跟踪", "不跟踪", "http://otel:4318"),
    Variable("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "同上,只给跟踪用的完整地址", "不跟踪", "http://otel:4318/v1/traces"),
    Variable("YZ_LOG", "日志写法:json 一行一个事件,text 给人看", "终端里 text,其余 json", "json"),
    Variable("PROMETHEUS_MULTIPROC_DIR", "各进程计数的目录", "DATA/metrics", inner=True),
    Variable("DATABASE", "数据库名;测试在模板的克隆里运行", "yongzhou", inner=True),
    Variable("YZ_ROLE", "进程的角色,写进数据库连接名与日志", "yongzhou", inner=True),
    Variable("DJANGO_SETTINGS_MODULE", "Django 设置模块", "yongzhou.house.settings", inner=True),
)


def read_in(package: Path) -> Iterator[tuple[str, Path]]:
    """(name, file) of each variable that the package's own code reads: `os.environ`, `os.getenv`, click's `envvar`."""
    for path in sorted(package.rglob("*.py")):
        if "tests" in path.parts or "migrations" in path.parts:
            continue
        text = path.read_text(encoding="utf-8")
        if "environ" in text or "envvar" in text or "getenv" in text:
            yield from ((name, path) for name in sorted(set(_names(parsed(path)))))


def _names(syntax: ast.Module) -> Iterator[str]:
    constants = {
        target.id: node.value.value
        for node in syntax.body
        if isinstance(node, ast.Assign | ast.AnnAssign) and isinstance(node.value, ast.Constant)
        for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
        if isinstance(target, ast.Name) and isinstance(node.value.value, str)
    }
    for node in ast.walk(syntax):
        given: ast.expr | None = None
        if isinstance(node, ast.Subscript) and _is_environ(node.value):
            given = node.slice
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args:
            own = _is_environ(node.func.value) and node.func.attr in ("get", "setdefault", "pop")
            given = node.args[0] if own or node.func.attr == "getenv" else None
        elif isinstance(node, ast.Compare) and any(map(_is_environ, node.comparators)):
            given = node.left
        elif isinstance(node, ast.keyword) and node.arg == "envvar":
            given = node.value
        if isinstance(given, ast.Constant) and isinstance(given.value, str):
            yield given.value
        elif isinstance(given, ast.Name) and given.id in constants:
            yield constants[given.id]


def _is_environ(node: ast.expr) -> bool:
    name = node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
    return name == "environ"

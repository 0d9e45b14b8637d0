"""The data folder: rights of secrets, ports, logs, certificates, backup; and the schema that the code asks for."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from cryptography import x509

from yongzhou.core.home import PORTS, Home
from yongzhou.house import schema
from yongzhou.house.doctor.finding import Finding, Level, graded, size, span
from yongzhou.house.family import logs, ports, status
from yongzhou.house.observe.keepsakes import last_backup

AREA: Final = "数据目录"
CLOSED: Final = ("nats.conf", "accounts.json")  # files with passwords in them
BACKUP_DAYS: Final = (1.5, 7.0)  # warn, fail
CERTIFICATE_DAYS: Final = 30


def secrets(home: Home) -> Iterator[Finding]:
    """Every secret is its owner's alone."""
    folder = home.data / "secrets"
    if not folder.exists():
        yield Finding(AREA, "密钥", Level.SKIP, "还没有密钥:首次启动时生成")
        return
    open_ = [path for path in [folder, *sorted(folder.iterdir())] if path.stat().st_mode & 0o077]
    open_ += [home.data / name for name in CLOSED if _others_may(home.data / name)]
    names = "、".join(str(path.relative_to(home.data)) for path in open_[:5])
    yield Finding(
        AREA, "密钥", Level.FAIL if open_ else Level.OK,
        f"{len(open_)} 个文件别的用户可读:{names}" if open_ else f"{len(list(folder.iterdir()))} 个密钥,只有所有者可读",
        f"请运行 chmod -R go= {folder},并更换已泄露的密钥" if open_ else "", {"open": [str(path) for path in open_]},
    )  # fmt: skip


def doors(home: Home) -> Iterator[Finding]:
    """The block of ports: free when the house is stopped, its own when it runs."""
    running = status.read(home)
    block = f"{home.port}–{home.port + len(PORTS) - 1}"
    if running:
        own = running["port"] == home.port
        yield Finding(
            AREA, "端口", Level.OK if own else Level.WARN, f"端口段 {running['port']} 起由本家族使用",
            "" if own else f"命令里的 PORT={home.port} 与正在运行的 {running['port']} 不同:请写同一个 PORT",
        )  # fmt: skip
        return
    taken = ports.busy(home)
    names = "、".join(f"{home.port_of(name)}({name})" for name in taken)
    yield Finding(
        AREA, "端口", Level.FAIL if taken else Level.OK, f"已被占用:{names}" if taken else f"端口段 {block} 空闲",
        "请停止占用者,或用 PORT= 换一段" if taken else "", {"taken": taken},
    )  # fmt: skip


def written(home: Home) -> Iterator[Finding]:
    """Size of the logs against their cap."""
    folder = home.data / "logs"
    used = sum(path.stat().st_size for path in folder.glob("*.log*")) if folder.exists() else 0
    members = len({path.name.partition(".")[0] for path in folder.glob("*.log*")}) if folder.exists() else 0
    cap = max(1, members) * logs.CAP_BYTES * (logs.KEPT + 2)  # one more while it grows between two looks
    level = graded(used, cap, 2 * cap)
    yield Finding(
        AREA, "日志", level, f"{size(used)},上限 {size(cap)}",
        "" if level is Level.OK else "日志超出上限:家族未运行时不轮转,可删除 logs/*.log.*", {"bytes": used, "cap": cap},
    )  # fmt: skip


def certificates(home: Home) -> Iterator[Finding]:
    """The front's own certificate authority."""
    found = sorted((home.data / "caddy" / "pki" / "authorities").glob("*/root.crt"))
    if not found:
        yield Finding(AREA, "证书", Level.SKIP, "前门还没有签发本机 CA 证书")
    for path in found:
        certificate = x509.load_pem_x509_certificate(path.read_bytes())
        left = (certificate.not_valid_after_utc - datetime.now(UTC)).days
        level = Level.FAIL if left < 0 else Level.WARN if left < CERTIFICATE_DAYS else Level.OK
        yield Finding(
            AREA, "证书", level, f"本机 CA({path.parent.name})还有 {left} 天",
            "" if level is Level.OK else "请删除该目录后重启前门,并在手机上重新信任新证书", {"days": left},
        )  # fmt: skip


def kept(home: Home) -> Iterator[Finding]:
    """The last backup."""
    note = last_backup(home)
    if note is None:
        yield Finding(AREA, "备份", Level.WARN, "没有备份记录", "请运行 yongzhou backup <目录>,并把副本放到别的机器")
        return
    level = graded(note.age_s / 86400, *BACKUP_DAYS)
    yield Finding(
        AREA, "备份", level, f"{span(note.age_s)}前备份到 {note.folder}({size(note.bytes)})",
        "" if level is Level.OK else "请运行 yongzhou backup <目录>,并安排每日执行", {"at": note.at},
    )  # fmt: skip


def baseline() -> Iterator[Finding]:
    """The schema of a fresh database belongs to the code's migrations."""
    fresh = schema.baseline_digest() == schema.digest()
    yield Finding(
        AREA, "库表基线", Level.OK if fresh else Level.WARN,
        "schema/baseline.sql 与迁移一致" if fresh else "schema/baseline.sql 比迁移旧",
        "" if fresh else "请运行 yongzhou schema;新库仍会补跑迁移,只是慢些",
    )  # fmt: skip


def _others_may(path: Path) -> bool:
    try:
        return bool(stat.S_IMODE(path.stat().st_mode) & 0o077)
    except FileNotFoundError:
        return False

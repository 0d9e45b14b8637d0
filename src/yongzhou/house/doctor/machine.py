"""The machine below the house: versions, processors, memory, disk, clock, locale, fonts, limits."""

from __future__ import annotations

import ctypes
import os
import platform
import resource
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from yongzhou.core.home import Home
from yongzhou.house.doctor.finding import Finding, Level, size
from yongzhou.house.family.postgres import PostgresError, as_other_user, binary
from yongzhou.house.family.roster import roster

AREA: Final = "机器"
_DISK: Final = {Level.FAIL: (5e9, 0.05), Level.WARN: (20e9, 0.15)}  # bytes free, share free
FILES: Final = 4096
_TIME_ERROR: Final = 5  # adjtimex(2): the clock is not synchronised
_PROGRAMS: Final = {"PostgreSQL": "18", "NATS": "2.15", "Caddy": "2."}
_FONT_FOLDERS: Final = ("/usr/share/fonts", "/usr/local/share/fonts")
_FONT_NAMES: Final = (
    "cjk",
    "wqy",
    "noto sans sc",
    "simsun",
    "simhei",
    "sourcehan",
    "uming",
    "ukai",
    "droidsansfallback",
)


def versions() -> Iterator[Finding]:
    """Python and the three programs that come as wheels."""
    python = platform.python_version()
    sound = sys.version_info >= (3, 11)
    yield Finding(
        AREA, "Python", Level.OK if sound else Level.FAIL, f"Python {python}",
        "" if sound else "请安装 Python 3.11 或更新的版本", {"version": python},
    )  # fmt: skip
    bins = Path(sys.executable).parent
    for name, wanted in _PROGRAMS.items():
        try:
            command = {
                "PostgreSQL": [binary("postgres"), "--version"],
                "NATS": [str(bins / "nats-server"), "--version"],
                "Caddy": [str(bins / "caddy"), "version"],
            }[name]
            found = subprocess.run(command, capture_output=True, text=True, check=True, timeout=20).stdout.strip()
        except (OSError, subprocess.SubprocessError, PostgresError) as error:
            yield Finding(AREA, name, Level.FAIL, f"{name} 不能运行({type(error).__name__})", "请重新运行 make setup")
            continue
        version = next((word.lstrip("v") for word in found.split() if word.lstrip("v")[:1].isdigit()), "")
        level = Level.OK if version.startswith(wanted) else Level.WARN
        remedy = "" if level is Level.OK else f"本系统以 {wanted} 测试过:请运行 make setup 装回锁定的版本"
        yield Finding(AREA, name, level, f"{name} {version}", remedy, {"version": version})


def power(home: Home) -> Iterator[Finding]:
    """Processors and memory against the members' budgets."""
    cores = len(os.sched_getaffinity(0))
    level = Level.OK if cores >= 2 else Level.WARN
    yield Finding(AREA, "处理器", level, f"{cores} 个核", "" if cores >= 2 else "建议至少 2 个核", {"cores": cores})
    budget = sum(member.budget_mb for member in roster()) * 1e6
    total = _meminfo("MemTotal")
    level = Level.FAIL if total < budget else Level.WARN if total < 1.5 * budget else Level.OK
    yield Finding(
        AREA, "内存", level, f"共 {size(total)},各成员预算合计 {size(budget)}",
        "" if level is Level.OK else "请增加内存,或关闭不用的成员", {"total": total, "budget": budget},
    )  # fmt: skip


def disk(home: Home) -> Iterator[Finding]:
    """Room for the data folder."""
    place = next(path for path in (home.data, *home.data.parents) if path.exists())
    usage = shutil.disk_usage(place)
    share = usage.free / usage.total
    short = [level for level, (room, part) in _DISK.items() if usage.free < room or share < part]
    level = short[0] if short else Level.OK
    yield Finding(
        AREA, "磁盘", level, f"{place} 还有 {size(usage.free)}({share:.0%})",
        "" if level is Level.OK else "请清理或扩容;磁盘满时报文会被拒收,设备会重发",
        {"free": usage.free, "total": usage.total},
    )  # fmt: skip


def clock() -> Iterator[Finding]:
    """Whether the kernel believes its clock to be right, and whether the city's zone is known."""
    try:
        state = ctypes.CDLL(None, use_errno=True).adjtimex(ctypes.create_string_buffer(256))
    except (OSError, AttributeError):
        state = -1
    if state == -1:
        yield Finding(AREA, "时钟", Level.SKIP, "内核没有告知时钟状态", "请另行确认本机已与时间服务器同步")
    elif state == _TIME_ERROR:
        yield Finding(AREA, "时钟", Level.WARN, "时钟没有与时间服务器同步", "请启用 chrony 或 systemd-timesyncd")
    else:
        yield Finding(AREA, "时钟", Level.OK, "时钟已同步")
    try:
        ZoneInfo("Asia/Shanghai")
    except (OSError, LookupError):
        yield Finding(AREA, "时区", Level.FAIL, "没有 Asia/Shanghai 的时区数据", "请安装 tzdata")
    else:
        yield Finding(AREA, "时区", Level.OK, "Asia/Shanghai")


def words() -> Iterator[Finding]:
    """Encoding, and fonts that can draw Chinese (printed pages, exported pictures)."""
    encoding = sys.getfilesystemencoding().lower()
    sound = encoding == "utf-8"
    yield Finding(
        AREA, "编码", Level.OK if sound else Level.FAIL, f"文件名编码 {encoding}",
        "" if sound else "请设置 LANG=C.UTF-8 或 zh_CN.UTF-8",
    )  # fmt: skip
    font = _font()
    yield Finding(
        AREA, "中文字体", Level.OK if font else Level.WARN, font or "没有找到中文字体",
        "" if font else "请安装一种,例如 apt install fonts-noto-cjk;网页不受影响,服务器上生成的图片和 PDF 会缺字",
    )  # fmt: skip


def limits() -> Iterator[Finding]:
    """Open files, and user namespaces where PostgreSQL has to leave root."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    level = Level.OK if soft >= FILES else Level.WARN
    remedy = "" if level is Level.OK else f"请提高到至少 {FILES}(ulimit -n,或 systemd 的 LimitNOFILE)"
    yield Finding(AREA, "打开文件数", level, f"上限 {soft}", remedy, {"soft": soft, "hard": hard})
    if os.geteuid() == 0 and not os.environ.get("DATABASE_URL"):
        try:
            as_other_user()
        except PostgresError as error:
            yield Finding(AREA, "用户命名空间", Level.FAIL, str(error).splitlines()[0], str(error).splitlines()[-1])
        else:
            yield Finding(AREA, "用户命名空间", Level.OK, "以 root 运行时 PostgreSQL 换用户启动")


def _meminfo(name: str) -> float:
    for line in Path("/proc/meminfo").read_text().splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1]) * 1024.0
    return 0.0


def _font() -> str:
    """Name of one font that has Chinese, "" if none is found."""
    try:
        found = subprocess.run(
            ["fc-list", ":lang=zh", "family"], capture_output=True, text=True, check=False, timeout=20
        ).stdout.splitlines()
    except (OSError, subprocess.SubprocessError):
        found = []
    if found:
        return found[0].partition(",")[0]
    for folder in _FONT_FOLDERS:
        for path in Path(folder).rglob("*.[to]t[fc]"):
            if any(name in path.name.lower() for name in _FONT_NAMES):
                return path.name
    return ""

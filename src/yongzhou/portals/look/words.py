"""Times and spans as the pages say them, always in Asia/Shanghai. Pure Python."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final, Literal, NamedTuple
from zoneinfo import ZoneInfo

SHANGHAI: Final = ZoneInfo("Asia/Shanghai")
WEEKDAYS: Final = ("周一", "周二", "周三", "周四", "周五", "周六", "周日")

Tone = Literal["", "soon", "over"]
Style = Literal["auto", "clock", "seconds", "day", "full"]


class Due(NamedTuple):
    """Time left in words and the tone it is shown in."""

    text: str
    tone: Tone


def span_words(seconds: float) -> str:
    """33 分, 1 时 02 分, 2 天 3 时; a remainder below a minute reads 不足 1 分."""
    minutes = int(abs(seconds) // 60)
    if minutes < 1:
        return "不足 1 分"
    if minutes < 60:
        return f"{minutes} 分"
    hours, minutes = divmod(minutes, 60)
    if hours < 24:
        return f"{hours} 时 {minutes:02d} 分"
    days, hours = divmod(hours, 24)
    return f"{days} 天 {hours} 时" if hours else f"{days} 天"


def due_words(due: datetime, now: datetime, *, soon_minutes: int = 45) -> Due:
    """Time left until `due`; tone "soon" within `soon_minutes`, "over" after it."""
    left = (due - now).total_seconds()
    if left < 0:
        return Due(f"超时 {span_words(left)}", "over")
    return Due(span_words(left), "soon" if left <= soon_minutes * 60 else "")


def age_words(as_of: datetime, now: datetime) -> str:
    """3 秒前, 6 分钟前, 5 小时前; older than a day it is the moment itself."""
    seconds = max(0, int((now - as_of).total_seconds()))
    if seconds < 60:
        return f"{seconds} 秒前"
    if seconds < 3600:
        return f"{seconds // 60} 分钟前"
    if seconds < 86400:
        return f"{seconds // 3600} 小时前"
    return f"截至 {when_words(as_of, now)}"


def rhythm_words(seconds: int) -> str:
    """每分钟, 每 5 分钟, 每小时, 每天: how often a value is expected."""
    for size, name in ((86400, "天"), (3600, "小时"), (60, "分钟")):
        if seconds >= size and seconds % size == 0:
            count = seconds // size
            return f"每{name}" if count == 1 else f"每 {count} {name}"
    return f"每 {seconds} 秒"


def when_words(moment: datetime, now: datetime, style: Style = "auto") -> str:
    """A moment on the clock of Yongzhou.

    "auto" leaves out what is the same as now: 03:12 today, 6月17日 23:38 this year, else with the year.
    """
    local, today = moment.astimezone(SHANGHAI), now.astimezone(SHANGHAI)
    clock = local.strftime("%H:%M")
    if style == "clock":
        return clock
    if style == "seconds":
        return local.strftime("%H:%M:%S")
    day = f"{local.month}月{local.day}日"
    if style == "day":
        return day if local.year == today.year else f"{local.year}年{day}"
    if style == "full":
        return f"{local.year}年{day} {WEEKDAYS[local.weekday()]} {local.strftime('%H:%M:%S')}"
    if local.date() == today.date():
        return clock
    if local.year == today.year:
        return f"{day} {clock}"
    return f"{local.year}年{day} {clock}"


def is_stale(as_of: datetime, now: datetime, expected: int) -> bool:
    """Whether two expected rhythms have passed without a value; `expected` in seconds."""
    return now - as_of > timedelta(seconds=2 * expected)

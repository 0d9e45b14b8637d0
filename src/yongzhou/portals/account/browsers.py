"""A browser's own description in words that its owner knows."""

from __future__ import annotations

from typing import Final

_SYSTEMS: Final = (
    ("HarmonyOS", "鸿蒙"),
    ("OpenHarmony", "鸿蒙"),
    ("Android", "安卓"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS X", "Mac"),
    ("UOS", "统信"),
    ("Kylin", "麒麟"),
    ("Linux", "Linux"),
)
_BROWSERS: Final = (
    ("MicroMessenger", "微信"),
    ("DingTalk", "钉钉"),
    ("Edg", "Edge"),
    ("QQBrowser", "QQ 浏览器"),
    ("UCBrowser", "UC 浏览器"),
    ("HuaweiBrowser", "华为浏览器"),
    ("Firefox", "Firefox"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)


def named(text: str) -> str:
    """System and browser, as far as its `User-Agent` tells; never more than a hint."""
    system = next((name for mark, name in _SYSTEMS if mark in text), "")
    browser = next((name for mark, name in _BROWSERS if mark in text), "")
    return " · ".join(filter(None, (system, browser))) or "其他程序"

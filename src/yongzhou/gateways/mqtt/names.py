"""Names of devices and topics. A device publishes below `up/<device>/`, hears `down/<device>/…`, and nothing else."""

from __future__ import annotations

import re
from typing import Final

UP: Final = "up/"
DOWN: Final = "down/"
ELEMENT_MAX: Final = 40  # as `Datastream.element`
_DEVICE: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")
_BAD_IN_ELEMENT: Final = re.compile(r"[\s*>+#$\x00-\x1f\x7f]")


class BadNameError(ValueError):
    """A name that cannot travel: Chinese reason."""


def check_device(name: str) -> str:
    """The name itself; `BadNameError` if it has blanks, wildcards, separators or more than 64 characters.

    The name is a level of a topic and a token of a subject: `* > + #` would reach below other names.
    """
    if not _DEVICE.fullmatch(name):
        raise BadNameError(f"接入名「{name[:64]}」只能用英文字母、数字、下划线和连字符，最多 64 个字")
    return name


def check_element(name: str) -> str:
    """The name itself; `BadNameError` if it is empty, too long, or has blanks or wildcards."""
    if not name:
        raise BadNameError("缺少要素标识：主题应为 up/<接入名>/<要素>")
    if len(name) > ELEMENT_MAX:
        raise BadNameError(f"要素标识最多 {ELEMENT_MAX} 个字，实际 {len(name)} 个")
    if found := _BAD_IN_ELEMENT.search(name):
        raise BadNameError(f"要素标识含有不允许的字符 {found.group()!r}（第 {found.start() + 1} 个字）")
    return name


def covers(wanted: str, topic: str) -> bool:
    """Whether a topic filter matches a topic (MQTT 3.1.1 section 4.7)."""
    filters, levels = wanted.split("/"), topic.split("/")
    for index, level in enumerate(filters):
        if level == "#":
            return index == len(filters) - 1
        if index >= len(levels) or level not in ("+", levels[index]):
            return False
    return len(filters) == len(levels)

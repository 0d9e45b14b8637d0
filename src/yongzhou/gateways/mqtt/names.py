"""Names of devices and topics. A device publishes below `up/<device>/` and nowhere else."""

from __future__ import annotations

import re
from typing import Final

PREFIX: Final = "$MQTT.msgs.up."
ELEMENT_MAX: Final = 40  # as `Datastream.element`
_DEVICE: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")
_BAD_IN_ELEMENT: Final = re.compile(r"[\s*>+#$\x00-\x1f\x7f]")


class BadNameError(ValueError):
    """A name that cannot travel: Chinese reason."""


def check_device(name: str) -> str:
    """The name itself; `BadNameError` if it has blanks, wildcards, separators or more than 64 characters.

    NATS drops a client at a topic level with a blank, and `* > + #` would reach below other names.
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


def subject_to_topic(subject: str) -> tuple[str, str]:
    """Device and rest of the topic of a message's subject `$MQTT.msgs.up.<device>.<rest>`.

    NATS writes the level separator as `.` and a `.` of the topic as `//`. `BadNameError` for another subject.
    """
    if not subject.startswith(PREFIX):
        raise BadNameError(f"主题 {subject[:120]} 不在 up/ 之下")
    device, _, rest = subject[len(PREFIX) :].partition(".")
    return check_device(device), rest.replace("//", "\n").replace(".", "/").replace("\n", ".")

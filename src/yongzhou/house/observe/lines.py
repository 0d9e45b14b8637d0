"""Log files of the members as events, newest at the end; PostgreSQL's and NATS' own text in the shape of ours."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from yongzhou.core.observe.logs import clean

LEVELS: Final = ("debug", "info", "warning", "error")
_WORDS: Final = {
    "warn": "warning", "wrn": "warning", "err": "error", "ftl": "error", "inf": "info", "dbg": "debug", "trc": "debug",
    "critical": "error", "fatal": "error", "panic": "error", "log": "info", "notice": "info", "hint": "info",
    "statement": "info", "detail": "info",
}  # fmt: skip
_POSTGRES: Final = re.compile(r"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}) UTC \[\d+\] (.*?) ?([A-Z]+):  (.*)")
_NATS: Final = re.compile(r"\[\d+\] (\d{4}/\d\d/\d\d \d\d:\d\d:\d\d\.\d{6}) \[([A-Z]{3})\] (.*)")


@dataclass(frozen=True, slots=True)
class Line:
    """One event; `at` is RFC 3339 in UTC, "" for a line of text without a time of its own."""

    at: str
    level: str
    role: str
    event: str
    more: dict[str, Any] = field(default_factory=dict)

    def row(self) -> dict[str, Any]:
        """As JSON."""
        return {"at": self.at, "level": self.level, "role": self.role, "event": self.event, **self.more}


def parse(role: str, text: str) -> Line:
    """One line of a member's log; whatever it is, it becomes an event without personal numbers."""
    try:
        return _ours(role, json.loads(text))
    except (ValueError, KeyError, AttributeError, TypeError):
        pass
    if found := _POSTGRES.fullmatch(text):
        at = found[1].replace(" ", "T") + "Z"
        return Line(at, _level(found[3]), role, clean(found[4]), {"logger": found[2] or "postgres"})
    if found := _NATS.fullmatch(text):
        at = datetime.strptime(found[1], "%Y/%m/%d %H:%M:%S.%f").replace(tzinfo=UTC).isoformat(timespec="milliseconds")
        return Line(at.replace("+00:00", "Z"), _level(found[2]), role, clean(found[3]), {"logger": "nats"})
    return Line("", "info", role, clean(text))


def _ours(role: str, row: dict[str, Any]) -> Line:
    rest = {name: value for name, value in row.items() if name not in ("at", "level", "role", "event", "ts", "msg")}
    if "ts" in row:  # Caddy
        at = str(row["ts"])
        event = clean(str(row["msg"]))
    else:
        at, event = str(row["at"]), str(row["event"])
    return Line(at, _level(str(row["level"])), role, event, rest)


def _level(word: str) -> str:
    word = word.lower()
    return word if word in LEVELS else _WORDS.get(word, "info")


def read(folder: Path, roles: tuple[str, ...] = ()) -> list[Line]:
    """All lines that are kept of these members (of all, if none is named), in order of time."""
    found: list[tuple[str, int, Line]] = []
    for path in sorted(folder.glob("*.log*"), key=_age, reverse=True):
        role = path.name.partition(".")[0]
        if roles and role not in roles:
            continue
        last = ""
        for number, text in enumerate(path.read_text(errors="replace").splitlines()):
            if text.strip():
                line = parse(role, text)
                last = line.at or last  # text without a time belongs to what stands before it
                found.append((last, number, line))
    found.sort(key=lambda one: one[0])
    return [line for _, _, line in found]


def follow(folder: Path, roles: tuple[str, ...], stop: Callable[[], bool]) -> Iterator[Line]:
    """What is written from now on, also to logs that are cut or appear meanwhile, until `stop()`."""
    places = {path: path.stat().st_size for path in folder.glob("*.log")}
    while not stop():
        quiet = True
        for path in sorted(folder.glob("*.log")):
            role = path.stem
            if roles and role not in roles:
                continue
            size, place = path.stat().st_size, places.get(path, 0)
            if size < place:
                place = 0  # it was cut at its cap
            if size > place:
                with path.open("rb") as file:
                    file.seek(place)
                    data = file.read(size - place)
                whole = data.rpartition(b"\n")[0]
                places[path] = place + len(whole) + (1 if whole else 0)
                for text in whole.decode(errors="replace").splitlines():
                    if text.strip():
                        quiet = False
                        yield parse(role, text)
            else:
                places[path] = place
        if quiet:
            time.sleep(0.2)


def _age(path: Path) -> int:
    """`web.log` 0, `web.log.1` 1, …"""
    suffix = path.suffix.lstrip(".")
    return int(suffix) if suffix.isdecimal() else 0

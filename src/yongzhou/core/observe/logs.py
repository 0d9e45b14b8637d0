"""Structured logs: one JSON object a line, without personal data. No Django here.

Fields: `at` (RFC 3339, UTC, ms), `level`, `role`, `logger`, `event`; where known `request`, `trace`, `span`; an error
adds `error` (its type) and `stack` (places, never values); `extra={"fields": {…}}` adds fields of its own.
"""

from __future__ import annotations

import json
import logging
import os
import re
import sys
import traceback
from collections.abc import Mapping
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Final

from yongzhou.core.observe import trace

TEXT: Final = "%(asctime)s %(levelname)s %(name)s %(message)s"
STACK: Final = 12  # innermost places of an error
LONGEST: Final = 2000  # of one event's text

# 18-digit identity numbers (GB 11643) and mobile numbers; a longer run of digits is neither.
_PERSONAL: Final = re.compile(r"(?<![0-9A-Za-z])(?:[1-9]\d{16}[\dXx]|(?:\+?86[- ]?)?1[3-9]\d{9})(?![0-9A-Za-z])")
_DETAIL: Final = re.compile(r"\n(?:DETAIL|CONTEXT|HINT|QUERY|LINE \d+)[:\s].*", re.DOTALL)  # PostgreSQL quotes rows

request_id: ContextVar[str] = ContextVar("request_id", default="")


def clean(text: str) -> str:
    """The text without identity and mobile numbers, and without the rows that PostgreSQL quotes in an error."""
    return _PERSONAL.sub("***", _DETAIL.sub("", text))[:LONGEST]


class JsonLines(logging.Formatter):
    """One event, one line."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as JSON."""
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        event: dict[str, object] = {
            "at": at.replace("+00:00", "Z"),
            "level": record.levelname.lower(),
            "role": os.environ.get("YZ_ROLE", "yongzhou"),
            "logger": record.name,
            "event": clean(record.getMessage()),
        }
        if request := request_id.get():
            event["request"] = request
        if ids := trace.ids():
            event["trace"], event["span"] = ids
        if record.exc_info and record.exc_info[1] is not None:
            event |= _error(record.exc_info[1])
        fields = getattr(record, "fields", None)
        if isinstance(fields, Mapping):
            event |= {str(name): clean(value) if isinstance(value, str) else value for name, value in fields.items()}
        return json.dumps(event, ensure_ascii=False, default=str)


def _error(error: BaseException) -> dict[str, object]:
    frames = traceback.extract_tb(error.__traceback__)[-STACK:]
    return {
        "error": type(error).__name__,
        "message": clean(str(error)),
        "stack": [f"{_short(frame.filename)}:{frame.lineno} {frame.name}" for frame in frames],
    }


def _short(path: str) -> str:
    for mark in ("/src/", "/site-packages/"):
        if mark in path:
            return path.rpartition(mark)[2]
    return path


def as_json() -> bool:
    """Whether this process writes JSON: by `YZ_LOG` (`json` or `text`), else unless a person sits at the terminal."""
    return (os.environ.get("YZ_LOG") or ("text" if sys.stderr.isatty() else "json")) == "json"


def formatter() -> logging.Formatter:
    """The formatter of this process."""
    return JsonLines() if as_json() else logging.Formatter(TEXT)


def start(role: str) -> None:
    """Send all of this process's log to standard error, in its form; a later `basicConfig` changes nothing."""
    os.environ.setdefault("YZ_ROLE", role)
    handler = logging.StreamHandler()
    handler.setFormatter(formatter())
    logging.basicConfig(level=logging.INFO, handlers=[handler])

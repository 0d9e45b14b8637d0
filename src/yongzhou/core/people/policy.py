"""The city's rules of access: numbers from `standards/parameters/access.csv`, and whether demo accounts may sign in."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cache
from typing import Final

from django.utils import timezone

from yongzhou.core.home import Home
from yongzhou.core.people.city import rows
from yongzhou.core.standards.library import parameter
from yongzhou.core.standards.rows import StandardsError


@dataclass(frozen=True, slots=True)
class Policy:
    """Times in seconds, lengths in signs."""

    idle_s: int
    session_s: int
    password_length: int
    temporary_password_s: int
    key_s: int  # the longest life of a service key
    key_overlap_s: int  # how long the old key still works after a rotation
    delegation_s: int  # the longest life of a delegation


_ROWS: Final = {  # field: (parameter, seconds per its unit, what holds where the city says nothing)
    "idle_s": ("会话闲置退出", 60, 15),
    "session_s": ("会话最长时间", 3600, 12),
    "password_length": ("密码最短长度", 1, 10),
    "temporary_password_s": ("初始密码有效期", 3600, 72),
    "key_s": ("服务密钥最长有效期", 86400, 365),
    "key_overlap_s": ("服务密钥轮换重叠期", 3600, 24),
    "delegation_s": ("代办委托最长期限", 86400, 366),
}


def policy() -> Policy:
    """The rules that hold today."""
    return _policy(timezone.localdate().toordinal())


@cache
def _policy(day: int) -> Policy:
    return Policy(**{field: round(_value(name, default) * factor) for field, (name, factor, default) in _ROWS.items()})


def _value(name: str, default: float) -> float:
    try:
        return parameter(name, "", timezone.localdate()).value
    except StandardsError:
        return default


def demo_accounts() -> bool:
    """Whether accounts of synthetic persons may sign in at all: `DEMO_ACCOUNTS=off` closes them in a real city."""
    return os.environ.get("DEMO_ACCOUNTS", "on").strip().lower() not in ("off", "0", "false", "no")


@dataclass(frozen=True, slots=True)
class Matters:
    """A set of matters that somebody may let another do for him."""

    code: str
    title: str
    patterns: tuple[tuple[str, str], ...]  # (action, resource)


@cache
def delegable() -> dict[str, Matters]:
    """What may be delegated, by code: `delegable.csv` of the city; never rights or accounts themselves."""
    found = {}
    for row in rows(Home.here().city_folder / "delegable.csv"):
        resources = [name for name in row["resources"].split(";") if name and not name.startswith(("people.", "*"))]
        found[row["code"]] = Matters(row["code"], row["name"], tuple(("*", name) for name in resources))
    return found

"""How far back a course of water goes."""

from __future__ import annotations

from django.http import HttpRequest

from yongzhou.core.operations.problem import Problem
from yongzhou.systems.governance.water.series import MAX_HOURS


def hours_of(request: HttpRequest) -> int:
    """How far back a course goes: `?hours=`."""
    text = request.GET.get("hours", "24")
    if not text.isdigit() or not 1 <= int(text) <= MAX_HOURS:
        raise Problem("query", f"hours 应为 1 至 {MAX_HOURS} 的整数", status=400)
    return int(text)

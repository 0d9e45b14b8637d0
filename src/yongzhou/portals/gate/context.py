"""What every page may show: who is asking, and what he may open."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

from yongzhou.portals.gate.middleware import actor


def house(request: HttpRequest) -> dict[str, Any]:
    """Context of every template."""
    return (
        {"actor": actor(request), "elder": request.COOKIES.get("yz_elder") == "1"} if hasattr(request, "actor") else {}
    )

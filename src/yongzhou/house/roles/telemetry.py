"""The telemetry role: the one reader of OBS."""

from __future__ import annotations

import asyncio

from yongzhou.core.home import Home
from yongzhou.house.setup import start


def main() -> None:
    """Read until SIGTERM."""
    start("telemetry")
    from yongzhou.engines.telemetry.role import run

    asyncio.run(run(Home.here()))

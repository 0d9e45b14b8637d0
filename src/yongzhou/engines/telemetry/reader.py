"""The reader of OBS: windows from the bus through the pipeline; made anew from the lake's position after trouble."""

from __future__ import annotations

import asyncio
import logging
import time
from dataclasses import dataclass, field
from typing import Final

from nats.aio.client import Client
from nats.js import JetStreamContext
from pydantic import JsonValue

from yongzhou.core.bus.live import message
from yongzhou.core.home import Home
from yongzhou.core.lake import connect
from yongzhou.core.streams import OBS, ensure_streams
from yongzhou.engines.telemetry import stream
from yongzhou.engines.telemetry.conveyor import Conveyor
from yongzhou.engines.telemetry.pipeline import Pipeline, Tally, Told
from yongzhou.engines.telemetry.ports import Stores

WINDOW_S: Final = 0.3
RELOAD_S: Final = 5.0
PURGE_S: Final = 60.0
FIRST_PAUSE_S: Final = 0.2
LONGEST_PAUSE_S: Final = 5.0

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Reader:
    """Reads until cancelled. `bus` is a connection that heals itself; one reader a house."""

    home: Home
    bus: Client
    stores: Stores
    window_s: float = WINDOW_S
    tally: Tally = field(default_factory=Tally)
    error: str = ""
    sessions: int = 0

    async def run(self) -> None:
        """Session after session; each begins at the lake's position, so nothing is lost and nothing doubled."""
        pause = FIRST_PAUSE_S
        while True:
            began = time.monotonic()
            try:
                await self._session()
            except stream.GapError as gap:
                log.warning("read again from the lake's position: %s", gap)
                self.error = str(gap)
            except Exception as error:
                log.exception("reading OBS stopped, next try in %.1f s", pause)
                self.error = f"{type(error).__name__}: {error}"
            pause = FIRST_PAUSE_S if time.monotonic() - began > 30 else min(pause * 2, LONGEST_PAUSE_S)
            await asyncio.sleep(pause)

    def report(self) -> dict[str, JsonValue]:
        """State for the heartbeat."""
        return {"reader": {**self.tally.report(), "sessions": self.sessions, "error": self.error}}

    async def _session(self) -> None:
        js = self.bus.jetstream()
        await ensure_streams(js, [OBS])
        now = await stream.standing(js)
        conveyor = Conveyor(self._tell)
        lake = await asyncio.to_thread(connect, self.home)
        try:
            pipeline = await conveyor.aside(lambda: Pipeline(lake, self.stores, now.incarnation, self.tally))
            if pipeline.position > now.last_seq:
                raise stream.AheadError(
                    f"数据湖已读到 OBS 第 {pipeline.position} 条,而消息流只到第 {now.last_seq} 条:"
                    "消息流是从较旧的备份恢复的。请重建 OBS 流(新流从头读起),或一并恢复数据湖。"
                )
            if now.first_seq > pipeline.position + 1:
                log.error("OBS begins at %s, the lake ends at %s", now.first_seq, pipeline.position)
            feed = await stream.Feed.open(js, pipeline.position + 1)
            self.sessions += 1
            self.error = ""
            await self._windows(js, feed, pipeline, conveyor)
        finally:
            await conveyor.close()
            await asyncio.to_thread(lake.close)

    async def _windows(self, js: JetStreamContext, feed: stream.Feed, pipeline: Pipeline, conveyor: Conveyor) -> None:
        """Fetch the next window while the last one is stored."""
        reload_at, purge_at = time.monotonic() + RELOAD_S, time.monotonic() + PURGE_S
        coming = asyncio.create_task(feed.window(self.window_s))
        try:
            while True:
                messages = await coming
                coming = asyncio.create_task(feed.window(self.window_s))
                if messages:
                    await conveyor.take(pipeline, messages)
                if time.monotonic() >= reload_at:
                    await conveyor.aside(pipeline.reload)
                    reload_at = time.monotonic() + RELOAD_S
                if time.monotonic() >= purge_at:
                    await stream.purge(js, pipeline.position)
                    purge_at = time.monotonic() + PURGE_S
        finally:
            coming.cancel()
            await asyncio.gather(coming, return_exceptions=True)

    async def _tell(self, told: Told) -> None:
        """Screens hear of it; who is not looking misses it."""
        for number, (county, body) in enumerate(told.live):
            key = f"latest.{self.tally.last_seq}.{number}"
            await self.bus.publish("live.latest", message("latest", body, key=key, region=county))
        for change in told.changes:
            alarm: dict[str, JsonValue] = {
                "kind": change.kind,
                "thing": change.thing,
                "datastream": change.datastream,
                "value": change.value,
                "level": change.level,
                "at": change.phenomenon // 1000,
            }
            await self.bus.publish("live.alarms", message("alarms", alarm, key=f"alarm.{change.thing}.{change.rule}"))

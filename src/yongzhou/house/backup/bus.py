"""JetStream's part: the tail of each stream that the dump does not hold yet, read after it and published again.

What was acknowledged to a device or by the outbox before the dump is either in the dump or in this tail; what is in
both does no harm: frames and events are known again by their identity.
"""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

from nats.js import JetStreamContext
from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy

from yongzhou.core.bus.connection import connect
from yongzhou.core.home import Home
from yongzhou.core.streams import STREAMS, ensure_streams

FOLDER: Final = "bus"
CONNECT_S: Final = 5.0
_FETCH: Final = 200
_IN_FLIGHT: Final = 200


@asynccontextmanager
async def bus(home: Home) -> AsyncIterator[JetStreamContext]:
    """JetStream of a home."""
    client = await asyncio.wait_for(connect(home, "yz backup"), CONNECT_S)  # TimeoutError if the bus is away
    try:
        yield client.jetstream(timeout=10)
    finally:
        await client.close()


async def starts(home: Home, lake_positions: dict[tuple[str, datetime], int]) -> dict[str, int]:
    """First sequence of each stream that nobody has settled: behind the lake's position, or behind the slowest
    durable consumer, whichever comes first. To be asked before the dump."""
    found: dict[str, int] = {}
    async with bus(home) as js:
        for info in await js.streams_info():
            name = str(info.config.name)
            floors = [consumer.ack_floor.stream_seq for consumer in await _durables(js, name) if consumer.ack_floor]
            floors += [last for key, last in lake_positions.items() if key == (name, info.created)]
            found[name] = max(min(floors, default=0) + 1, info.state.first_seq)
    return found


async def keep(home: Home, folder: Path, starts: dict[str, int]) -> dict[str, dict[str, object]]:
    """Write each stream's tail to `<stream>.jsonl` and return what is said of it in the manifest."""
    said: dict[str, dict[str, object]] = {}
    folder.mkdir(parents=True, exist_ok=True)
    async with bus(home) as js:
        for info in await js.streams_info():
            name = str(info.config.name)
            first, last = starts.get(name, info.state.first_seq), info.state.last_seq
            ours = name in STREAMS  # the server's own streams (MQTT sessions) are noted, not copied
            count = await _write(js, name, first, last, folder / f"{name}.jsonl") if ours else 0
            said[name] = {"first": first, "last": last, "messages": count, "copied": ours}
    return said


async def publish(home: Home, folder: Path, names: list[str], suffix: str = ".jsonl") -> dict[str, int]:
    """Make the streams of the house and publish these tails in order; returns how many messages each got."""
    async with bus(home) as js:
        await ensure_streams(js)
        return {name: await _send(js, folder / f"{name}{suffix}") for name in names}


async def _durables(js: JetStreamContext, stream: str) -> list[Any]:
    return [consumer for consumer in await js.consumers_info(stream) if consumer.config.durable_name]


async def _write(js: JetStreamContext, stream: str, first: int, last: int, path: Path) -> int:
    count = 0
    with path.open("w", encoding="utf-8") as file:
        if first <= last:
            async for line in messages(js, stream, first, last):
                file.write(json.dumps(line) + "\n")
                count += 1
    return count


async def messages(js: JetStreamContext, stream: str, first: int, last: int) -> AsyncIterator[dict[str, object]]:
    """Messages of a stream by sequence: subject, headers, data (base64), seq, at (RFC 3339)."""
    name = f"backup-{uuid4().hex[:12]}"
    config = ConsumerConfig(
        name=name, deliver_policy=DeliverPolicy.BY_START_SEQUENCE, opt_start_seq=first, ack_policy=AckPolicy.NONE,
        inactive_threshold=60.0, mem_storage=True,
    )  # fmt: skip
    await js.add_consumer(stream, config)
    subscription = await js.pull_subscribe_bind(name, stream)
    try:
        reached = first - 1
        while reached < last:
            try:
                batch = await subscription.fetch(_FETCH, timeout=2)
            except TimeoutError:
                return  # deleted or expired messages at the end
            for message in batch:
                reached = message.metadata.sequence.stream
                if reached > last:
                    return
                data = base64.b64encode(message.data).decode()
                yield {
                    "subject": message.subject,
                    "headers": dict(message.headers or {}),
                    "data": data,
                    "seq": reached,
                    "at": message.metadata.timestamp.isoformat(),
                }
    finally:
        await js.delete_consumer(stream, name)


async def _send(js: JetStreamContext, path: Path) -> int:
    count, waiting = 0, []
    with path.open(encoding="utf-8") as file:
        for line in file:
            row = json.loads(line)
            headers = row["headers"] or None
            waiting.append(await js.publish_async(row["subject"], base64.b64decode(row["data"]), headers=headers))
            count += 1
            if len(waiting) >= _IN_FLIGHT:
                for ack in waiting:
                    await ack
                waiting.clear()
    for ack in waiting:
        await ack
    return count

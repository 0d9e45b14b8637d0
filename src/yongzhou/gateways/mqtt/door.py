"""One-shot `mqtt_door`: the stream and the durable consumer that must be there before the MQTT port opens.

NATS makes `$MQTT_msgs` with interest retention, and then acknowledges what nobody keeps. Made beforehand as a work
queue that refuses when full, it keeps every acknowledged message until the door has acknowledged it, even while the
consumer is missing; a full store means no PUBACK.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Final

from nats.js import JetStreamContext
from nats.js.api import AckPolicy, ConsumerConfig, DiscardPolicy, RetentionPolicy, StorageType, StreamConfig
from nats.js.errors import NotFoundError

from yongzhou.core.home import Home
from yongzhou.gateways.kit.door import connect

log = logging.getLogger(__name__)

STREAM: Final = "$MQTT_msgs"
CONSUMER: Final = "gateway_mqtt"
MAX_BYTES: Final = 2 << 30
ACK_WAIT_S: Final = 30.0
PENDING_MAX: Final = 20_000


def stream_config(max_bytes: int = MAX_BYTES) -> StreamConfig:
    """`$MQTT_msgs` as a durable work queue."""
    return StreamConfig(
        name=STREAM,
        subjects=["$MQTT.msgs.>"],
        retention=RetentionPolicy.WORK_QUEUE,
        storage=StorageType.FILE,
        discard=DiscardPolicy.NEW,
        max_bytes=max_bytes,
        num_replicas=1,
    )


def consumer_config() -> ConsumerConfig:
    """The door's durable consumer: only what devices publish below `up/`."""
    return ConsumerConfig(
        durable_name=CONSUMER,
        filter_subject="$MQTT.msgs.up.>",
        ack_policy=AckPolicy.EXPLICIT,
        ack_wait=ACK_WAIT_S,
        max_ack_pending=PENDING_MAX,
        max_deliver=-1,
    )


async def ensure(js: JetStreamContext, max_bytes: int = MAX_BYTES) -> None:
    """Make stream and consumer where they are missing; raises what nats-py raises when JetStream refuses."""
    try:
        found = (await js.stream_info(STREAM)).config
        if found.retention != RetentionPolicy.WORK_QUEUE:
            log.warning("%s has retention %s: only the consumer keeps its messages", STREAM, found.retention)
    except NotFoundError:
        await js.add_stream(stream_config(max_bytes))
    await ensure_consumer(js)


async def ensure_consumer(js: JetStreamContext) -> None:
    """Make the consumer where it is missing."""
    try:
        await js.consumer_info(STREAM, CONSUMER)
    except NotFoundError:
        await js.add_consumer(STREAM, consumer_config())
        log.info("consumer %s made", CONSUMER)


async def run(home: Home) -> None:
    """Make both as the house's user."""
    bus = await connect(home, "house")
    try:
        await ensure(bus.jetstream(timeout=10))
    finally:
        await bus.close()


def main() -> None:
    """Entry point of the one-shot `mqtt_door`."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    asyncio.run(run(Home.here()))


if __name__ == "__main__":
    main()

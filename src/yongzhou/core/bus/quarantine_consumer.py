"""Takes the stream QUARANTINE, into which gateways publish what they could not decode, into the table."""

from __future__ import annotations

import asyncio
from concurrent.futures import Executor

from django.db import close_old_connections
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import ConnectionClosedError
from nats.js.api import AckPolicy, ConsumerConfig

from yongzhou.core.bus.consumer import ACK_WAIT_S
from yongzhou.core.bus.quarantine import take_message
from yongzhou.core.streams import QUARANTINE, QUARANTINE_SUBJECTS, ensure_streams

DURABLE = "core-quarantine"


async def consume_quarantine(bus: Client, threads: Executor) -> None:
    """Store refused frames until cancelled; a database error raises and the message comes again.

    A stored message is erased from the stream's file (overwritten): its payload stood there in clear.
    """
    js = bus.jetstream()
    await ensure_streams(js)
    created = str((await js.stream_info(QUARANTINE)).created)
    config = ConsumerConfig(
        durable_name=DURABLE,
        filter_subject=QUARANTINE_SUBJECTS,
        ack_policy=AckPolicy.EXPLICIT,
        ack_wait=ACK_WAIT_S,
        max_deliver=-1,
    )
    fetcher = await js.pull_subscribe(QUARANTINE_SUBJECTS, durable=DURABLE, stream=QUARANTINE, config=config)
    loop = asyncio.get_running_loop()
    while True:
        try:
            messages = await fetcher.fetch(100, timeout=5)
        except TimeoutError:  # nats-py raises its own, and now and then asyncio's bare one
            if bus.is_closed:
                raise ConnectionClosedError from None
            continue
        await loop.run_in_executor(threads, _store, messages, created)
        for message in messages:
            await js.delete_msg(QUARANTINE, message.metadata.sequence.stream)
            await message.ack()


def _store(messages: list[Msg], created: str) -> None:
    close_old_connections()
    for message in messages:
        door = message.subject.rpartition(".")[2]
        take_message(message.data, door=door, stream=created, sequence=message.metadata.sequence.stream)

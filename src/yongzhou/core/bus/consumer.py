"""The consumer runner: one JetStream durable pull consumer a subscription, handled one by one in a worker thread."""

from __future__ import annotations

import asyncio
import json
import logging
from concurrent.futures import Executor
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import ConnectionClosedError
from nats.js import JetStreamContext
from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy
from nats.js.errors import NotFoundError

from yongzhou.core.bus.connection import connect
from yongzhou.core.bus.events import STREAM
from yongzhou.core.bus.inbox import Handled, Outcome, handle
from yongzhou.core.bus.subscriptions import Subscription
from yongzhou.core.home import Home
from yongzhou.core.observe import trace
from yongzhou.core.streams import ensure_streams

ACK_WAIT_S: Final = 8.0  # a killed consumer's events come back after this
BATCH: Final = 20
_FETCH_S: Final = 5.0
_DATABASE_PAUSE_S: Final = 1.0

log = logging.getLogger(__name__)


async def consume(bus: Client, subscription: Subscription, threads: Executor) -> None:
    """Feed one subscription until cancelled; raises when the connection is closed.

    Order: events of one subject arrive in the order of the stream; while one with a key is being retried, later ones
    of the same key wait behind it.
    """
    js = bus.jetstream()
    await ensure_streams(js)
    await js.add_consumer(STREAM, _config(subscription))  # makes it, or brings it to today's subject
    fetcher = await js.pull_subscribe_bind(consumer=subscription.durable, stream=STREAM)
    waiting: dict[str, str] = {}  # key -> event id that is being retried
    while True:
        try:
            messages = await fetcher.fetch(BATCH, timeout=_FETCH_S)
        except TimeoutError:  # nats-py raises its own, and now and then asyncio's bare one
            if bus.is_closed:
                raise ConnectionClosedError from None
            continue
        await _work_off(subscription, messages, waiting, threads)


async def _work_off(
    subscription: Subscription, messages: list[Msg], waiting: dict[str, str], threads: Executor
) -> None:
    loop = asyncio.get_running_loop()
    left = {id(message): message for message in messages}
    keeper = asyncio.create_task(_keep(left))
    try:
        for message in messages:
            key, event_id = _key_and_id(message)
            if key and waiting.get(key, event_id) != event_id:
                left.pop(id(message))
                await message.nak(delay=1.0)
                continue
            result = await loop.run_in_executor(threads, _handle, subscription, message)
            left.pop(id(message))
            await _answer(message, result)
            if key and result.outcome is Outcome.RETRY:
                waiting[key] = event_id
            elif key:
                waiting.pop(key, None)
    finally:
        keeper.cancel()


def _handle(subscription: Subscription, message: Msg) -> Handled:
    headers = message.headers or {}
    try:
        with trace.span(f"hear {subscription.durable}", _parent(message), {"messaging.destination": message.subject}):
            return handle(
                subscription,
                message.data,
                subject=message.subject,
                message_id=headers.get("Nats-Msg-Id", ""),
                deliveries=message.metadata.num_delivered,
            )
    except Exception:
        log.warning("%s: database away, %s comes again", subscription.durable, message.subject, exc_info=True)
        return Handled(Outcome.RETRY, _DATABASE_PAUSE_S)


def _parent(message: Msg) -> str:
    """The trace that the event belongs to."""
    if not trace.ON:
        return ""
    try:
        return str(json.loads(message.data).get(trace.HEADER) or "")
    except (ValueError, AttributeError):
        return ""


async def _answer(message: Msg, result: Handled) -> None:
    if result.outcome is Outcome.RETRY:
        await message.nak(delay=result.delay_s)
    else:
        await message.ack()


async def _keep(left: dict[int, Msg]) -> None:
    """Tell the server that fetched messages are still being worked off."""
    while True:
        await asyncio.sleep(ACK_WAIT_S / 3)
        for message in list(left.values()):
            with suppress(Exception):
                await message.in_progress()


def _key_and_id(message: Msg) -> tuple[str, str]:
    """CloudEvents subject and id, "" for an unreadable message (the inbox parks it)."""
    try:
        body = json.loads(message.data)
        return str(body.get("subject") or ""), str(body.get("id") or "")
    except (ValueError, AttributeError):
        return "", ""


def _config(subscription: Subscription) -> ConsumerConfig:
    return ConsumerConfig(
        durable_name=subscription.durable,
        filter_subject=subscription.subject,
        ack_policy=AckPolicy.EXPLICIT,
        deliver_policy=DeliverPolicy.ALL,
        ack_wait=ACK_WAIT_S,
        max_deliver=-1,
        max_ack_pending=1000,
    )


@dataclass(frozen=True, slots=True)
class Lag:
    """How far one durable is behind: events not yet acted on, and the age of the oldest in seconds."""

    count: int
    age_s: float


async def measure_lag(js: JetStreamContext, durable: str) -> Lag:
    """Lag of one durable; `NotFoundError` if it never ran."""
    info = await js.consumer_info(STREAM, durable)
    count = (info.num_pending or 0) + (info.num_ack_pending or 0)
    if not count:
        return Lag(0, 0.0)
    floor = info.ack_floor.stream_seq if info.ack_floor else 0
    try:
        oldest = await js.get_msg(STREAM, seq=floor + 1, subject=info.config.filter_subject, next=True)
    except NotFoundError:
        return Lag(count, 0.0)
    at = oldest.time
    return Lag(count, max(0.0, (datetime.now(UTC) - at).total_seconds()) if at else 0.0)


def lag(durable: str) -> Lag:
    """Lag of one durable, for synchronous callers; `NotFoundError` if it never ran."""

    async def ask() -> Lag:
        bus = await connect(Home.here(), "lag", reconnect=False)
        try:
            return await measure_lag(bus.jetstream(), durable)
        finally:
            await bus.close()

    return asyncio.run(ask())

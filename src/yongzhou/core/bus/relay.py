"""The relay: one process sends what the outbox holds. No Django here: psycopg and NATS only.

It takes whatever rows are visible in id order and deletes a row after the bus' acknowledgement; a mark "sent up to id
n" would lose rows that commit late. Killed between acknowledgement and delete it sends again under the same
`Nats-Msg-Id`, which the stream drops within its window and every inbox drops for good.

It looks, it is not called: a NOTIFY in the transactions that write events would let them commit only one after the
other, each waiting for its own flush to disk, because PostgreSQL keeps the notifications of a database in the order
of the commits by one lock.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Final

import psycopg
from nats.errors import MaxPayloadError
from nats.js import JetStreamContext
from nats.js.api import PubAck

from yongzhou.core.bus.connection import connect
from yongzhou.core.bus.events import CONTENT_TYPE, STREAM
from yongzhou.core.crypto import seal, uuid7
from yongzhou.core.home import Home
from yongzhou.core.streams import ensure_streams

IN_FLIGHT: Final = 500
LOCK: Final = 0x595A_0001  # advisory lock of the one relay
LOOK_S: Final = 0.05  # pause of an empty outbox; an event waits half of it on average
LOCK_S: Final = 1.0  # pause of a second relay
_ACK_S: Final = 10.0
_BATCH: Final = "SELECT id, event_id::text, subject, data::text FROM core_outbox ORDER BY id LIMIT %s"
_DELETE: Final = "DELETE FROM core_outbox WHERE id = ANY(%s)"

log = logging.getLogger(__name__)

Row = tuple[int, str, str, str]


async def relay(home: Home) -> None:
    """Send the outbox until cancelled; any lost connection raises, and the supervisor starts it again.

    A second relay waits for the advisory lock.
    """
    database = await psycopg.AsyncConnection.connect(home.dsn(), autocommit=True, application_name="yz relay")
    try:
        await _become_the_one(database)
        bus = await connect(home, "relay", reconnect=False)
        try:
            js = bus.jetstream(timeout=_ACK_S, publish_async_max_pending=IN_FLIGHT)
            await ensure_streams(js)
            while True:
                if not await send_batch(database, js):
                    await asyncio.sleep(LOOK_S)
        finally:
            await bus.close()
    finally:
        await database.close()


async def send_batch(database: psycopg.AsyncConnection, js: JetStreamContext) -> int:
    """Send the oldest rows, delete the acknowledged ones, return how many rows were taken.

    Raises the first error of a publish after the acknowledged rows of the batch are deleted.
    """
    rows: list[Row] = await (await database.execute(_BATCH, [IN_FLIGHT])).fetchall()
    if not rows:
        return 0
    acks: list[asyncio.Future[PubAck]] = []
    failure: BaseException | None = None
    try:
        for row in rows:
            acks.append(await _publish(js, row))
    except MaxPayloadError:
        log.error("outbox row %s (%s) is larger than the bus takes; parked as a dead letter", row[0], row[2])
        await _park(database, row)
    except Exception as error:
        failure = error
    sent = await asyncio.gather(*(asyncio.wait_for(ack, _ACK_S) for ack in acks), return_exceptions=True)
    done = [row[0] for row, result in zip(rows, sent, strict=False) if not isinstance(result, BaseException)]
    if done:
        await database.execute(_DELETE, [done])
    failure = failure or next((result for result in sent if isinstance(result, BaseException)), None)
    if failure:
        raise failure
    return len(rows)


async def _publish(js: JetStreamContext, row: Row) -> asyncio.Future[PubAck]:
    headers = {"Nats-Msg-Id": row[1], "Content-Type": CONTENT_TYPE}
    ack: asyncio.Future[PubAck] = await js.publish_async(
        row[2], row[3].encode(), wait_stall=_ACK_S, stream=STREAM, headers=headers
    )
    return ack


async def _park(database: psycopg.AsyncConnection, row: Row) -> None:
    async with database.transaction():
        await database.execute(
            "INSERT INTO core_dead_letter"
            " (id, consumer, event_id, subject, payload, error, tries, state, first_at, last_at)"
            " VALUES (%s, 'relay', %s, %s, %s, %s, 1, 'parked', now(), now()) ON CONFLICT DO NOTHING",
            [uuid7(), row[1], row[2], seal(row[3], "core.dead_letter"), "超过消息总线的单条上限"],
        )
        await database.execute(_DELETE, [[row[0]]])


async def _become_the_one(database: psycopg.AsyncConnection) -> None:
    while True:
        row = await (await database.execute("SELECT pg_try_advisory_lock(%s)", [LOCK])).fetchone()
        if row and row[0]:
            return
        await asyncio.sleep(LOCK_S)

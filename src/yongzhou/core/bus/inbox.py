"""Events come in: each is handled in one transaction with its inbox row, retried with back-off, at last parked."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from typing import TYPE_CHECKING, Final
from uuid import UUID

from django.db import DatabaseError, InterfaceError, close_old_connections, connection, transaction
from pydantic import ValidationError

from yongzhou.core.bus.events import Envelope, Event
from yongzhou.core.bus.models import DeadLetter, Inbox
from yongzhou.core.bus.outbox import enqueue
from yongzhou.core.bus.subscriptions import HandlerContext, Subscription, subscriptions
from yongzhou.core.crypto import seal, unseal, uuid7

if TYPE_CHECKING:
    from collections.abc import Iterator

CONTEXT: Final = "core.dead_letter"
SYSTEM_ACTOR: Final = UUID("00000000-0000-7000-8000-000000000001")
DELAYS_S: Final = (0.5, 2.0, 8.0, 30.0)  # before try 2, 3, 4, 5; the last one repeats
_KILLED: Final = "处理开始后没有留下结果：进程可能被终止。"

log = logging.getLogger(__name__)


class Outcome(Enum):
    """What became of one delivery."""

    DONE = "done"
    DUPLICATE = "duplicate"
    PARKED = "parked"
    RETRY = "retry"


@dataclass(frozen=True, slots=True)
class Handled:
    """Outcome and, for a retry, the pause before it in seconds."""

    outcome: Outcome
    delay_s: float = 0.0


@dataclass(frozen=True, slots=True)
class SystemActor:
    """The house itself, acting on an event."""

    id: UUID = SYSTEM_ACTOR
    name: str = "系统"


@dataclass(frozen=True, slots=True)
class PlainContext:
    """The least a handler needs; `set_context_factory` replaces it by the one of operations."""

    event: Envelope
    actor: SystemActor
    now: datetime

    def emit(self, event: Event) -> None:
        """Send a further event with the effect."""
        enqueue([event], self.actor.id)


ContextFactory = Callable[[Envelope, str], AbstractContextManager[HandlerContext]]


@contextmanager
def _plain(envelope: Envelope, durable: str) -> Iterator[HandlerContext]:
    yield PlainContext(envelope, SystemActor(), datetime.now(UTC))


_factory: ContextFactory = _plain


def set_context_factory(factory: ContextFactory) -> None:
    """Set what makes the handlers' context: `factory(envelope, durable)` is entered inside the transaction."""
    global _factory
    _factory = factory


def handle(subscription: Subscription, message: bytes, *, subject: str, message_id: str, deliveries: int) -> Handled:
    """Handle one delivery in this thread's database connection.

    Raises `DatabaseError` or `InterfaceError` only if the database itself is away: that is nobody's failed try.
    """
    close_old_connections()
    try:
        envelope = Envelope.model_validate_json(message)
    except ValidationError as error:
        return _park_unreadable(subscription, message, subject, message_id, error)
    suspect = deliveries > subscription.tries  # delivered often: count before, the handler may kill its process
    if suspect and _fail(subscription, envelope, message, _KILLED, limit=subscription.tries + 1) > subscription.tries:
        return Handled(Outcome.PARKED)
    try:
        with transaction.atomic():
            if not _claim(subscription.durable, envelope.id):
                return Handled(Outcome.DUPLICATE)
            _call(subscription, envelope)
            DeadLetter.objects.filter(consumer=subscription.durable, event_id=envelope.id).update(
                state=DeadLetter.State.DONE
            )
    except ValidationError as error:
        _fail(subscription, envelope, message, f"事件内容与订阅方声明的字段不符：{error}", limit=0)
        return Handled(Outcome.PARKED)
    except (DatabaseError, InterfaceError):
        if not connection.is_usable():
            connection.close()
            raise
        return _failed(subscription, envelope, message, counted=suspect)
    except Exception:
        return _failed(subscription, envelope, message, counted=suspect)
    return Handled(Outcome.DONE)


def retry_parked(id: UUID) -> DeadLetter:
    """Handle one parked event again, here and now; returns its row, `done`, or still `parked` with the new error.

    `DeadLetter.DoesNotExist` for an unknown id, `LookupError` if nobody subscribes by that name any more.
    """
    with transaction.atomic():
        letter = DeadLetter.objects.select_for_update().get(pk=id, state=DeadLetter.State.PARKED)
        if (subscription := subscriptions().get(letter.consumer)) is None:
            raise LookupError(f"已没有名为 {letter.consumer} 的订阅方，这条死信只能放弃。")
        try:
            with transaction.atomic():
                envelope = Envelope.model_validate_json(unseal(letter.payload, CONTEXT))
                if _claim(letter.consumer, envelope.id):
                    _call(subscription, envelope)
        except Exception:
            letter.tries += 1
            letter.error = traceback.format_exc(limit=-8)
            letter.last_at = datetime.now(UTC)
        else:
            letter.state = DeadLetter.State.DONE
        letter.save()
        return letter


def drop_parked(id: UUID) -> None:
    """Give up one parked event; its row stays."""
    DeadLetter.objects.filter(pk=id, state=DeadLetter.State.PARKED).update(state=DeadLetter.State.DROPPED)


def prune_inbox(before: datetime) -> int:
    """Forget events older than the stream keeps them; returns the number of rows."""
    return Inbox.objects.filter(at__lt=before).delete()[0]


def _claim(durable: str, event_id: UUID) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO core_inbox (consumer, event_id, at) VALUES (%s, %s, now()) ON CONFLICT DO NOTHING",
            [durable, event_id],
        )
        return bool(cursor.rowcount == 1)


def _call(subscription: Subscription, envelope: Envelope) -> None:
    data = subscription.reads.model_validate(envelope.data)
    with _factory(envelope, subscription.durable) as context:
        subscription.handler(context, data)


def _failed(subscription: Subscription, envelope: Envelope, message: bytes, *, counted: bool) -> Handled:
    log.warning("%s failed on %s %s", subscription.durable, envelope.type, envelope.id, exc_info=True)
    error = traceback.format_exc(limit=-8)
    tries = _fail(subscription, envelope, message, error, limit=subscription.tries, count=not counted)
    if tries >= subscription.tries:
        return Handled(Outcome.PARKED)
    return Handled(Outcome.RETRY, DELAYS_S[min(tries, len(DELAYS_S)) - 1])


def _fail(
    subscription: Subscription, envelope: Envelope, message: bytes, error: str, *, limit: int, count: bool = True
) -> int:
    payload = seal(message.decode(), CONTEXT)
    return _record(subscription, envelope.id, envelope.type, payload, error, limit=limit, count=count)


def _park_unreadable(
    subscription: Subscription, message: bytes, subject: str, message_id: str, error: Exception
) -> Handled:
    try:
        id = UUID(message_id)
    except ValueError:
        id = uuid7()
    text = message.decode(errors="backslashreplace")
    _record(subscription, id, subject, seal(text, CONTEXT), f"不是 CloudEvents 1.0 信封：{error}", limit=0)
    return Handled(Outcome.PARKED)


def _record(
    subscription: Subscription, id: UUID, subject: str, payload: str, error: str, *, limit: int, count: bool = True
) -> int:
    """Note one failed try and return the number of tries; the row is parked from `limit` tries on."""
    now = datetime.now(UTC)
    with transaction.atomic():
        letter, new = DeadLetter.objects.select_for_update().get_or_create(
            consumer=subscription.durable,
            event_id=id,
            defaults={
                "subject": subject,
                "payload": payload,
                "error": error,
                "tries": 1,
                "first_at": now,
                "last_at": now,
            },
        )
        letter.tries += 0 if new or not count else 1
        letter.error, letter.last_at = error, now
        letter.state = DeadLetter.State.PARKED if letter.tries >= limit else DeadLetter.State.RETRYING
        letter.save()
        return letter.tries

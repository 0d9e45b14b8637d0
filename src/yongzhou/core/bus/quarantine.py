"""Quarantine: input that could not be read or placed is kept whole, encrypted, shown, mended, replayed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final
from uuid import UUID, uuid5

from django.db import transaction
from pydantic import BaseModel, ConfigDict, ValidationError

from yongzhou.core.bus.models import Quarantine
from yongzhou.core.crypto import seal_bytes, unseal_bytes, uuid7

CONTEXT: Final = "core.quarantine"
_NAMESPACE: Final = UUID("3f0e4d5a-6b0c-5c0e-9a55-2b5f0a7c9d10")

ReplayHandler = Callable[[bytes, Quarantine], None]
_handlers: dict[str, ReplayHandler] = {}


class ReplayError(RuntimeError):
    """A replay that its handler refused; the row stays mended and names the error."""


class Refused(BaseModel):
    """What a gateway publishes to `obs-quarantine.<door>`; `hex` is the whole raw frame."""

    model_config = ConfigDict(extra="ignore")

    door: str
    station: str | None = None
    peer: str = ""
    received: datetime
    reason: str
    where: str = ""
    hex: str


def replay_handler(name: str) -> Callable[[ReplayHandler], ReplayHandler]:
    """Register `fn(payload, row)`: takes a mended payload in again, by the same way as fresh input."""

    def register(function: ReplayHandler) -> ReplayHandler:
        known = _handlers.get(name)
        if known and (known.__module__, known.__qualname__) != (function.__module__, function.__qualname__):
            raise TypeError(f"重放处理器 {name} 已由 {known.__module__}.{known.__qualname__} 登记。")
        _handlers[name] = function
        return function

    return register


def quarantine(
    source: str,
    payload: bytes,
    *,
    reason: str,
    where: str,
    replay: str,
    station: str = "",
    region: str | None = None,
    received: datetime | None = None,
    id: UUID | None = None,
) -> UUID:
    """Put one input aside and return its id; a second call with the same `id` changes nothing.

    `where` says which place of the input is wrong ("第 3 行，经度"), `replay` names the handler that takes it again.
    """
    row = Quarantine(
        id=id or uuid7(),
        source=source,
        reason=reason,
        where=where[:500],
        payload=seal_bytes(payload, CONTEXT),
        station=station[:200],
        region=region,
        received=received or datetime.now(UTC),
        replay=replay,
    )
    Quarantine.objects.bulk_create([row], ignore_conflicts=True)
    return row.id


def payload_of(row: Quarantine) -> bytes:
    """The input in clear: mended if somebody mended it, else as it came."""
    return unseal_bytes(row.mended or row.payload, CONTEXT)


def mend_and_replay(id: UUID, payload: bytes | None = None, *, by: UUID | None = None) -> None:
    """Replay one row, with a mended payload or as it came; the first payload is kept.

    Raises `Quarantine.DoesNotExist` unless the row is open or mended, `LookupError` for an unknown handler,
    `ReplayError` if the handler fails: the mended payload is then kept with the error.
    """
    with transaction.atomic():
        row = Quarantine.objects.select_for_update().get(
            pk=id, state__in=[Quarantine.State.OPEN, Quarantine.State.MENDED]
        )
        if (handler := _handlers.get(row.replay)) is None:
            raise LookupError(f"没有名为 {row.replay} 的重放处理器：来源 {row.source} 的系统未加载。")
        if payload is not None:
            row.mended, row.state = seal_bytes(payload, CONTEXT), Quarantine.State.MENDED
        row.closed_by = by
        failure: Exception | None = None
        try:
            with transaction.atomic():
                handler(payload_of(row), row)
        except Exception as error:
            failure, row.note = error, f"重放失败：{error}"
        else:
            row.state, row.note = Quarantine.State.REPLAYED, ""
        row.save()
    if failure:
        raise ReplayError(f"{row.source} {row.where}：重放失败，{failure}") from failure


def drop(id: UUID, *, note: str, by: UUID | None = None) -> None:
    """Give one row up, with the reason; it stays on record."""
    Quarantine.objects.filter(pk=id, state__in=[Quarantine.State.OPEN, Quarantine.State.MENDED]).update(
        state=Quarantine.State.DROPPED, note=note, closed_by=by
    )


def replay_station(source: str, station: str, *, by: UUID | None = None) -> tuple[int, int]:
    """Replay all open rows of one station, oldest first (it was registered now); returns (replayed, failed)."""
    ids = Quarantine.objects.filter(state=Quarantine.State.OPEN, source=source, station=station).order_by("received")
    failed = 0
    rows = list(ids.values_list("pk", flat=True))
    for id in rows:
        try:
            mend_and_replay(id, by=by)
        except (ReplayError, LookupError, Quarantine.DoesNotExist):
            failed += 1
    return len(rows) - failed, failed


def take_message(message: bytes, *, door: str, stream: str, sequence: int) -> UUID:
    """Row of one message of the stream QUARANTINE; the same message again is the same row.

    `stream` is an identity of the stream's incarnation. A message that is not of the agreed form is kept too.
    """
    id = uuid5(_NAMESPACE, f"{stream}/{sequence}")
    try:
        refused = Refused.model_validate_json(message)
        raw = bytes.fromhex(refused.hex)
    except (ValidationError, ValueError) as error:
        return quarantine(
            f"gateway.{door}",
            message,
            reason=f"网关送来的隔离件不是约定格式：{error}",
            where=door,
            replay="none",
            id=id,
        )
    where = "，".join(part for part in (refused.where, refused.peer) if part)
    return quarantine(
        f"gateway.{refused.door}",
        raw,
        reason=refused.reason,
        where=where,
        station=refused.station or "",
        received=refused.received,
        replay=f"gateway.{refused.door}",
        id=id,
    )


def as_text(row: Quarantine) -> str:
    """The payload for a person: UTF-8 text if it is, else hex."""
    raw = payload_of(row)
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.hex(" ")

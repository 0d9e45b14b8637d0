"""Input that could not be read and events that could not be handled: mended, taken in again, or given up."""

from __future__ import annotations

from uuid import UUID

from pydantic import BaseModel, Field, field_validator

from yongzhou.core.bus import inbox
from yongzhou.core.bus import quarantine as bus_quarantine
from yongzhou.core.bus.models import DeadLetter, Quarantine
from yongzhou.core.operations.context import Context
from yongzhou.core.operations.problem import Problem, not_found
from yongzhou.core.operations.registry import operation
from yongzhou.systems.foundation.iot_sensing.scope import letter_within, within


class ReplayQuarantined(BaseModel):
    """One item put aside, as it came or mended."""

    item: UUID = Field(title="隔离件")
    hex: str | None = Field(default=None, title="改正后的原文（十六进制）", max_length=1_400_000)

    @field_validator("hex")
    @classmethod
    def _bytes(cls, value: str | None) -> str | None:
        if value is not None:
            digits = "".join(value.split())
            wrong = next((sign for sign in digits if sign not in "0123456789abcdefABCDEF"), None)
            if wrong is not None:
                raise ValueError(f"第 {digits.index(wrong) + 1} 个字符「{wrong}」不是十六进制数字")
            if not digits or len(digits) % 2:
                raise ValueError(f"共 {len(digits)} 个十六进制数字，应为偶数个")
            return digits
        return value


class Replayed(BaseModel):
    """Whether it went in; else why not, and the mended text is kept for the next try."""

    replayed: bool
    why: str = ""


def _mine(ctx: Context, item: UUID) -> None:
    """Only what lies within one's region or unit; another's is as if it were not there."""
    lines = ctx.actor.lines("replay", "iot_sensing.replay_quarantined")
    lines += ctx.actor.lines("drop", "iot_sensing.drop_quarantined")
    if not within(lines).filter(pk=item).exists():
        raise not_found("隔离件")


def _my_letter(ctx: Context, id: UUID) -> None:
    lines = ctx.actor.lines("retry", "iot_sensing.retry_letter") + ctx.actor.lines("drop", "iot_sensing.drop_letter")
    letter = DeadLetter.objects.filter(pk=id).first()
    if letter is None or not letter_within(letter, lines):
        raise not_found("搁置的死信")


@operation("iot_sensing.replay_quarantined", title="修正并重放", on=None, action="replay")
def replay_quarantined(ctx: Context, data: ReplayQuarantined) -> Replayed:
    """Take one item in again by the way of fresh input."""
    payload = bytes.fromhex(data.hex) if data.hex is not None else None
    _mine(ctx, data.item)
    try:
        bus_quarantine.mend_and_replay(data.item, payload, by=ctx.actor.id)
    except Quarantine.DoesNotExist as error:
        raise not_found("隔离件") from error
    except LookupError as error:
        raise Problem("no_handler", str(error.args[0]), status=409, remedy="这类原文不能重放，只能丢弃") from error
    except bus_quarantine.ReplayError as error:
        return Replayed(replayed=False, why=str(error))
    ctx.notes["item"] = str(data.item)
    return Replayed(replayed=True)


class DropQuarantined(BaseModel):
    """One item given up, with the reason."""

    item: UUID = Field(title="隔离件")
    note: str = Field(title="丢弃原因", min_length=2, max_length=200)


class Dropped(BaseModel):
    """The item."""

    item: UUID


@operation("iot_sensing.drop_quarantined", title="丢弃隔离件", on=None, action="drop")
def drop_quarantined(ctx: Context, data: DropQuarantined) -> Dropped:
    """Give one item up; it stays on record with the reason."""
    _mine(ctx, data.item)
    if not Quarantine.objects.filter(pk=data.item, state__in=("open", "mended")).exists():
        raise not_found("待处理的隔离件")
    bus_quarantine.drop(data.item, note=data.note, by=ctx.actor.id)
    ctx.notes["item"] = str(data.item)
    return Dropped(item=data.item)


class Letter(BaseModel):
    """One parked event."""

    letter: UUID = Field(title="死信")


class Answered(BaseModel):
    """Whether it is done now; else the new error."""

    done: bool
    why: str = ""


@operation("iot_sensing.retry_letter", title="补办死信", on=None, action="retry")
def retry_letter(ctx: Context, data: Letter) -> Answered:
    """Handle one parked event again."""
    _my_letter(ctx, data.letter)
    try:
        letter = inbox.retry_parked(data.letter)
    except DeadLetter.DoesNotExist as error:
        raise not_found("搁置的死信") from error
    except LookupError as error:
        raise Problem("no_handler", str(error.args[0]), status=409, remedy="请放弃这条死信") from error
    done = letter.state == DeadLetter.State.DONE
    return Answered(done=done, why="" if done else letter.error.strip().splitlines()[-1][:200])


@operation("iot_sensing.drop_letter", title="放弃死信", on=None, action="drop")
def drop_letter(ctx: Context, data: Letter) -> Answered:
    """Give up one parked event; its row stays."""
    _my_letter(ctx, data.letter)
    if not DeadLetter.objects.filter(pk=data.letter, state=DeadLetter.State.PARKED).exists():
        raise not_found("搁置的死信")
    inbox.drop_parked(data.letter)
    return Answered(done=True)

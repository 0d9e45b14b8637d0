"""Web of the house with one small operation more."""

from __future__ import annotations

from typing import ClassVar

from pydantic import BaseModel

from yongzhou.house.wsgi import application

__all__ = ["application"]

from yongzhou.core.bus.events import Event
from yongzhou.core.operations.context import Context
from yongzhou.core.operations.registry import operation


class Said(Event):
    """Something has been said."""

    subject: ClassVar[str] = "ev.bench.word.said"
    level: int


class Say(BaseModel):
    """What is said."""

    text: str
    level: int


class Answer(BaseModel):
    """That it was heard."""

    heard: bool


@operation("bench.say", title="说一句", on=None, action="say", emits=[Said])
def say(ctx: Context, data: Say) -> Answer:
    """Emit one fact."""
    ctx.emit(Said(level=data.level, region="4311", origin="synthetic"))
    return Answer(heard=True)

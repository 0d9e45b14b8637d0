"""Events and subscribers that the tests share, in this process and in child processes."""

from __future__ import annotations

from typing import ClassVar

from django.db import connection
from pydantic import BaseModel

from yongzhou.core.bus import Event, HandlerContext, subscribe


class GateMoved(Event):
    subject: ClassVar[str] = "ev.bus_test.gate.moved"
    key: ClassVar[str] = "gate"
    gate: str
    n: int


class GateSeen(Event):
    subject: ClassVar[str] = "ev.bus_test.gate.seen"
    n: int


class Reads(BaseModel):
    n: int


def note(n: int, by: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO effect (n, by) VALUES (%s, %s)", [n, by])


def effects(by: str) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT n FROM effect WHERE by = %s ORDER BY id", [by])
        return [n for (n,) in cursor.fetchall()]


@subscribe(GateMoved.subject, durable="ledger")
def ledger(ctx: HandlerContext, data: Reads) -> None:
    note(data.n, "ledger")


@subscribe(GateMoved.subject, durable="echo")
def echo(ctx: HandlerContext, data: Reads) -> None:
    ctx.emit(GateSeen(region="431103", origin="synthetic", n=data.n))


POISON = 13


@subscribe(GateMoved.subject, durable="fussy")
def fussy(ctx: HandlerContext, data: Reads) -> None:
    note(data.n, "fussy")
    if data.n == POISON:
        raise ValueError("闸门编号不能是 13")


def moved(n: int, gate: str = "") -> GateMoved:
    return GateMoved(region="431103", origin="synthetic", gate=gate or str(n), n=n)

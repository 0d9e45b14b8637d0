"""Who hears what: the `subscribe` decorator and its registry. No Django here."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol, TypeVar, get_type_hints
from uuid import UUID

from pydantic import BaseModel

from yongzhou.core.bus.events import Event

DEFAULT_TRIES: Final = 5
_SUBJECT: Final = re.compile(r"ev(\.([a-z][a-z0-9_]*|\*)){3}")
_DURABLE: Final = re.compile(r"[a-z][a-z0-9_]*(-[a-z0-9_]+)*")  # a dot, blank or star is refused by JetStream


class Actor(Protocol):
    """Who acts, as far as the bus must know."""

    @property
    def id(self) -> UUID: ...


class HandlerContext(Protocol):
    """What a handler gets; `core.operations.Context` is one."""

    @property
    def actor(self) -> Actor: ...
    @property
    def now(self) -> datetime: ...
    def emit(self, event: Event) -> None: ...


D = TypeVar("D", bound=BaseModel)
C = TypeVar("C")


@dataclass(frozen=True, slots=True)
class Subscription:
    """One durable subscriber: its subject (wildcard `*` a token), the model it reads, its handler, its tries."""

    subject: str
    durable: str
    reads: type[BaseModel]
    handler: Callable[..., None]
    tries: int


_subscriptions: dict[str, Subscription] = {}


def subscribe(
    subject: str, *, durable: str, tries: int = DEFAULT_TRIES
) -> Callable[[Callable[[C, D], None]], Callable[[C, D], None]]:
    """Register `fn(ctx, data)`: called once per committed event id, in one transaction with its inbox row.

    `data`'s type is the subscriber's own pydantic model that declares the fields it reads. An error rolls back and
    is tried again with back-off; after `tries` the event is parked as a dead letter and others go on.
    """
    if not _SUBJECT.fullmatch(subject):
        raise TypeError(f"{durable}: 订阅主题 {subject!r} 应为 ev.系统.名词.过去分词，可用 * 代一段。")
    if not _DURABLE.fullmatch(durable):
        raise TypeError(f"订阅名 {durable!r} 应为小写字母、数字、下划线，用连字符分段。")
    if tries < 1:
        raise TypeError(f"{durable}: tries 至少为 1。")

    def register(function: Callable[[C, D], None]) -> Callable[[C, D], None]:
        entry = Subscription(subject, durable, _reads(function), function, tries)
        known = _subscriptions.get(durable)
        if known and (known.handler.__module__, known.handler.__qualname__) != (
            function.__module__,
            function.__qualname__,
        ):
            raise TypeError(f"订阅名 {durable} 已被 {known.handler.__module__}.{known.handler.__qualname__} 使用。")
        _subscriptions[durable] = entry
        return function

    return register


def subscriptions() -> dict[str, Subscription]:
    """All subscriptions by durable name."""
    return dict(sorted(_subscriptions.items()))


def matches(pattern: str, subject: str) -> bool:
    """Whether a subject falls under a pattern with `*` tokens."""
    wanted, given = pattern.split("."), subject.split(".")
    return len(wanted) == len(given) and all(w in ("*", g) for w, g in zip(wanted, given, strict=True))


def _reads(function: Callable[..., None]) -> type[BaseModel]:
    hints = get_type_hints(function)
    reads = hints.get("data")
    if not (isinstance(reads, type) and issubclass(reads, BaseModel)) or issubclass(reads, Event):
        raise TypeError(f"{function.__qualname__}: 参数 data 要标注订阅方自己的 pydantic 模型，只声明要读的字段。")
    return reads

"""Event classes, their registry, and the CloudEvents 1.0 envelope that carries them. No Django here."""

from __future__ import annotations

import re
from datetime import datetime
from typing import ClassVar, Final, Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, JsonValue

Origin = Literal["measured", "estimated", "synthetic", "drill", "replay"]

SUBJECT: Final = re.compile(r"ev(\.[a-z][a-z0-9_]*){3}")
STREAM: Final = "EVENTS"
MAX_BYTES: Final = 900_000  # below the bus limit of 1 MiB a message, envelope included
CONTENT_TYPE: Final = "application/cloudevents+json; charset=UTF-8"

_registry: dict[tuple[str, int], type[Event]] = {}


class Event(BaseModel):
    """A fact about the city. A subclass names its `subject`, `version` and further fields.

    `subject` is `ev.<system>.<noun>.<past participle>`; `key` names the field whose value orders events among
    themselves (a matter's id, say) and becomes the CloudEvents `subject`; "" means no order is promised.
    A class whose name begins with `_` only shares fields and is no event itself.
    A class with a wrong subject, or a second class of one subject and version, is a `TypeError` when it is made.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    subject: ClassVar[str] = ""
    version: ClassVar[int] = 1
    key: ClassVar[str] = ""

    region: str
    origin: Origin

    @classmethod
    def __pydantic_init_subclass__(cls, **_: object) -> None:
        if cls.__name__.startswith("_"):
            return
        if not SUBJECT.fullmatch(cls.subject):
            raise TypeError(f"{cls.__qualname__}: 事件主题 {cls.subject!r} 应为 ev.系统.名词.过去分词，小写蛇形。")
        if cls.version < 1:
            raise TypeError(f"{cls.__qualname__}: 事件版本从 1 起。")
        if cls.key and cls.key not in cls.model_fields:
            raise TypeError(f"{cls.__qualname__}: key 指向的字段 {cls.key!r} 不存在。")
        known = _registry.get((cls.subject, cls.version))
        if known and (known.__module__, known.__qualname__) != (cls.__module__, cls.__qualname__):
            raise TypeError(f"{cls.subject} v{cls.version} 已由 {known.__module__}.{known.__qualname__} 声明。")
        _registry[cls.subject, cls.version] = cls

    def key_value(self) -> str:
        """Value of the key field as text, "" without one."""
        return str(getattr(self, self.key)) if self.key else ""


class Envelope(BaseModel):
    """CloudEvents 1.0, JSON format, structured mode, extensions version, actor, origin, region, traceparent."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    specversion: Literal["1.0"] = "1.0"
    id: UUID
    source: str
    type: str
    subject: str | None = None
    time: datetime
    datacontenttype: Literal["application/json"] = "application/json"
    dataschema: str
    version: int
    actor: str
    origin: Origin
    region: str
    traceparent: str | None = None  # CloudEvents Distributed Tracing extension
    data: dict[str, JsonValue]

    @classmethod
    def around(cls, event: Event, *, id: UUID, time: datetime, actor: str, traceparent: str | None = None) -> Self:
        """The envelope of one event."""
        return cls(
            id=id,
            source=f"/yongzhou/{event.subject.split('.')[1]}",
            type=event.subject,
            subject=event.key_value() or None,
            time=time,
            dataschema=f"/events/{event.subject}/v{event.version}",
            version=event.version,
            actor=actor,
            origin=event.origin,
            region=event.region,
            traceparent=traceparent,
            data=event.model_dump(mode="json"),
        )

    def wire(self) -> bytes:
        """JSON of the envelope; attributes without value are left out, as CloudEvents asks."""
        return self.model_dump_json(exclude=self._absent()).encode()

    def _absent(self) -> set[str]:
        return {name for name in ("subject", "traceparent") if getattr(self, name) is None}


def registered() -> dict[tuple[str, int], type[Event]]:
    """All event classes by (subject, version)."""
    return dict(sorted(_registry.items()))

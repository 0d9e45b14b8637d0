"""The base of every record: identity, origin, version; one declaration gives its faces."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Self

from django.db import models
from django.db.models import Q
from django.db.models.signals import class_prepared

from yongzhou.core.crypto.identity import uuid7
from yongzhou.core.data import guard
from yongzhou.core.data.actor import Actor
from yongzhou.core.data.fields import Text, When
from yongzhou.core.data.house import declaration
from yongzhou.core.data.origin import LABELS

if TYPE_CHECKING:
    from django.db.models.manager import Manager


class Record(models.Model):
    """A row that people and machines may find, see by right, change by operation, and follow through time."""

    id = models.UUIDField("编号", primary_key=True, default=uuid7, editable=False)
    origin = Text(
        "数据来源", max=12, default="measured", choices=list(LABELS.items()), sample="measured", technical=True
    )
    created_at = When("登记时间", auto_now_add=True, technical=True)
    row_version = models.IntegerField("版本", default=1, editable=False)

    objects: ClassVar[Manager[Self]]

    class Meta:
        abstract = True

    class House:
        """Subclasses say title, scope, list columns, map … here."""

    @classmethod
    def visible_to(cls, actor: Actor, action: str = "read") -> models.QuerySet[Self]:
        """The rows this actor may see (or act on, for another action)."""
        return cls._default_manager.filter(guard.compile(actor, action, cls))

    def get_absolute_url(self) -> str:
        """The workbench page of this record."""
        return f"/desk/{guard.resource_name(type(self)).replace('.', '/')}/{self.pk}/"


def _prepare(sender: type[models.Model], **_: Any) -> None:
    """Give each record its title and the indexes that its scope and its sort columns need."""
    if not issubclass(sender, Record) or sender._meta.abstract:
        return
    own = declaration(sender)
    meta = sender._meta
    meta.verbose_name = meta.verbose_name_plural = own.title
    meta.original_attrs["verbose_name"] = meta.original_attrs["verbose_name_plural"] = own.title
    local = {field.name for field in meta.local_fields}
    scope = [own.region] if own.region in local else []
    key = meta.pk.name if meta.pk is not None and meta.pk.name in local else "id"
    wanted = [(*scope, key)] if scope else []
    wanted += [(*scope, column, key) for column in own.sort if column in local]
    known = {tuple(index.fields) for index in meta.indexes}
    for columns in wanted:
        if columns not in known:
            index = models.Index(fields=columns)
            index.set_name_with_model(sender)
            meta.indexes = [*meta.indexes, index]
    if meta.indexes:
        meta.original_attrs["indexes"] = meta.indexes


class_prepared.connect(_prepare, dispatch_uid="core.data.record")

__all__ = ["Q", "Record"]

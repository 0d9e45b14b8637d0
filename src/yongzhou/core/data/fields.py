"""Field kinds: Django fields that also carry Chinese label, unit, code list, personal category, grade, sample.

`deconstruct()` gives the plain Django field, so that migrations know nothing of the house.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from yongzhou.core.data.spec import HouseField, PersonalKind, Spec

if TYPE_CHECKING:
    from yongzhou.core.data.record import Record


def _optional(required: bool, options: dict[str, Any]) -> dict[str, Any]:
    return options if required else {"null": True, "blank": True, **options}


def _empty(required: bool, options: dict[str, Any]) -> dict[str, Any]:
    return options if required else {"blank": True, "default": "", **options}


class Text(HouseField, models.CharField):  # type: ignore[type-arg]
    """A short text; not required means empty, never null."""

    _plain = models.CharField

    def __init__(
        self,
        label: str = "",
        *,
        max: int = 200,
        sample: object = "",
        standard: str | None = None,
        grade: int = 1,
        required: bool = True,
        technical: bool = False,
        help: str = "",
        personal: PersonalKind | None = None,
        **options: Any,
    ) -> None:
        self.spec = Spec(
            "text",
            label,
            standard=standard,
            grade=grade,
            sample=sample,
            technical=technical,
            help=help,
            personal=personal,
        )
        super().__init__(label, max_length=max, help_text=help, **_empty(required, options))


class Long(HouseField, models.TextField):  # type: ignore[type-arg]
    """A long text."""

    _plain = models.TextField

    def __init__(
        self,
        label: str = "",
        *,
        sample: object = "",
        grade: int = 1,
        required: bool = True,
        help: str = "",
        **options: Any,
    ) -> None:
        self.spec = Spec("long", label, grade=grade, sample=sample, help=help)
        super().__init__(label, help_text=help, **_empty(required, options))


class Region(HouseField, models.CharField):  # type: ignore[type-arg]
    """A division code of GB/T 2260 + 10114 (2 to 12 digits) or a grid code below it (15), compared byte by byte."""

    _plain = models.CharField

    def __init__(
        self,
        label: str = "所在地区",
        *,
        sample: object = "431181",
        grade: int = 1,
        required: bool = True,
        **options: Any,
    ) -> None:
        self.spec = Spec("region", label, standard="GB/T 2260", grade=grade, sample=sample)
        super().__init__(label, max_length=16, db_collation="C", **_empty(required, options))


class Coded(HouseField, models.CharField):  # type: ignore[type-arg]
    """A code of a list (`core.standards`); validity is checked on write."""

    _plain = models.CharField

    def __init__(
        self,
        label: str = "",
        codes: str = "",
        *,
        sample: object = "",
        grade: int = 1,
        required: bool = True,
        **options: Any,
    ) -> None:
        self.spec = Spec("coded", label, codes=codes, grade=grade, sample=sample)
        super().__init__(label, max_length=40, **_empty(required, options))


class Number(HouseField, models.FloatField):  # type: ignore[type-arg]
    """A measured or computed number with its UCUM unit; `digits` are shown after the point."""

    _plain = models.FloatField

    def __init__(
        self,
        label: str = "",
        *,
        unit: str = "1",
        digits: int | None = None,
        low: float | None = None,
        high: float | None = None,
        sample: object = 0.0,
        grade: int = 1,
        required: bool = True,
        help: str = "",
        **options: Any,
    ) -> None:
        self.spec = Spec("number", label, unit=unit, digits=digits, grade=grade, sample=sample, help=help)
        super().__init__(label, help_text=help, validators=_between(low, high), **_optional(required, options))


class Count(HouseField, models.BigIntegerField):  # type: ignore[type-arg]
    """A whole number."""

    _plain = models.BigIntegerField

    def __init__(
        self,
        label: str = "",
        *,
        unit: str = "1",
        low: int | None = None,
        high: int | None = None,
        sample: object = 0,
        grade: int = 1,
        required: bool = True,
        help: str = "",
        **options: Any,
    ) -> None:
        self.spec = Spec("count", label, unit=unit, digits=0, grade=grade, sample=sample, help=help)
        super().__init__(label, help_text=help, validators=_between(low, high), **_optional(required, options))


def _between(low: float | None, high: float | None) -> list[MinValueValidator | MaxValueValidator]:
    return [
        *([] if low is None else [MinValueValidator(low)]),
        *([] if high is None else [MaxValueValidator(high)]),
    ]


class Money(HouseField, models.DecimalField):  # type: ignore[type-arg]
    """Yuan with 2 places."""

    _plain = models.DecimalField

    def __init__(
        self,
        label: str = "",
        *,
        sample: object = Decimal("0.00"),
        grade: int = 1,
        required: bool = True,
        **options: Any,
    ) -> None:
        self.spec = Spec("money", label, unit="CNY", digits=2, grade=grade, sample=sample)
        super().__init__(label, max_digits=16, decimal_places=2, **_optional(required, options))


class When(HouseField, models.DateTimeField):  # type: ignore[type-arg]
    """An instant; shown in Asia/Shanghai."""

    _plain = models.DateTimeField

    def __init__(
        self,
        label: str = "",
        *,
        sample: object = "2026-06-18T03:06:05+08:00",
        grade: int = 1,
        required: bool = True,
        technical: bool = False,
        **options: Any,
    ) -> None:
        self.spec = Spec("when", label, grade=grade, sample=sample, technical=technical)
        super().__init__(label, **_optional(required, options))


class Day(HouseField, models.DateField):  # type: ignore[type-arg]
    """A calendar day."""

    _plain = models.DateField

    def __init__(
        self, label: str = "", *, sample: object = "2026-06-18", grade: int = 1, required: bool = True, **options: Any
    ) -> None:
        self.spec = Spec("day", label, grade=grade, sample=sample)
        super().__init__(label, **_optional(required, options))


class Flag(HouseField, models.BooleanField):  # type: ignore[type-arg]
    """Yes or no."""

    _plain = models.BooleanField

    def __init__(self, label: str = "", *, sample: object = False, grade: int = 1, **options: Any) -> None:
        self.spec = Spec("flag", label, grade=grade, sample=sample)
        super().__init__(label, **{"default": False, **options})


class Facts(HouseField, models.JSONField):
    """A small structured value (evidence, settings); never a hiding place for columns."""

    _plain = models.JSONField

    def __init__(self, label: str = "", *, sample: object = None, grade: int = 1, **options: Any) -> None:
        self.spec = Spec("facts", label, grade=grade, sample=sample)
        super().__init__(label, **{"default": dict, "blank": True, **options})


class Ref(HouseField, models.UUIDField):  # type: ignore[type-arg]
    """A record of another system: the name of its resource and a UUID, no foreign key."""

    _plain = models.UUIDField

    def __init__(
        self,
        label: str = "",
        resource: str = "",
        *,
        sample: object = None,
        grade: int = 1,
        required: bool = False,
        **options: Any,
    ) -> None:
        self.resource = resource
        self.spec = Spec("ref", label, grade=grade, sample=sample)
        super().__init__(label, **_optional(required, options))


class Attachments(HouseField, models.JSONField):
    """A list of kept files: `{"sha256", "name", "kind", "size"}`."""

    _plain = models.JSONField

    def __init__(
        self,
        label: str = "",
        *,
        kinds: Sequence[str] = ("image/jpeg", "image/png"),
        max_mb: int = 8,
        grade: int = 1,
        **options: Any,
    ) -> None:
        self.kinds, self.max_mb = tuple(kinds), max_mb
        self.spec = Spec("attachments", label, grade=grade, sample=[])
        super().__init__(label, **{"default": list, "blank": True, **options})


class Link(models.ForeignKey):  # type: ignore[type-arg]
    """A record of the same house floor or below."""

    def __init__(
        self,
        label: str = "",
        to: type[Record] | str = "",
        on_delete: Any = models.PROTECT,
        *,
        grade: int = 1,
        required: bool = True,
        **options: Any,
    ) -> None:
        self.spec = Spec("link", label, grade=grade)
        super().__init__(to, on_delete, **{"verbose_name": label, "related_name": "+", **_optional(required, options)})

    def deconstruct(self) -> tuple[str, str, Sequence[Any], dict[str, Any]]:
        name, _, args, kwargs = super().deconstruct()
        kwargs.pop("verbose_name", None)
        return name, "django.db.models.ForeignKey", args, kwargs

    def clone(self) -> models.ForeignKey[Any, Any]:  # type: ignore[override]
        _, _, args, kwargs = self.deconstruct()
        return models.ForeignKey(*args, **kwargs)

"""Personal data: encrypted at rest (SM4-GCM), found by equality over a blind index (HMAC-SM3), masked on screen."""

from __future__ import annotations

import re
from typing import Any, Final

from django.db import models

from yongzhou.core import crypto
from yongzhou.core.data.spec import HouseField, PersonalKind, Spec


class Sealed(str):
    """The stored form of a personal value; `open()` gives the clear one."""

    __slots__ = ("context",)

    context: str

    def __new__(cls, value: str, context: str) -> Sealed:
        sealed = super().__new__(cls, value)
        sealed.context = context
        return sealed

    def open(self) -> str:
        """The clear value; only `core.data.present` and operations with a purpose call this."""
        return crypto.unseal(str(self), self.context) if self else ""


class _Blind(models.CharField):  # type: ignore[type-arg]
    """The blind index beside a personal column."""

    def clone(self) -> models.Field[Any, Any]:  # type: ignore[override]
        _, _, args, kwargs = self.deconstruct()
        return models.CharField(*args, **kwargs)

    def deconstruct(self) -> Any:
        name, _, args, kwargs = super().deconstruct()
        return name, "django.db.models.CharField", args, kwargs


class Personal(HouseField, models.TextField):  # type: ignore[type-arg]
    """A personal value of one kind. Assign clear text; it is sealed when saved and read back as `Sealed`."""

    _plain = models.TextField

    def __init__(
        self,
        label: str = "",
        kind: PersonalKind = "contact",
        *,
        grade: int = 3,
        sample: object = "",
        required: bool = False,
        **options: Any,
    ) -> None:
        self.spec = Spec("personal", label, personal=kind, grade=grade, sample=sample)
        super().__init__(label, **{"default": "", "blank": not required, **options})

    def contribute_to_class(self, cls: type[models.Model], name: str, private_only: bool = False) -> None:
        super().contribute_to_class(cls, name, private_only)
        if not cls._meta.abstract:
            _Blind(max_length=64, default="", editable=False, db_index=True).contribute_to_class(cls, f"{name}_blind")

    def context(self) -> str:
        """What binds a sealed value to its column: it cannot be moved to another one."""
        return f"{self.model._meta.label_lower}.{self.name}"

    def from_db_value(self, value: str | None, *_: object) -> Sealed | None:
        return None if value is None else Sealed(value, self.context())

    def pre_save(self, model_instance: models.Model, add: bool) -> str:
        value = getattr(model_instance, self.attname) or ""
        if value and not isinstance(value, Sealed):
            kind = self.spec.personal or "contact"
            setattr(model_instance, f"{self.name}_blind", crypto.blind(str(value), kind))
            value = Sealed(crypto.seal(str(value), self.context()), self.context())
            setattr(model_instance, self.attname, value)
        elif not value:
            setattr(model_instance, f"{self.name}_blind", "")
        return str(value)


def mask(text: str, kind: PersonalKind) -> str:
    """The masked form of a clear value."""
    if not text:
        return ""
    if kind == "phone":
        return f"{text[:3]}****{text[-4:]}" if len(text) >= 8 else "****"
    if kind == "id":
        return f"{text[:3]}{'*' * 11}{text[-4:]}" if len(text) >= 15 else "****"
    if kind == "name":
        return text[0] + "*" * max(len(text) - 1, 1)
    if kind == "address":
        return text[:6] + "****"
    return "****"


_NUMBERS: Final = re.compile(r"(?<![0-9])(?:[0-9]{17}[0-9Xx]|[0-9]{15}|1[0-9]{10})(?![0-9])")


def scrub(text: str) -> str:
    """A text for a log, a reason or a note: whatever could be an ID number or a mobile number in it is masked."""
    return _NUMBERS.sub(lambda found: mask(found.group(), "phone" if len(found.group()) == 11 else "id"), text)


MASK: Final = "****"

"""What the house knows of a field beyond its column."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from django.db import models

PersonalKind = Literal["id", "phone", "address", "health", "contact", "name"]


@dataclass(frozen=True, slots=True)
class Spec:
    """What the house knows of a field beyond its column."""

    kind: str
    label: str
    unit: str | None = None  # UCUM
    digits: int | None = None
    codes: str | None = None
    personal: PersonalKind | None = None
    grade: int = 1
    standard: str | None = None
    sample: object = None
    technical: bool = False  # shown only where somebody looks under the hood
    help: str = ""


class HouseField(models.Field):  # type: ignore[type-arg]
    """Shared part of all kinds: migrations see the plain Django field."""

    spec: Spec
    _plain: type[models.Field[Any, Any]]
    _own_arguments: tuple[str, ...] = ()

    def deconstruct(self) -> tuple[str, str, Sequence[Any], dict[str, Any]]:
        name, _, args, kwargs = super().deconstruct()
        for hidden in ("help_text", "verbose_name", "validators", "choices", *self._own_arguments):
            kwargs.pop(hidden, None)
        return name, f"django.db.models.{self._plain.__name__}", args, kwargs

    def clone(self) -> models.Field[Any, Any]:  # type: ignore[override]
        _, _, args, kwargs = self.deconstruct()
        return self._plain(*args, **kwargs)


def spec_of(field: models.Field[Any, Any]) -> Spec:
    """The spec of any field; a plain Django field counts as technical."""
    own = getattr(field, "spec", None)
    if isinstance(own, Spec):
        return own
    return Spec("plain", str(field.verbose_name), technical=True)

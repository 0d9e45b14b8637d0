"""One row of every kind of record in two scopes, made from the fields' own samples: `near` and `far`.

`near` lies in Qiyang (grid 431181107903, unit 431181-SL) and belongs to the citizen `citizen`;
`far` lies in Dong'an (town 431122100, unit 4311-CG) and belongs to `citizen_elder`.
"""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from functools import cache
from itertools import count
from typing import Any

import yaml
from django.db import IntegrityError, models, transaction
from django.utils import timezone
from PIL import Image

from tests.support.matrix import Facts
from yongzhou.core.crypto import uuid7
from yongzhou.core.data import codes
from yongzhou.core.data.fields import Attachments
from yongzhou.core.data.files import keep_photo
from yongzhou.core.data.house import declaration
from yongzhou.core.data.record import Record
from yongzhou.core.data.registry import records
from yongzhou.core.data.spec import spec_of
from yongzhou.core.home import REPOSITORY
from yongzhou.core.people.models import Login, Person, RoleGrant, Unit
from yongzhou.core.places.models import Place

_numbers = count(1)


@cache
def samples(system: str) -> dict[str, dict[str, Any]]:
    """What a system's `samples.yaml` shows, by class name and verb; the kernel has none."""
    found = next((REPOSITORY / "src" / "yongzhou" / "systems").glob(f"*/{system}/samples.yaml"), None)
    return yaml.safe_load(found.read_text(encoding="utf-8")) if found is not None else {}


@dataclass
class Scope:
    """Where the rows of one side lie."""

    mark: str
    region: str
    unit: str
    login: str
    photo: dict[str, object] = field(default_factory=dict)
    made: dict[type[Record], Record] = field(default_factory=dict)

    def linked(self, model: type[Record]) -> Record:
        """The row that others of this side point to."""
        if model is Unit:
            return Unit.objects.get(code=self.unit)
        if model is Person:
            return Login.objects.get(name=self.login).person
        if model is Place:
            return Place.objects.filter(code=self.region).first() or self.row(model)
        return self.row(model)

    def row(self, model: type[Record]) -> Record:
        """This side's row of one kind; where the city already holds the one there can be, that one."""
        if model not in self.made:
            own = model(**self._values(model))
            try:
                with transaction.atomic():
                    own.save()
            except IntegrityError:
                own = _taken(own)
            self.made[model] = model._default_manager.get(pk=own.pk)
        return self.made[model]

    def _values(self, model: type[Record]) -> dict[str, Any]:
        searched = declaration(model).search
        values: dict[str, Any] = {"origin": "synthetic"}
        for column in model._meta.concrete_fields:
            if column.primary_key or column.name in ("id", "origin", "created_at", "row_version"):
                continue
            if column.is_relation:
                target: Any = column.related_model
                if issubclass(target, Record) and self._wanted(model, column):
                    values[column.name] = self.linked(target)
            elif column.name.endswith("_blind"):
                continue
            elif isinstance(column, Attachments):
                values[column.name] = [self.photo]
            elif (value := self._value(column, column.name in searched)) is not None:
                values[column.name] = value
        return {**values, "action": "nothing"} if model is RoleGrant else values

    def _wanted(self, model: type[Record], column: models.Field[Any, Any]) -> bool:
        if column.related_model in model.__mro__:
            return False  # parent, successor: a row of its own kind
        own = declaration(model)
        scope = {path.split("__")[0] for path in (own.region, own.department, own.person) if path}
        return not column.null or column.name in scope or column.related_model in (Unit, Person)

    def _value(self, column: models.Field[Any, Any], searched: bool) -> Any:
        spec = spec_of(column)
        if spec.kind == "region":
            return self.region
        if spec.kind == "personal":
            return f"161{next(_numbers):08}"
        if spec.kind == "plain" and isinstance(column, models.BigIntegerField):
            return 10_000_000 + next(_numbers)
        if spec.kind in ("text", "long"):
            if column.blank and not searched:
                return None
            text = f"{self.mark}{next(_numbers)}" if column.unique or searched else str(spec.sample or self.mark)
            return text[: column.max_length or 200]
        if column.null or column.has_default():
            return None
        if spec.kind == "coded":
            shown = samples(column.model._meta.app_label).get(column.model.__name__, {}).get(column.name)
            return shown or spec.sample or next(iter(codes.options(spec.codes or "")), "")
        if spec.kind == "when":
            return timezone.now()
        if spec.kind == "day":
            return timezone.localdate()
        if spec.kind == "ref":
            return uuid7()
        return spec.sample if spec.sample is not None else 1


def _taken(own: Record) -> Record:
    """The row that stands where this one would."""
    model, meta = type(own), type(own)._meta
    unique = [(column.name,) for column in meta.concrete_fields if column.unique and not column.primary_key]
    unique += [rule.fields for rule in meta.constraints if isinstance(rule, models.UniqueConstraint) and rule.fields]
    for names in unique:
        if found := model._default_manager.filter(**{name: getattr(own, name) for name in names}).first():
            return found
    return model._default_manager.order_by("pk")[0]


@dataclass(frozen=True)
class Sides:
    """All rows, by resource name."""

    near: dict[str, Record]
    far: dict[str, Record]
    second: dict[str, Record]  # one more event on each side

    def facts(self, resource: str, side: str) -> Facts:
        """What a row says of its scope, read attribute by attribute."""
        row = getattr(self, side)[resource]
        own = declaration(type(row))
        unit = row if own.department == "id" else follow(row, own.department)
        person = follow(row, own.person)
        key = getattr(person, "pk", person)
        login = Login.objects.filter(person=key).values_list("name", flat=True).first() if key else None
        return Facts(
            grade=own.grade,
            region=follow(row, own.region),
            unit=getattr(unit, "code", None),
            person=login,
            scoped=own.region is not None or own.department is not None,
        )


def follow(row: Any, path: str | None) -> Any:
    """The value at the end of a lookup path; None where it ends early."""
    if path is None:
        return None
    for step in path.split("__"):
        row = getattr(row, step, None)
    return row


def picture(side: int = 64, colour: tuple[int, int, int] = (20, 90, 120)) -> bytes:
    """A small JPEG."""
    out = io.BytesIO()
    Image.new("RGB", (side, side), colour).save(out, "JPEG")
    return out.getvalue()


def make() -> Sides:
    """Both sides, in the open database."""
    near = Scope("桐近", "431181107903", "431181-SL", "citizen")
    far = Scope("桐远", "431122100", "4311-CG", "citizen_elder")
    near.photo = keep_photo(io.BytesIO(picture(colour=(10, 20, 30))), name="近.jpg").row()
    far.photo = keep_photo(io.BytesIO(picture(colour=(200, 20, 30))), name="远.jpg").row()
    rows = {
        side: {name: scope.row(model) for name, model in records().items()}
        for side, scope in (("near", near), ("far", far))
    }
    event = records()["grid_governance.event"]
    del near.made[event], far.made[event]
    return Sides(rows["near"], rows["far"], {"near": near.row(event), "far": far.row(event)})

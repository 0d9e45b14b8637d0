"""What one system lets others read: versioned SQL views in schema `share`, personal columns never among them."""

from __future__ import annotations

from django.db import models

from yongzhou.core.data.guard import resource_name
from yongzhou.core.data.house import declaration
from yongzhou.core.data.personal import Personal
from yongzhou.core.data.record import Record


def view_name(model: type[Record], version: int = 1) -> str:
    """`<system>__<record>_v1`."""
    return f"{resource_name(model).replace('.', '__')}_v{version}"


def view_sql(model: type[Record]) -> str:
    """The view of one record: id, region, origin and the declared columns; inherited columns by join."""
    own = declaration(model)
    if not own.share:
        return ""
    columns = dict.fromkeys(
        ["id", "origin", *([own.region] if own.region and "__" not in own.region else []), *own.share]
    )
    parts = [_column(model, name) for name in columns]
    key = model._meta.pk
    assert key is not None
    tables = f'"{model._meta.db_table}" t'
    for number, parent in enumerate(model._meta.get_parent_list()):
        tables += f' join "{parent._meta.db_table}" p{number} on p{number}.id = t."{key.column}"'
    name = view_name(model)
    return (
        f"drop view if exists share.{name}; create view share.{name} as select {', '.join(parts)} from {tables}; "
        f"grant select on share.{name} to yz_reader;"
    )


def _column(model: type[Record], name: str) -> str:
    field = model._meta.get_field("id" if name == "id" else name)
    if isinstance(field, Personal):
        raise ValueError(f"{model.__name__}.House.share: {name} is personal")
    assert isinstance(field, models.Field)
    parents = model._meta.get_parent_list()
    alias = "t" if field.model is model else f"p{parents.index(field.model)}"
    return f'{alias}."{field.column}" as "{name}"'


def all_view_sql(record_models: list[type[Record]]) -> str:
    """Schema `share`, its reader, and the views of all records that share anything."""
    return (
        "create schema if not exists share; "
        "do $do$ begin if not exists (select from pg_roles where rolname = 'yz_reader') "
        "then create role yz_reader; end if; end $do$; "
        "grant usage on schema share to yz_reader;\n" + "\n".join(filter(None, map(view_sql, record_models)))
    )

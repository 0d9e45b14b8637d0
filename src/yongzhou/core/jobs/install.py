"""SQL of the queue: procrastinate's own schema, made once; set-up runs it after the tables, harmlessly each time."""

from __future__ import annotations

from typing import Final

from procrastinate.schema import SchemaManager

INSTALL_SQL: Final = [
    "DO $install$ BEGIN IF to_regclass('procrastinate_jobs') IS NULL THEN EXECUTE $schema$"
    f"{SchemaManager.get_schema()}"
    "$schema$; END IF; END $install$"
]

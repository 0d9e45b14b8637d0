"""What migrations do not make for 物."""

from __future__ import annotations

from typing import Final

# Each value replaces the row of its datastream: with room on the page and no index on what changes, PostgreSQL
# updates in place (HOT) and no index grows.
INSTALL_SQL: Final = "alter table things_latest set (fillfactor = 70);"

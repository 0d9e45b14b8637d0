"""Which Django apps the house has: every folder of a floor that holds models, templates or pages."""

from __future__ import annotations

from pathlib import Path
from typing import Final

_FLOORS: Final = ("core/*", "engines/*", "systems/*/*", "portals/*")
_MARKS: Final = ("models.py", "models", "system.py", "templates", "templatetags", "static", "apps.py")


def apps(package: Path) -> list[str]:
    """Dotted names of all rooms below `package`, lower floors first."""
    rooms = [
        folder
        for floor in _FLOORS
        for folder in sorted(package.glob(floor))
        if (folder / "__init__.py").exists() and any((folder / mark).exists() for mark in _MARKS)
    ]
    return [".".join((package.name, *room.relative_to(package).parts)) for room in rooms]

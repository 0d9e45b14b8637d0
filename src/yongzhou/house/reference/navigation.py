"""The lists of generated and dated pages in the site's configuration, between their marks."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from yongzhou.house.reference.areas import FLOORS
from yongzhou.house.reference.house import House

FILES: Final = ("zensical.toml", "zensical.en.toml")
_BLOCK: Final = r"(?P<begin>^(?P<indent> *)# {name}: written by .*\n)(?:.*\n)*?(?P<end> *# end\n)"


def navigation(house: House, written: Iterable[str]) -> dict[str, str]:
    """Text of each configuration file by its name, with the pages that there are today."""
    pages = set(written)
    areas = [area for area in house.areas.values() if area.file in pages]
    reference: list[str] = []
    for floor, title in FLOORS.items():
        own = [
            f'  {{ "{area.title} {area.name}" = "reference/{area.file}" }},' for area in areas if area.floor == floor
        ]
        reference += [f'{{ "{title}" = [', *own, "] },"] if own else []
    decisions = [
        f'{{ "{_title(path)}" = "decisions/{path.name}" }},'
        for path in sorted((house.root / "docs" / "decisions").glob("[0-9]*.md"))
    ]
    found = {}
    for name in FILES:
        text = (house.root / name).read_text(encoding="utf-8")
        found[name] = _filled(_filled(text, "reference", reference), "decisions", decisions)
    return found


def _filled(text: str, name: str, lines: list[str]) -> str:
    """The text with one block's lines; a file without the block's marks stays as it is."""

    def put(block: re.Match[str]) -> str:
        return block["begin"] + "".join(f"{block['indent']}{line}\n" for line in lines) + block["end"]

    return re.sub(_BLOCK.format(name=name), put, text, count=1, flags=re.MULTILINE)


def _title(path: Path) -> str:
    return path.read_text(encoding="utf-8").partition("\n")[0].lstrip("# ").replace('"', "'")

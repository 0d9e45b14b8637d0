"""The one responsible unit: a rule walked along the area chain of a point, with clause and reasons. No Django."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final

CITY: Final = "4311"
FALLBACK: Final = "county:WG;city:WG"  # nobody is named: the grid service centre settles it
LEVELS: Final = {"town": 9, "county": 6, "city": 4}  # digits of the code of each level


class RuleError(ValueError):
    """A responsibility rule that cannot be read; the Chinese text says how to write it."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """One unit that the rule names, whether it may take the matter, and why."""

    unit: str
    name: str
    able: bool
    why: str


@dataclass(frozen=True, slots=True)
class Decision:
    """Who is responsible (unit code, None where nobody can be found), the clause, and everybody looked at."""

    unit: str | None
    clause: str
    candidates: tuple[Candidate, ...]


def parse(rule: str) -> tuple[tuple[str, str], ...]:
    """`county:SL;city:SL` -> ((county, SL), (city, SL)); raises `RuleError`."""
    steps = []
    for part in filter(None, (piece.strip() for piece in rule.split(";"))):
        level, _, office = part.partition(":")
        if level not in LEVELS or not office:
            raise RuleError(f"责任规则「{part}」应写作 level:部门，level 为 {'、'.join(LEVELS)}，例如 county:SL")
        steps.append((level, office))
    if not steps:
        raise RuleError("责任规则为空；请写作 county:SL;city:SL 的形式")
    return tuple(steps)


def unit_code(level: str, office: str, region: str) -> str | None:
    """Code of an office at one level of the chain of a region; None where the region is coarser than the level."""
    digits = LEVELS[level]
    return f"{region[:digits]}-{office}" if len(region) >= digits else None


def decide(rule: str, region: str, units: Mapping[str, str], *, clause: str, refused: Collection[str] = ()) -> Decision:
    """The first unit of the rule that exists and has not sent the matter back.

    `region` is the code of the point's grid, village, town or county; `units` maps unit codes to names; `clause` is
    the legal basis; `refused` holds codes of units with an accepted rejection. The grid service centre is the last
    resort, so a known county always finds somebody.
    """
    found: list[Candidate] = []
    chosen: Candidate | None = None
    for level, office in (*parse(rule), *parse(FALLBACK)):
        code = unit_code(level, office, region)
        if code is None or any(code == known.unit for known in found):
            continue
        name = units.get(code)
        if name is None:
            one = Candidate(code, code, False, "没有这个单位（可能已撤并）")
        elif code in refused:
            one = Candidate(code, name, False, "已退单")
        else:
            one = Candidate(
                code, name, True, "事件库责任规则" if (level, office) in parse(rule) else "无人可派时由网格中心协调"
            )
        found.append(one)
        if chosen is None and one.able:
            chosen = one
    if chosen is None:
        return Decision(None, clause, tuple(found))
    return Decision(chosen.unit, f"{clause}；{chosen.why}", tuple(found))

"""SenML packs (RFC 8428) resolved to records: base fields, relative times, sums. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

RELATIVE: Final = 2**28  # section 4.5.3: a time below it is an offset to now
VERSION: Final = 10  # section 4.3
PACK_MAX: Final = 5_000  # records
_BASE: Final = frozenset({"bn", "bt", "bu", "bv", "bs", "bver"})
_OWN: Final = frozenset({"n", "u", "v", "vs", "vb", "vd", "s", "t", "ut"})


class SenmlError(ValueError):
    """A pack that breaks RFC 8428: Chinese reason, and where."""

    def __init__(self, reason: str, where: str) -> None:
        super().__init__(f"{reason}（{where}）")
        self.reason, self.where = reason, where


@dataclass(frozen=True, slots=True)
class Resolved:
    """One resolved record: full name, unit, absolute time in seconds since 1970 UTC, and its value.

    `value` is a number (`vb` as 1.0 or 0.0), or None where the record holds text or data; `total` is the sum.
    """

    name: str
    unit: str
    time: float
    value: float | None
    total: float | None


def resolve(pack: Sequence[object], now: float) -> list[Resolved]:
    """Resolve a pack (RFC 8428 section 4.6). `now` in seconds since 1970 UTC.

    Base fields hold from their record on; name and value are base plus own. Raises `SenmlError` for a pack that is
    empty or too long, an unknown field that must be understood (ending in `_`), a wrong type, a record without value.
    """
    if not pack:
        raise SenmlError("SenML 包是空的", "第 1 条记录")
    if len(pack) > PACK_MAX:
        raise SenmlError(f"SenML 包有 {len(pack)} 条记录，最多 {PACK_MAX} 条", "整包")
    name, unit, base_time, base_value, base_sum = "", "", 0.0, 0.0, 0.0
    has_base_value = has_base_sum = False
    found: list[Resolved] = []
    for index, record in enumerate(pack, 1):
        where = f"第 {index} 条记录"
        if not isinstance(record, Mapping):
            raise SenmlError("记录应为对象", where)
        _check_fields(record, where)
        name = _text(record, "bn", name, where)
        unit = _text(record, "bu", unit, where)
        base_time = _number(record, "bt", base_time, where)
        base_value, has_base_value = _number(record, "bv", base_value, where), has_base_value or "bv" in record
        base_sum, has_base_sum = _number(record, "bs", base_sum, where), has_base_sum or "bs" in record
        if _number(record, "bver", VERSION, where) > VERSION:
            raise SenmlError(f"不认识 SenML 版本 {record['bver']}", f"{where} bver")
        if not (_OWN & record.keys()) and _BASE & record.keys():
            continue  # a record of base fields only (section 4.1)
        kinds = [field for field in ("v", "vb", "vs", "vd") if field in record]
        if len(kinds) > 1:
            raise SenmlError(f"一条记录只能有一个值，实际有 {'、'.join(kinds)}", where)
        value: float | None = None
        if "v" in record or (not kinds and has_base_value):
            value = base_value + _number(record, "v", 0.0, where)
        elif "vb" in record:
            if not isinstance(record["vb"], bool):
                raise SenmlError("vb 应为 true 或 false", f"{where} vb")
            value = float(record["vb"])
        total = base_sum + _number(record, "s", 0.0, where) if "s" in record or has_base_sum else None
        if value is None and total is None and not kinds:
            raise SenmlError("记录没有值", where)
        moment = base_time + _number(record, "t", 0.0, where)
        found.append(
            Resolved(
                name=name + _text(record, "n", "", where),
                unit=_text(record, "u", unit, where),
                time=now + moment if moment < RELATIVE else moment,
                value=value,
                total=total,
            )
        )
    return found


def _check_fields(record: Mapping[object, object], where: str) -> None:
    for field in record:
        if field in _BASE or field in _OWN:
            continue
        if not isinstance(field, str) or field.endswith("_"):  # section 4.4: must be understood
            raise SenmlError(f"不认识必须理解的字段 {str(field)[:40]}", where)


def _number(record: Mapping[object, object], field: str, default: float, where: str) -> float:
    value = record.get(field, default)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise SenmlError(f"{field} 应为数字", f"{where} {field}")
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise SenmlError(f"{field} 超出数字的范围", f"{where} {field}")
    return number


def _text(record: Mapping[object, object], field: str, default: str, where: str) -> str:
    value = record.get(field, default)
    if not isinstance(value, str):
        raise SenmlError(f"{field} 应为文字", f"{where} {field}")
    return value

"""Check digits and forms of codes; every refusal names the position and what was expected."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Final

from yongzhou.core.standards.library import standards, today
from yongzhou.core.standards.rows import StandardsError
from yongzhou.core.standards.text import fold_width

DIVISIONS: Final = "GB/T 2260"
FIRST_CARDS: Final = date(1984, 4, 6)  # 居民身份证试行条例: nobody was numbered before
ALL_NUMBERED: Final = date(2000, 1, 1)  # since 1999-10 numbers are given at registration of birth

CHANGEOVER: Final = timedelta(365)  # registers go on with the old code for some months after a decree

_ID_WEIGHTS: Final = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_ID_DIGITS: Final = "10X98765432"
_USCC: Final = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_ORG: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_ORG_WEIGHTS: Final = (3, 7, 9, 10, 5, 8, 4, 2)


@dataclass(frozen=True, slots=True)
class CheckResult:
    """Whether a code is sound. `value` is the cleaned text; `position` (from 1) and `expected` name the fault."""

    ok: bool
    value: str
    message: str = ""
    position: int | None = None
    expected: str | None = None
    parts: Mapping[str, str] = field(default_factory=dict)


def check_id_number(s: str) -> CheckResult:
    """A citizen's number, GB 11643-1999: 6 division, 8 date of birth, 3 sequence, 1 check (ISO 7064 MOD 11-2).

    The division must have been in force at some time between birth and the 16th birthday (for those born before
    numbers were given at birth: until 2000), so that 431121 and 431181 (祁阳) and 4329xx (零陵地区) are each valid in
    their own time, with a year of changeover. Divisions of other prefectures are checked by province only.
    """
    text = _clean(s)
    if re.fullmatch(r"[0-9]{15}", text):
        full = upgrade_id_number(text)
        return CheckResult(False, text, f"15 位旧号码，升位后为 {full}", 7, full)
    if fault := _shape(text, 18, "0123456789", "0123456789X", "公民身份号码"):
        return fault
    birth = _date(text[6:14])
    if birth is None or birth.year < 1850:
        return CheckResult(False, text, f"出生日期不对：{text[6:14]} 不是日期", 7)
    if birth > today():
        return CheckResult(False, text, f"出生日期不对：{birth} 晚于今天", 7)
    if fault := _division_at_birth(text, birth):
        return fault
    check = id_check_digit(text[:17])
    if text[17] != check:
        return CheckResult(False, text, f"校验位不对：应为 {check}", 18, check)
    sex = "男" if int(text[16]) % 2 else "女"
    return CheckResult(True, text, parts={"division": text[:6], "birth": birth.isoformat(), "sex": sex})


def id_check_digit(body: str) -> str:
    """The check character of 17 digits, ISO 7064 MOD 11-2 with the weights of GB 11643."""
    return _ID_DIGITS[sum(int(digit) * weight for digit, weight in zip(body, _ID_WEIGHTS, strict=True)) % 11]


def upgrade_id_number(old: str) -> str:
    """The 18-digit form of a 15-digit number of the years before 1999: the century 19 and a check digit are added."""
    body = old[:6] + "19" + old[6:]
    return body + id_check_digit(body)


def check_uscc(s: str) -> CheckResult:
    """Unified social credit code, GB 32100-2015: 18 characters without I O S V Z, weights 3^i mod 31."""
    text = _clean(s)
    if fault := _shape(text, 18, _USCC, _USCC, "统一社会信用代码"):
        return fault
    total = sum(_USCC.index(sign) * pow(3, place, 31) for place, sign in enumerate(text[:17]))
    check = _USCC[-total % 31]
    if text[17] != check:
        return CheckResult(False, text, f"校验位不对：应为 {check}", 18, check)
    parts = {"department": text[0], "kind": text[1], "division": text[2:8], "organisation": text[8:17]}
    return CheckResult(True, text, parts=parts)


def check_organisation(s: str) -> CheckResult:
    """Organisation code, GB 11714-1997: 8 characters and a check character, with or without the hyphen."""
    text = _clean(s).replace("-", "")
    if fault := _shape(text, 9, _ORG, "0123456789X", "组织机构代码"):
        return fault
    rest = 11 - sum(_ORG.index(sign) * weight for sign, weight in zip(text, _ORG_WEIGHTS, strict=False)) % 11
    check = {10: "X", 11: "0"}.get(rest, str(rest))
    if text[8] != check:
        return CheckResult(False, text, f"校验位不对：应为 {check}", 9, check)
    return CheckResult(True, text, parts={"body": text[:8]})


def check_division(s: str, on: date | None = None) -> CheckResult:
    """A division code of 2, 4, 6 (GB/T 2260), 9 or 12 digits (GB/T 10114 and below); the county must hold on `on`."""
    text = _clean(s)
    if not re.fullmatch(r"[0-9]*", text) or len(text) not in (2, 4, 6, 9, 12):
        return CheckResult(False, text, f"区划代码应为 2、4、6、9 或 12 位数字，现为 {len(text)} 位「{text}」")
    day = on or today()
    if fault := _unknown_division(text, lambda code: standards().code(DIVISIONS, code, day) is not None, f"在 {day}"):
        return fault
    lengths = {"province": 2, "prefecture": 4, "county": 6, "township": 9, "village": 12}
    return CheckResult(True, text, parts={name: text[:n] for name, n in lengths.items() if n <= len(text)})


def check_component(s: str, on: date | None = None) -> CheckResult:
    """City component code, CJ/T 214-2007: 6 division, 2 class, 2 subclass, 6 serial digits."""
    text = _clean(s)
    if fault := _shape(text, 16, "0123456789", "0123456789", "部件代码"):
        return fault
    if not (division := check_division(text[:6], on)).ok:
        return CheckResult(False, text, division.message, division.position)
    names = ("division", "class", "subclass", "serial")
    cuts = (text[:6], text[6:8], text[8:10], text[10:])
    for name, part, position in (("大类", cuts[1], 7), ("小类", cuts[2], 9), ("流水号", cuts[3], 11)):
        if set(part) == {"0"}:
            return CheckResult(False, text, f"部件代码的{name}不能全为 0", position)
    return CheckResult(True, text, parts=dict(zip(names, cuts, strict=True)))


def check_station(s: str) -> CheckResult:
    """Hydrological station code, SL 502-2010: 8 digits (only the form is checked)."""
    text = _clean(s)
    return _shape(text, 8, "0123456789", "0123456789", "测站编码") or CheckResult(True, text)


SCHEMES: Final[Mapping[str, Callable[[str, date | None], CheckResult]]] = {
    "GB 11643": lambda text, on: check_id_number(text),
    "GB 32100": lambda text, on: check_uscc(text),
    "GB 11714": lambda text, on: check_organisation(text),
    "component16": check_component,
    "SL 502": lambda text, on: check_station(text),
    "division": check_division,
}


def check_code(scheme: str, text: str, on: date | None = None) -> CheckResult:
    """Check a code by the name of its scheme (`SCHEMES`); `StandardsError` for an unknown scheme."""
    if scheme not in SCHEMES:
        raise StandardsError(f"没有编码方案「{scheme}」，有：{'、'.join(SCHEMES)}")
    return SCHEMES[scheme](text, on)


def _clean(text: str) -> str:
    return "".join(fold_width(text).split()).upper()


def _shape(text: str, length: int, body: str, last: str, name: str) -> CheckResult | None:
    for position, sign in enumerate(text[:length], start=1):
        if sign not in (last if position == length else body):
            hint = (
                "（像是被表格软件转成了科学计数，请按文本重新录入）" if re.fullmatch(r"[0-9.]+E\+?[0-9]+", text) else ""
            )
            return CheckResult(False, text, f"{name}第 {position} 位「{sign}」不允许{hint}", position)
    if len(text) != length:
        return CheckResult(False, text, f"{name}应为 {length} 位，现为 {len(text)} 位", min(len(text), length) + 1)
    return None


def _date(digits: str) -> date | None:
    try:
        return date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        return None


def _division_at_birth(text: str, birth: date) -> CheckResult | None:
    until = max(birth.replace(year=birth.year + 16, day=min(birth.day, 28)), ALL_NUMBERED)
    since = max(birth, FIRST_CARDS) - CHANGEOVER

    def known(code: str) -> bool:
        return any(
            row.valid_from < until and (row.valid_to is None or since < row.valid_to)
            for row in standards().editions(DIVISIONS, code)
        )

    return _unknown_division(text[:6], known, f"对 {birth} 出生的人")


def _unknown_division(text: str, known: Callable[[str], bool], when: str) -> CheckResult | None:
    """The first part of a division code that is not known; counties only where the list has the prefecture."""
    if not known(text[:2]):
        return CheckResult(False, text, f"区划代码不对：{when}没有省级代码 {text[:2]}", 1)
    listed = bool(standards().editions(DIVISIONS, text[:4]))
    for length in (4, 6):
        if listed and len(text) >= length and not known(text[:length]):
            return CheckResult(False, text, f"区划代码不对：{when}没有代码 {text[:length]}", length - 1)
    return None

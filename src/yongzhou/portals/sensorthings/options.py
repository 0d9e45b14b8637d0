"""Query options of OGC 18-088 clause 9.3, also inside `$expand(…)`. No Django here."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from yongzhou.portals.sensorthings.filters import Node, parse

TOP: Final = 100
TOP_MAX: Final = 1_000
SKIP_MAX: Final = 10_000
DEPTH_MAX: Final = 4
ITEMS_MAX: Final = 12
_KNOWN: Final = frozenset({"$filter", "$expand", "$select", "$orderby", "$top", "$skip", "$count", "$skiptoken"})
_ORDER: Final = re.compile(r"([@\w./]+)(?:\s+(asc|desc))?", re.IGNORECASE)


class OptionError(ValueError):
    """A query option that cannot be served; Chinese and English."""

    def __init__(self, option: str, chinese: str, english: str) -> None:
        super().__init__(f"{option}：{chinese}（{option}: {english}）")


@dataclass(frozen=True, slots=True)
class Order:
    """One criterion of `$orderby`."""

    path: tuple[str, ...]
    descending: bool


@dataclass(frozen=True, slots=True)
class Options:
    """What is asked of one collection or entity."""

    filter: Node | None = None
    expand: tuple[Expand, ...] = ()
    select: frozenset[str] = frozenset()
    order: tuple[Order, ...] = ()
    top: int = TOP
    skip: int = 0
    count: bool = False
    token: str = ""
    written: tuple[tuple[str, str], ...] = ()  # as they came, for the link to the next page


@dataclass(frozen=True, slots=True)
class Expand:
    """One navigation property with options of its own."""

    name: str
    options: Options = field(default_factory=Options)


def read(words: Mapping[str, str], depth: int = 0) -> Options:
    """Options of an address or of the brackets of `$expand`.

    Raises `OptionError` for an unknown or impossible one, `filters.FilterError` for a filter that is none.
    """
    for word in words:
        if word.startswith("$") and word not in _KNOWN:
            raise OptionError(word, f"没有这个选项，可用：{'、'.join(sorted(_KNOWN))}", "unknown query option")
    return Options(
        filter=parse(words["$filter"]) if words.get("$filter", "").strip() else None,
        expand=_expand(words.get("$expand", ""), depth),
        select=frozenset(part.strip() for part in words.get("$select", "").split(",") if part.strip()),
        order=tuple(_order(part) for part in words.get("$orderby", "").split(",") if part.strip()),
        top=_whole("$top", words, TOP, TOP_MAX, cut=True),
        skip=_whole("$skip", words, 0, SKIP_MAX),
        count=_yes(words.get("$count", "false")),
        token=words.get("$skiptoken", ""),
        written=tuple((name, value) for name, value in words.items() if name in _KNOWN),
    )


def _whole(option: str, words: Mapping[str, str], default: int, most: int, *, cut: bool = False) -> int:
    text = words.get(option, "").strip()
    if not text:
        return default
    if not text.isascii() or not text.isdigit() or len(text) > 12:
        raise OptionError(option, "应为不小于 0 的整数", "must be a non-negative integer")
    if int(text) > most and not cut:
        raise OptionError(option, f"最大 {most}，请沿 @iot.nextLink 翻页", f"at most {most}, follow @iot.nextLink")
    return min(int(text), most)  # a server may answer with fewer than asked (clause 9.3.3.3)


def _yes(text: str) -> bool:
    if text.lower() not in ("true", "false"):
        raise OptionError("$count", "应为 true 或 false", "must be true or false")
    return text.lower() == "true"


def _order(text: str) -> Order:
    found = _ORDER.fullmatch(text.strip())
    if found is None:
        raise OptionError(
            "$orderby", f"「{text.strip()[:60]}」应为 属性 asc 或 属性 desc", "expected property asc|desc"
        )
    return Order(tuple(found[1].split("/")), (found[2] or "").lower() == "desc")


def _expand(text: str, depth: int) -> tuple[Expand, ...]:
    if not text.strip():
        return ()
    if depth >= DEPTH_MAX:
        raise OptionError("$expand", f"最多嵌套 {DEPTH_MAX} 层", f"at most {DEPTH_MAX} levels")
    items = list(split(text, ","))
    if len(items) > ITEMS_MAX:
        raise OptionError("$expand", f"最多 {ITEMS_MAX} 项", f"at most {ITEMS_MAX} items")
    return tuple(_item(item.strip(), depth) for item in items)


def _item(text: str, depth: int) -> Expand:
    name, bracket, inner = text.partition("(")
    if bracket and not inner.endswith(")"):
        raise OptionError("$expand", f"「{text[:60]}」的括号不配对", "unbalanced brackets")
    words = dict(_pair(part) for part in split(inner[:-1], ";") if part.strip()) if bracket else {}
    first, _, rest = name.strip().partition("/")
    if not first.isidentifier():
        raise OptionError("$expand", f"「{text[:60]}」不是导航属性", "not a navigation property")
    if rest:  # A/B is A($expand=B)
        inner_item = rest + (bracket + inner if bracket else "")
        return Expand(first, read({"$expand": inner_item}, depth + 1))
    return Expand(first, read(words, depth + 1))


def _pair(text: str) -> tuple[str, str]:
    name, _, value = text.strip().partition("=")
    return name.strip(), value.strip()


def split(text: str, separator: str) -> Iterable[str]:
    """Parts of a text at a separator outside quotes and brackets; `OptionError` for brackets that do not match."""
    depth, quoted, start = 0, False, 0
    for place, char in enumerate(text):
        if char == "'":
            quoted = not quoted
        elif quoted:
            continue
        elif char == "(":
            depth += 1
        elif char == ")":
            depth -= 1
            if depth < 0:
                break
        elif char == separator and depth == 0:
            yield text[start:place]
            start = place + 1
    if depth or quoted:
        raise OptionError("$expand", f"第 {len(text)} 个字符前括号或引号不配对", "unbalanced brackets or quotes")
    yield text[start:]

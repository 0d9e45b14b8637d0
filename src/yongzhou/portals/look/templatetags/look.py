"""`{% load look %}`: the marks that every page shares.

All output is escaped. `now` in the template context (a datetime) replaces the clock, for a moment of the past and
for tests. Times are shown in Asia/Shanghai.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, time
from functools import cache
from typing import Final, cast

from django import template
from django.template.context import Context
from django.templatetags.static import static
from django.utils import timezone
from django.utils.html import format_html, format_html_join, json_script
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext

from .. import figures, spoken, words

register = template.Library()

ORIGINS: Final = {
    "synthetic": ("synth", "模拟数据"),
    "estimated": ("estimate", "估算"),
    "drill": ("synth", "演练"),
    "replay": ("synth", "实测回放"),
}
PURPOSES: Final = ("联系处置", "核实身份", "回访", "其他工作需要")


def _now(context: Context) -> datetime:
    now = context.get("now")
    return now if isinstance(now, datetime) else timezone.now()


def _drawn(svg: str) -> SafeString:
    return mark_safe(svg)  # noqa: S308  # figures.py escapes every text it is given


def _moment(value: datetime | date | str) -> datetime:
    if isinstance(value, str):
        value = datetime.fromisoformat(value)
    if not isinstance(value, datetime):
        value = datetime.combine(value, time(), tzinfo=words.SHANGHAI)
    return value if value.tzinfo else value.replace(tzinfo=words.SHANGHAI)


@register.simple_tag
def t(text: str, **values: object) -> str:
    """A text of the page in the language of the switch; `{names}` in it are filled by keyword."""
    found = gettext(text)
    return found.format(**values) if values else found


@register.filter(name="t")
def translated(text: object) -> str:
    """A declared title or label in the language of the switch; Chinese where no catalogue has it."""
    return gettext(str(text)) if text else ""


@register.simple_tag
def script_words() -> SafeString:
    """The words of the scripts in the language of the switch, as data (the policy forbids inline script)."""
    return json_script({text: gettext(text) for text in spoken.SAID}, "words")


@cache
def _sprite() -> str:
    """Address of the drawings: the same for the life of the process, and asked for dozens of times a page."""
    return static("look/icons.svg")


@register.simple_tag
def icon(name: str, label: str = "") -> SafeString:
    """One drawing of the sprite; `label` makes it speak, without it a screen reader passes over it."""
    href = f"{_sprite()}#{name}"
    if label:
        return format_html('<svg class="i" role="img" aria-label="{}"><use href="{}"/></svg>', label, href)
    return format_html('<svg class="i" aria-hidden="true"><use href="{}"/></svg>', href)


@register.simple_tag(takes_context=True)
def server_time(context: Context) -> str:
    """The server's clock for scripts, so that a wrong browser clock changes no age and no time left."""
    return _now(context).isoformat()


@register.simple_tag
def brand(text: str = "数字永州") -> SafeString:
    """The mark of the two rivers 潇 and 湘 with the name beside it."""
    return format_html(
        '<svg viewBox="0 0 24 24" aria-hidden="true"><path class="b1" d="M4 3c0 6 8 6 8 12v7"/>'
        '<path class="b2" d="M20 3c0 6-8 6-8 12"/></svg><span>{}</span>',
        gettext(text),
    )


@register.simple_tag
def level(value: int | str | None, form: str = "words") -> SafeString:
    """Warning level 1 to 4 as shape, hue and numeral; `form="symbol"` is the shape with its numeral alone.

    Nothing for None; a value that is no level is shown as it stands, never as a wrong colour.
    """
    if value is None or value == "":
        return SafeString("")
    try:
        number = figures.level_of(value)
    except ValueError:
        return format_html('<span class="quiet">{}</span>', value)
    if form == "symbol":
        return _drawn(figures.level_svg(number, numeral=True))
    return format_html(
        '<span class="lv lv-{}">{}{} {}</span>',
        number,
        _drawn(figures.level_svg(number)),
        gettext(figures.LEVEL_HUE[number]),
        figures.LEVEL_NUMERAL[number],
    )


@register.simple_tag
def state(name: str, label: str = "") -> SafeString:
    """State of a matter as a ring that fills; an unknown state is its word with an empty ring."""
    if name in figures.STATES:
        ring, word = figures.ring_svg(name), figures.STATES[name][0]
    else:
        ring, word = figures.ring_svg("assigned"), name
    return format_html('<span class="st">{}{}</span>', _drawn(ring), gettext(label or word))


@register.simple_tag(takes_context=True)
def due(
    context: Context, at: datetime | str | None, prefix: str = "", soon_minutes: int = 45, provisional: bool = False
) -> SafeString:
    """Time left until `at`: grey, orange within `soon_minutes`, red with 超时 after it. None means no limit."""
    if at is None or at == "":
        return format_html('<span class="due">{}</span>', "不计时")
    moment = _moment(at)
    left = words.due_words(moment, _now(context), soon_minutes=soon_minutes)
    text = left.text if left.tone == "over" or not prefix else f"{prefix} {left.text}"
    return format_html(
        '<time class="due{}" datetime="{}" data-due="{}" data-soon="{}" data-prefix="{}">{}</time>{}',
        f" due-{left.tone}" if left.tone else "",
        moment.isoformat(),
        moment.isoformat(),
        soon_minutes,
        prefix,
        text,
        format_html(' <span class="estimate">{}</span>', "暂定") if provisional else "",
    )


@register.simple_tag(takes_context=True)
def fresh(context: Context, as_of: datetime | str | None, expected: int = 60, live: str = "") -> SafeString:
    """Age of a value; after two expected rhythms (seconds) a diamond says so. `live` ties it to a live value."""
    tie = format_html(' data-fresh-of="{}"', live) if live else SafeString("")
    if as_of is None or as_of == "":
        return format_html(
            '<span class="fresh fresh-stale" data-expected="{}"{}>{}</span>', expected, tie, "还没有数据"
        )
    moment, now = _moment(as_of), _now(context)
    stale = words.is_stale(moment, now, expected)
    text = words.age_words(moment, now) + (f"，应{words.rhythm_words(expected)}" if stale else "")
    return format_html(
        '<time class="fresh{}" datetime="{}" data-expected="{}" data-rhythm="{}"{}>{}</time>',
        " fresh-stale" if stale else "",
        moment.isoformat(),
        expected,
        words.rhythm_words(expected),
        tie,
        text,
    )


@register.simple_tag
def origin(name: str | None) -> SafeString:
    """Where a value comes from, when it is not plainly measured."""
    if not name or name not in ORIGINS:
        return SafeString("")
    css, word = ORIGINS[name]
    return format_html('<span class="{}">{}</span>', css, gettext(word))


@register.simple_tag
def opens(
    value: object, href: str = "", unit: str = "", title: str = "", live: str = "", digits: int = -1
) -> SafeString:
    """A figure that opens its source: definition, rule, rows, raw frame. `live` is `topic:number`."""
    text = f"{value:,.{digits}f}" if digits >= 0 and isinstance(value, (int, float)) else f"{value}"
    tie = format_html(' data-live="{}"', live) if live else SafeString("")
    figure = format_html("<span{}>{}</span>{}", tie, text, f" {unit}" if unit else "")
    if not href:
        return figure
    return format_html('<a class="opens" href="{}" title="{}">{}</a>', href, title or "看这个数的来源", figure)


@register.simple_tag(takes_context=True)
def when(context: Context, moment: datetime | date | str | None, style: str = "auto") -> SafeString:
    """A moment in Asia/Shanghai: "auto", "clock", "seconds", "day" or "full"."""
    if moment is None or moment == "":
        return SafeString("")
    at = _moment(moment)
    text = words.when_words(at, _now(context), cast(words.Style, style))
    return format_html('<time datetime="{}">{}</time>', at.astimezone(words.SHANGHAI).isoformat(), text)


@register.simple_tag
def sparkline(
    values: Sequence[float | None],
    limit: float | None = None,
    name: str = "",
    unit: str = "",
    digits: int = 2,
    first: str = "",
    last: str = "",
) -> SafeString:
    """Server-drawn line of the last values with the warning line; `first` and `last` name its ends in time."""
    ends = (first, last) if first or last else None
    return _drawn(figures.sparkline_svg(values, limit, name=name, unit=unit, digits=digits, ends=ends))


@register.simple_tag
def share_bar(part: float, whole: float) -> SafeString:
    """Bar of a part in its whole, from zero."""
    return _drawn(figures.share_bar_svg(part / whole if whole else 0.0))


@register.simple_tag
def level_bar(value: float, warning: float, reach: float = 2.0) -> SafeString:
    """Bar of a water level against its warning line, `reach` metres below it at the left edge."""
    return _drawn(figures.level_bar_svg(value, warning, reach=reach))


@register.simple_tag
def over_by(value: float, warning: float, digits: int = 2) -> SafeString:
    """Signed distance to the warning line: +0.62 hot, −0.38 quiet."""
    gap = value - warning
    return format_html(
        "<span{}>{}{}</span>",
        SafeString(' class="hot"') if gap > 0 else "",
        "+" if gap > 0 else "−",
        f"{abs(gap):.{digits}f}",
    )


@register.simple_tag
def gauge(value: float, warning: float, low: float) -> SafeString:
    """Gauge tube of a level between its `low` and its warning line (7 tenths of the tube)."""
    share = 0.7 * (value - low) / (warning - low) if warning > low else 0.0
    return _drawn(figures.gauge_svg(share, over=value > warning))


@register.inclusion_tag("look/parts/masked.html", takes_context=True)
def masked(
    context: Context, shown: object, url: str = "", label: str = "", purposes: Iterable[str] = PURPOSES
) -> dict[str, object]:
    """A personal field as this person may see it; with `url` an eye asks the purpose and posts `purpose` there."""
    return {
        "shown": shown,
        "url": url,
        "label": label,
        "purposes": list(purposes),
        "csrf_token": context.get("csrf_token", ""),
    }


@register.inclusion_tag("look/parts/lineage.html")
def lineage(steps: Iterable[Mapping[str, object]]) -> dict[str, object]:
    """Strip from frame to indicator. A step: `name`, `href`, `meta`, `lines` (list of text), `raw` (hex), `missing`."""
    return {"steps": list(steps)}


@register.inclusion_tag("look/parts/facts.html", takes_context=True)
def facts(
    context: Context, items: Iterable[Mapping[str, object]], as_of: datetime | None = None, expected: int = 60
) -> dict[str, object]:
    """Key figures of a record. An item: `label`, `value`, `unit`, `href`, `tone` (1 to 4), `origin`, `live`."""
    return {"items": list(items), "as_of": as_of, "expected": expected, "now": _now(context)}


@register.simple_tag
def kv(pairs: Iterable[tuple[object, object]]) -> SafeString:
    """Label and value, one pair a line; values may be safe HTML of other tags."""
    rows = format_html_join("", "<dt>{}</dt><dd>{}</dd>", pairs)
    return format_html('<dl class="kv">{}</dl>', rows)


@register.inclusion_tag("look/parts/empty.html")
def empty(icon: str, title: str, text: str = "", label: str = "", href: str = "") -> dict[str, object]:
    """An empty place: what it is for, how to fill it, one button."""
    return {"icon": icon, "title": title, "text": text, "label": label, "href": href}


@register.inclusion_tag("look/parts/problem.html")
def problem(
    title: str,
    remedy: str = "",
    code: str = "",
    errors: Iterable[Mapping[str, object]] = (),
    href: str = "",
    label: str = "",
) -> dict[str, object]:
    """An error with its remedy. `errors`: `field` (id of the input), `label`, `message`."""
    return {"title": title, "remedy": remedy, "code": code, "errors": list(errors), "href": href, "label": label}

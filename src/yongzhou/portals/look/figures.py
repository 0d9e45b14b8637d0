"""Small server-drawn SVG: level shapes, state rings, sparklines. Pure Python; colours come from css classes only."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape
from typing import Final

LEVEL_HUE: Final = {1: "红", 2: "橙", 3: "黄", 4: "蓝"}
LEVEL_NUMERAL: Final = {1: "I", 2: "II", 3: "III", 4: "IV"}
_LEVEL_SHAPE: Final = {
    1: '<rect class="sh-1" x="2" y="2" width="20" height="20" rx="1"/>',
    2: '<path class="sh-2" d="M12 .5 23.5 12 12 23.5 .5 12Z"/>',
    3: '<path class="sh-3" d="M12 1.5 23 22H1Z"/>',
    4: '<circle class="sh-4" cx="12" cy="12" r="11"/>',
}

# State of a matter: Chinese word, how far its ring is filled (0 to 1).
STATES: Final[dict[str, tuple[str, float]]] = {
    "reported": ("待受理", 0.0),
    "accepted": ("已受理", 0.25),
    "assigned": ("待签收", 0.0),
    "handling": ("处置中", 0.5),
    "done": ("待核查", 0.75),
    "verified": ("已核查", 0.9),
    "closed": ("已结案", 1.0),
    "reopened": ("重开", 0.5),
    "suspended": ("挂起", 0.5),
    "merged": ("已并案", 1.0),
    "rejected": ("已退单", 0.0),
}


def level_of(value: int | str) -> int:
    """Level 1 (red, gravest) to 4 (blue) from a number or a roman numeral; `ValueError` otherwise."""
    text = str(value).strip()
    for level, numeral in LEVEL_NUMERAL.items():
        if text in (str(level), numeral, LEVEL_HUE[level]):
            return level
    raise ValueError(f"预警等级应为 1 至 4（红 I、橙 II、黄 III、蓝 IV），不是「{text}」")


def level_words(level: int) -> str:
    """Name read aloud by a screen reader, such as 橙色 II 级."""
    return f"{LEVEL_HUE[level]}色 {LEVEL_NUMERAL[level]} 级"


def level_svg(level: int, *, numeral: bool = False) -> str:
    """The national shape of a level: square, diamond, triangle, circle; `numeral` makes it stand alone."""
    if not numeral:
        return f'<svg viewBox="0 0 24 24" aria-hidden="true">{_LEVEL_SHAPE[level]}</svg>'
    y, size = (19.5, 9.5) if level == 3 else (16.3, 12)
    return (
        f'<svg class="lv-mark" viewBox="0 0 24 24" role="img" aria-label="{level_words(level)}">{_LEVEL_SHAPE[level]}'
        f'<text class="shn shn-{level}" x="12" y="{y}" font-size="{size}">{LEVEL_NUMERAL[level]}</text></svg>'
    )


def ring_svg(state: str) -> str:
    """Ring of a matter's state, 16 px box; `KeyError` for a state that is not in `STATES`."""
    _, fill = STATES[state]
    if state == "closed":
        drawing = '<circle class="d" cx="8" cy="8" r="7.5"/><path class="k" d="M4.8 8.2l2.2 2.2 4.2-4.6"/>'
    elif state == "merged":
        drawing = (
            '<circle class="r" cx="8" cy="8" r="6.5"/>'
            '<path class="r" d="M5 5.2c0 3 3 2.4 3 5.6M11 5.2c0 3-3 2.4-3 5.6"/>'
        )
    elif state == "rejected":
        drawing = '<circle class="r" cx="8" cy="8" r="6.5"/><path class="r" d="M11 8H5.5M7.5 5.8 5.3 8l2.2 2.2"/>'
    elif state == "suspended":
        drawing = '<circle class="r" cx="8" cy="8" r="6.5"/><path class="r" d="M6.3 5.5v5M9.7 5.5v5"/>'
    elif state == "reported":
        drawing = '<circle class="r" cx="8" cy="8" r="6.5" stroke-dasharray="2.5 2"/>'
    else:
        drawing = '<circle class="r" cx="8" cy="8" r="6.5"/>'
        if fill:
            arc = fill * 2 * math.pi * 2.5
            drawing += (
                f'<circle class="p" cx="8" cy="8" r="2.5" stroke-dasharray="{arc:.1f} 99" transform="rotate(-90 8 8)"/>'
            )
    if state == "reopened":
        drawing = drawing.replace('class="r"', 'class="r" stroke-dasharray="2.5 2"')
    return f'<svg viewBox="0 0 16 16" aria-hidden="true">{drawing}</svg>'


def gauge_svg(share: float, *, over: bool) -> str:
    """Gauge tube 18 x 32 px: `share` 0 to 1 of the tube is water, the line at 0.7 is the warning level."""
    share = min(1.0, max(0.0, share))
    height = 24 * share
    fill = "over" if over else "below"
    return (
        '<svg class="fig" viewBox="0 0 18 32" width="18" height="32" aria-hidden="true">'
        '<rect class="g-box" x="5" y="2" width="8" height="28" rx="2"/>'
        f'<rect class="{fill}" x="7" y="{28 - height:.1f}" width="4" height="{height:.1f}"/>'
        '<path class="tick" d="M2 11.2h14"/></svg>'
    )


def sparkline_svg(
    values: Sequence[float | None],
    limit: float | None = None,
    *,
    name: str = "",
    unit: str = "",
    digits: int = 2,
    ends: tuple[str, str] | None = None,
    width: int = 352,
    height: int = 72,
) -> str:
    """Line of the last values with the warning line dashed; gaps (None) stay open, never drawn through.

    `ends` names the first and the last moment below the line. The last value is written out at
    the end; the label says name, last value and limit for a screen reader.
    """
    known = [v for v in values if v is not None and math.isfinite(v)]
    if not known:
        return '<p class="meta">这段时间没有数据</p>'
    with_limit = [*known, limit] if limit is not None else known
    low, high = min(with_limit), max(with_limit)
    room = (high - low) * 0.15 or 1.0
    low, high = low - room, high + room
    left, right, top, bottom = 2, width - 78, 6, height - 6
    if ends:
        height += 16
    step = (right - left) / max(1, len(values) - 1)

    def y(value: float) -> float:
        return bottom - (bottom - top) * (value - low) / (high - low)

    path, pen_up, last_x = [], True, float(left)
    for index, value in enumerate(values):
        if value is None or not math.isfinite(value):
            pen_up = True
            continue
        last_x = left + step * index
        path.append(f"{'M' if pen_up else 'L'}{last_x:.1f} {y(value):.1f}")
        pen_up = False
    last = known[-1]
    unit_text = f" {unit}" if unit else ""
    words = f"{name + ' ' if name else ''}末值 {last:.{digits}f}{unit_text}"
    parts = [f'<path class="ln" d="{"".join(path)}"/>']
    label_y = y(last) + 4
    over = limit is not None and last > limit
    if limit is not None:
        words += f"，警戒 {limit:.{digits}f}{unit_text}"
        line_y = y(limit)
        warn_y = line_y + 4
        if abs(warn_y - label_y) < 17:  # two labels never overlap: the higher value keeps the upper place
            middle = min(max((warn_y + label_y) / 2, top + 14), bottom - 6)
            label_y, warn_y = (middle - 8, middle + 9) if last >= limit else (middle + 9, middle - 8)
        parts.append(f'<path class="warn" d="M{left} {line_y:.1f}H{right}"/>')
        parts.append(f'<text class="warn-t" x="{right + 8}" y="{warn_y:.1f}">警戒 {limit:.{digits}f}</text>')
    parts.append(f'<circle class="{"over" if over else "below"}" cx="{last_x:.1f}" cy="{y(last):.1f}" r="4"/>')
    parts.append(f'<text class="tb" x="{right + 8}" y="{label_y:.1f}">{last:.{digits}f}{escape(unit_text)}</text>')
    if ends:
        first, final = (escape(end) for end in ends)
        parts.append(
            f'<path class="axis" d="M{left} {bottom + 2}H{right}"/><text x="{left}" y="{bottom + 18}">{first}</text>'
            f'<text x="{right}" y="{bottom + 18}" text-anchor="end">{final}</text>'
        )
    return (
        f'<svg class="fig spark" viewBox="0 0 {width} {height}" role="img" aria-label="{escape(words)}">'
        f"{''.join(parts)}</svg>"
    )


def share_bar_svg(share: float) -> str:
    """Bar from zero, `share` 0 to 1 of its full width."""
    width = 100 * min(1.0, max(0.0, share))
    return (
        '<svg class="fig" width="100%" height="8" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">'
        f'<rect class="trk" width="100" height="8"/><rect class="below" width="{width:.1f}" height="8"/></svg>'
    )


def level_bar_svg(value: float, warning: float, *, reach: float = 2.0) -> str:
    """Bar of a water level against its warning line, which stands at 0.74 of the width; `reach` metres to its left."""
    line, scale = 74.0, 74.0 / reach
    end = min(100.0, max(4.0, line + (value - warning) * scale))
    over = f'<rect class="over" x="{line}" y="5" width="{end - line:.1f}" height="12"/>' if end > line else ""
    return (
        '<svg class="fig" width="100%" height="22" viewBox="0 0 100 22" preserveAspectRatio="none" aria-hidden="true">'
        '<rect class="trk" y="5" width="100" height="12"/>'
        f'<rect class="below" y="5" width="{min(end, line):.1f}" height="12"/>{over}'
        f'<path class="tick" vector-effect="non-scaling-stroke" d="M{line} 0V22"/></svg>'
    )

"""A process map as SVG: states in order, arrows between them whose width is the share of all waiting. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

WIDTH: Final = 1040
STEP: Final = 148
TOP: Final = 180
BOX: Final = (104, 40)


@dataclass(frozen=True, slots=True)
class Edge:
    """From one state to another: how often, share of all waiting (0 to 1), text of its waiting."""

    before: str
    after: str
    count: int
    share: float
    waiting: str


def draw(nodes: Sequence[str], edges: Iterable[Edge]) -> str:
    """Forward arrows bend above the row, loops below it; an edge between unknown nodes is left out."""
    at = {name: 66 + STEP * number for number, name in enumerate(nodes)}
    drawn = [e for e in edges if e.before in at and e.after in at and e.before != e.after]
    loops = any(at[e.after] < at[e.before] for e in drawn)
    lines = [_edge(at[e.before], at[e.after], e) for e in drawn]
    boxes = [
        f'<g><rect x="{x - BOX[0] / 2:.0f}" y="{TOP - BOX[1] / 2:.0f}" width="{BOX[0]}" height="{BOX[1]}" rx="6" '
        f'fill="none" stroke="currentColor"/><text x="{x}" y="{TOP + 5}" text-anchor="middle">{escape(name)}</text></g>'
        for name, x in at.items()
    ]
    width = max(WIDTH, 66 + STEP * len(nodes))
    return (
        f'<svg class="fig" viewBox="0 0 {width} {330 if loops else 220}" width="100%" role="img" '
        'aria-label="事件办理过程图，线越粗等得越久">'
        '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="14" markerHeight="14" '
        'markerUnits="userSpaceOnUse" orient="auto"><path d="M0 0 8 4 0 8Z" fill="context-stroke"/></marker></defs>'
        f"{''.join(lines)}{''.join(boxes)}</svg>"
    )


def _edge(a: float, b: float, edge: Edge) -> str:
    forward = b > a
    height = min(110, 30 + 0.2 * abs(b - a))
    side = TOP - BOX[1] / 2 if forward else TOP + BOX[1] / 2
    sign = -1 if forward else 1
    width = 1 + 7 * edge.share
    control = side + sign * 2 * height  # the curve itself rises half as far
    label_y = side + sign * (height + width / 2 + 8) + (0 if forward else 8)
    start, end = (a + 14, b - 14) if forward else (a - 14, b + 14)
    title = f"{edge.before}到{edge.after}：{edge.count} 次，{edge.waiting}，占全部等待 {edge.share:.0%}"
    tone = "warn-2" if edge.share >= 0.3 else "quiet"
    return (
        f'<g class="{tone}"><title>{escape(title)}</title>'
        f'<path d="M{start:.0f} {side:.0f}Q{(a + b) / 2:.0f} {control:.0f} {end:.0f} {side + sign * 6:.0f}" '
        f'fill="none" stroke="currentColor" stroke-width="{width:.1f}" marker-end="url(#tip)"/>'
        f'<text text-anchor="middle" font-size="12">{_label((a + b) / 2, label_y, sign, edge)}</text></g>'
    )


def _label(x: float, y: float, sign: int, edge: Edge) -> str:
    """Count and waiting, a line each: neighbours' labels never touch."""
    words = [f"{edge.count} 次", *edge.waiting.split("，")]
    top = y - 15 * (len(words) - 1) if sign < 0 else y
    return "".join(f'<tspan x="{x:.0f}" y="{top + 15 * n:.0f}">{escape(word)}</tspan>' for n, word in enumerate(words))

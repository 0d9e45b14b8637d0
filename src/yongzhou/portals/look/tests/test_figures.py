"""Shapes, rings, sparklines: geometry that can be read back from the SVG."""

import math
import re
from xml.etree import ElementTree

import pytest

from yongzhou.portals.look import figures


@pytest.mark.parametrize(("given", "level"), [(1, 1), ("II", 2), ("黄", 3), ("4", 4)])
def test_level_is_read_from_number_numeral_or_hue(given: int | str, level: int) -> None:
    assert figures.level_of(given) == level


def test_unknown_level_is_named_in_the_error() -> None:
    with pytest.raises(ValueError, match="紫"):
        figures.level_of("紫")


@pytest.mark.parametrize(("level", "tag"), [(1, "rect"), (2, "path"), (3, "path"), (4, "circle")])
def test_each_level_has_its_own_shape(level: int, tag: str) -> None:
    shape = ElementTree.fromstring(figures.level_svg(level))[0]
    assert (shape.tag, shape.get("class")) == (tag, f"sh-{level}")


def test_symbol_carries_numeral_and_name() -> None:
    svg = ElementTree.fromstring(figures.level_svg(2, numeral=True))
    assert svg.get("aria-label") == "橙色 II 级"
    assert svg[-1].text == "II"


@pytest.mark.parametrize("state", figures.STATES)
def test_ring_is_valid_xml(state: str) -> None:
    assert ElementTree.fromstring(figures.ring_svg(state)).tag == "svg"


def test_ring_of_handling_is_half_filled() -> None:
    arc = re.search(r'class="p"[^>]*stroke-dasharray="([\d.]+)', figures.ring_svg("handling"))
    assert arc is not None
    assert float(arc[1]) == pytest.approx(math.pi * 2.5, abs=0.1)


def test_gap_in_a_sparkline_is_not_drawn_through() -> None:
    line = re.search(r'class="ln" d="([^"]+)"', figures.sparkline_svg([1.0, None, 2.0]))
    assert line is not None
    assert line[1].count("M") == 2


def test_value_above_its_limit_is_marked_over() -> None:
    assert 'circle class="over"' in figures.sparkline_svg([73.0, 74.62], 74.0)


def test_value_below_its_limit_is_not() -> None:
    assert 'circle class="below"' in figures.sparkline_svg([73.0, 73.5], 74.0)


def test_sparkline_tells_its_values_to_a_screen_reader() -> None:
    svg = ElementTree.fromstring(figures.sparkline_svg([73.0, 74.62], 74.0, name="白水站", unit="m"))
    assert svg.get("aria-label") == "白水站 末值 74.62 m，警戒 74.00 m"


def test_sparkline_escapes_its_name() -> None:
    assert "<script>" not in figures.sparkline_svg([1.0], name='"><script>')


def test_sparkline_without_values_says_so() -> None:
    assert "没有数据" in figures.sparkline_svg([None, math.nan])


def test_labels_of_value_and_limit_never_overlap() -> None:
    places = [
        float(y)
        for y in re.findall(
            r'<text class="(?:tb|warn-t)"[^>]* y="([\d.]+)"', figures.sparkline_svg([74.0, 74.01], 74.0)
        )
    ]
    assert abs(places[0] - places[1]) >= 16


def test_level_bar_turns_orange_only_above_the_line() -> None:
    assert (
        'class="over"' in figures.level_bar_svg(74.62, 74.0),
        'class="over"' in figures.level_bar_svg(73.9, 74.0),
    ) == (True, False)


def test_share_is_held_between_nothing_and_all() -> None:
    assert 'class="below" width="100.0"' in figures.share_bar_svg(1.4)

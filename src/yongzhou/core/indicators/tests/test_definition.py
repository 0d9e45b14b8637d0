"""Headers of indicator files: what they say is what is read, and a wrong one is named."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yongzhou.core.catalogue.reader import bind
from yongzhou.core.indicators.definition import DefinitionError, Indicator, indicators, parse, span

TEXT = """-- title: 未结事项 | unit: "%" | period: 1h | refresh: 5min | direction: down | target: 95
-- alarm: {raise: "< 90", clear: ">= 93", hold: 2} | dimensions: [region] | rows: matters.matter?level=1,2 | digits: 0
-- about: 没有结案的事项。
select 1 as period from {{resource('matters.matter')}};
"""


def test_a_header_is_read() -> None:
    found = parse(TEXT, "x.open")
    assert (found.title, found.unit, found.digits, found.target) == ("未结事项", "%", 0, 95.0)
    assert (found.period, found.refresh, found.direction) == (timedelta(hours=1), timedelta(minutes=5), "down")
    assert dict(found.alarm) == {"raise": "< 90", "clear": ">= 93", "hold": "2"}
    assert found.sql == "select 1 as period from {{resource('matters.matter')}}"
    assert found.resources == ("matters.matter",)
    assert found.rows_url == "/desk/matters/matter/?level=1,2"


@pytest.mark.parametrize("word", ["title", "period", "refresh"])
def test_a_missing_key_is_named(word: str) -> None:
    lines = TEXT.replace(f"{word}:", f"no_{word}:")
    with pytest.raises(DefinitionError, match=f"x.open.*{word}"):
        parse(lines, "x.open")


@pytest.mark.parametrize("text", ["5", "min", "1 week", "-1h", ""])
def test_a_wrong_span_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a span"):
        span(text)


@given(st.text(max_size=200))
def test_any_text_is_read_or_refused(text: str) -> None:
    with suppress(DefinitionError):
        assert isinstance(parse(f"-- {text}\nselect 1", "x.y"), Indicator)


@pytest.mark.parametrize("name", sorted(indicators()))
def test_every_indicator_of_the_house_reads_known_resources(name: str) -> None:
    found = indicators()[name]
    assert found.resources
    assert "{{" not in bind(found.sql)
    assert found.rows_url.startswith("/desk/") or not found.rows

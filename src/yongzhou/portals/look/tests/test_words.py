"""Times in words: the examples of the reference pages, and Shanghai whatever the machine's zone."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yongzhou.portals.look import words

NOW = datetime(2026, 6, 18, 3, 12, 40, tzinfo=words.SHANGHAI)


@pytest.mark.parametrize(
    ("minutes", "due"),
    [
        (4.2, ("4 分", "soon")),
        (33.5, ("33 分", "soon")),
        (48.5, ("48 分", "")),
        (62.5, ("1 时 02 分", "")),
        (-12.5, ("超时 12 分", "over")),
        (0.4, ("不足 1 分", "soon")),
        (60 * 51, ("2 天 3 时", "")),
    ],
)
def test_time_left(minutes: float, due: tuple[str, str]) -> None:
    assert words.due_words(NOW + timedelta(minutes=minutes), NOW) == due


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(3, "3 秒前"), (360, "6 分钟前"), (5 * 3600, "5 小时前"), (90000, "截至 6月17日 02:12"), (-5, "0 秒前")],
)
def test_age(seconds: int, text: str) -> None:
    assert words.age_words(NOW - timedelta(seconds=seconds), NOW) == text


@pytest.mark.parametrize(
    ("seconds", "text"), [(60, "每分钟"), (300, "每 5 分钟"), (3600, "每小时"), (86400, "每天"), (15, "每 15 秒")]
)
def test_rhythm(seconds: int, text: str) -> None:
    assert words.rhythm_words(seconds) == text


@pytest.mark.parametrize(
    ("style", "text"),
    [
        ("auto", "03:12"),
        ("clock", "03:12"),
        ("seconds", "03:12:40"),
        ("day", "6月18日"),
        ("full", "2026年6月18日 周四 03:12:40"),
    ],
)
def test_moment_of_today(style: words.Style, text: str) -> None:
    assert words.when_words(NOW, NOW, style) == text


def test_utc_is_shown_on_the_clock_of_yongzhou() -> None:
    assert words.when_words(datetime(2026, 6, 17, 15, 38, tzinfo=UTC), NOW) == "6月17日 23:38"


def test_another_year_is_named() -> None:
    assert words.when_words(datetime(2025, 12, 31, 12, 0, tzinfo=UTC), NOW) == "2025年12月31日 20:00"


def test_year_turns_by_the_clock_of_yongzhou() -> None:
    assert words.when_words(datetime(2025, 12, 31, 20, 0, tzinfo=UTC), NOW) == "1月1日 04:00"


def test_stale_after_two_rhythms() -> None:
    assert (
        words.is_stale(NOW - timedelta(seconds=120), NOW, 60),
        words.is_stale(NOW - timedelta(seconds=121), NOW, 60),
    ) == (False, True)


@given(st.integers(min_value=0, max_value=10**7))
def test_a_span_never_loses_more_than_its_smallest_part(seconds: int) -> None:
    text = words.span_words(seconds)
    numbers = [int(part) for part in text.split() if part.isdigit()]
    if text == "不足 1 分":
        assert seconds < 60
    elif "天" in text:
        assert 0 <= seconds - numbers[0] * 86400 - (numbers[1] if len(numbers) > 1 else 0) * 3600 < 3600
    elif "时" in text:
        assert 0 <= seconds - numbers[0] * 3600 - numbers[1] * 60 < 60
    else:
        assert 0 <= seconds - numbers[0] * 60 < 60

"""Working time against published and recomputed due dates, the wheel, and its own algebra."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

import chinese_calendar
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from yongzhou.core.calendar import (
    DEFAULT_HOURS,
    SHANGHAI,
    CalendarDay,
    CalendarError,
    OfficeHours,
    Stop,
    WorkCalendar,
    WorkDays,
    WorkHours,
    read_days,
)
from yongzhou.core.home import REPOSITORY
from yongzhou.testing import reference

CALENDAR = WorkCalendar.load(REPOSITORY / "cities" / "yongzhou")
MOMENTS = st.datetimes(datetime(2020, 1, 1), datetime(2026, 6, 30)).map(lambda t: t.replace(tzinfo=SHANGHAI))


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


def us(moments: list[datetime]) -> np.ndarray:
    return np.array([round(moment.timestamp() * 1e6) for moment in moments]).astype("datetime64[us]")


@reference("recomputed", source="国办关于部分节假日安排的通知", clause="2024-2026")
@pytest.mark.parametrize(
    ("start", "days", "due"),
    [
        ("2026-01-28", 20, "2026-03-03"),
        ("2026-02-10", 5, "2026-02-24"),
        ("2026-09-30", 10, "2026-10-20"),
        ("2026-09-29", 45, "2026-12-07"),
        ("2025-09-30", 20, "2025-11-04"),
        ("2024-04-26", 5, "2024-05-07"),
    ],
)
def test_working_days_end_on_the_recomputed_day(start: str, days: int, due: str):
    answer = CALENDAR.add(at(start + " 10:00"), WorkDays(days))
    assert (answer.at, answer.provisional) == (at(due + " 18:00"), False)


@reference("recomputed", source="国办发明电〔2023〕7号", clause="劳动节")
def test_four_working_hours_over_labour_day():
    assert CALENDAR.add(at("2024-04-30 17:00"), WorkHours(4)).at == at("2024-05-06 12:00")


@reference("recomputed", source="国办发明电〔2025〕7号", clause="2026")
def test_2026_has_248_workdays():
    assert CALENDAR.workdays_between(date(2025, 12, 31), date(2026, 12, 31)) == 248


@reference("recomputed", source="chinesecalendar 1.11.0", clause="2020-2026")
def test_every_day_equals_the_wheel():
    days = [date(2020, 1, 1) + timedelta(n) for n in range(2557)]
    assert days[-1] == date(2026, 12, 31)
    assert [d for d in days if CALENDAR.is_workday(d) != chinese_calendar.is_workday(d)] == []


def test_a_year_without_notice_is_provisional():
    due = CALENDAR.add(at("2026-12-31 10:00"), WorkDays(1))
    assert due.provisional
    assert due.at == at("2027-01-01 18:00")  # a Friday by the weekday rule


@reference("published", source="民法典", clause="201-203")
@pytest.mark.parametrize(
    ("start", "n", "unit", "end"),
    [
        (date(2026, 1, 31), 1, "month", "2026-02-28"),  # no day 31, so the last day: a worked Saturday of 调休
        (date(2024, 2, 29), 1, "year", "2025-02-28"),
        (date(2026, 9, 21), 10, "day", "2026-10-08"),  # 1 October rolls behind the holiday
    ],
)
def test_terms_in_calendar_time_roll_off_rest_days(start: date, n: int, unit: str, end: str):
    assert CALENDAR.end_of_term(start, n, unit).at == at(end + " 18:00")


def test_a_stop_gives_its_office_time_back():
    stop = Stop(at("2026-03-03 10:00"), at("2026-03-04 10:00"))  # 7 office hours
    assert CALENDAR.add(at("2026-03-02 09:00"), WorkDays(3), stops=[stop]).at == at("2026-03-06 18:00")


def test_an_open_stop_holds_the_limit():
    with pytest.raises(CalendarError, match="尚未恢复"):
        CALENDAR.add(at("2026-03-02 09:00"), WorkDays(3), stops=[Stop(at("2026-03-03 10:00"))])


def test_naive_datetimes_are_refused():
    with pytest.raises(CalendarError, match="没有时区"):
        CALENDAR.add(datetime(2026, 3, 2, 9), WorkHours(1))


def test_summer_hours_hold_in_their_season():
    summer = OfficeHours(((time(8), time(12)), (time(15), time(18))), season=((6, 1), (9, 30)))
    office = WorkCalendar([], [DEFAULT_HOURS, summer])
    assert office.add(at("2026-06-01 12:00"), WorkHours(1)).at == at("2026-06-01 16:00")
    assert office.add(at("2026-05-29 12:00"), WorkHours(1)).at == at("2026-05-29 15:00")


def test_two_hours_for_one_day_are_refused():
    with pytest.raises(CalendarError, match="2 条"):
        WorkCalendar([], [DEFAULT_HOURS, DEFAULT_HOURS]).add(at("2026-06-01 12:00"), WorkHours(1))


def test_partner_calendars_differ():
    partner = WorkCalendar([CalendarDay(date(2026, 3, 3), "holiday", "内部休息", "")])
    assert partner.add(at("2026-03-02 09:00"), WorkDays(1)).at == at("2026-03-04 18:00")


def test_bad_rows_name_their_line(tmp_path):
    path = tmp_path / "calendar.csv"
    path.write_text("date,kind,name,notice\n2026-01-01,holiday,元旦,x\n2026-13-01,holiday,x,x\n", encoding="utf-8")
    with pytest.raises(CalendarError, match="第 3 行"):
        read_days(path)


@settings(max_examples=60, deadline=None)
@given(start=MOMENTS, hours=st.integers(1, 600), pieces=st.lists(st.tuples(MOMENTS, st.integers(0, 400)), max_size=5))
def test_used_plus_left_is_the_limit_under_any_stops(start: datetime, hours: int, pieces):
    stops = [Stop(since, since + timedelta(hours=n)) for since, n in pieces]
    due = CALENDAR.add(start, WorkHours(hours), stops=stops)
    assert CALENDAR.between(start, due.at, stops=stops) == WorkHours(hours)
    plain = CALENDAR.add(start, WorkHours(hours))
    assert due.at >= plain.at


@settings(max_examples=60, deadline=None)
@given(start=MOMENTS, a=st.integers(0, 200), b=st.integers(0, 200))
def test_hours_add_up_and_never_run_backwards(start: datetime, a: int, b: int):
    middle = CALENDAR.add(start, WorkHours(a)).at
    end = CALENDAR.add(middle, WorkHours(b)).at
    assert CALENDAR.between(start, end) == WorkHours(a + b)
    assert start <= middle <= end == max(start, CALENDAR.add(start, WorkHours(a + b)).at)


@settings(max_examples=60, deadline=None)
@given(a=MOMENTS, b=MOMENTS, span=st.one_of(st.integers(0, 900).map(WorkHours), st.integers(0, 90).map(WorkDays)))
def test_a_later_start_is_never_due_earlier(a: datetime, b: datetime, span):
    first, second = sorted([a, b])
    stop = Stop(at("2023-03-03 10:00"), at("2023-05-04 10:00"))
    assert CALENDAR.add(first, span, stops=[stop]).at <= CALENDAR.add(second, span, stops=[stop]).at


@settings(max_examples=30, deadline=None)
@given(start=MOMENTS, a=st.integers(1, 60), b=st.integers(1, 60))
def test_working_days_add_up(start: datetime, a: int, b: int):
    assert CALENDAR.add(CALENDAR.add(start, WorkDays(a)).at, WorkDays(b)) == CALENDAR.add(start, WorkDays(a + b))


@settings(max_examples=30, deadline=None)
@given(
    starts=st.lists(MOMENTS, min_size=1, max_size=5),
    span=st.one_of(st.integers(0, 900).map(WorkHours), st.integers(0, 90).map(WorkDays)),
)
def test_many_rows_agree_with_one(starts: list[datetime], span):
    dues, provisional = CALENDAR.add_many(us(starts), span)
    single = [CALENDAR.add(start, span) for start in starts]
    assert dues.tolist() == us([due.at for due in single]).tolist()
    assert provisional.tolist() == [due.provisional for due in single]
    assert CALENDAR.between_many(us(starts), dues).tolist() == [
        CALENDAR.between(start, due.at).hours for start, due in zip(starts, single, strict=True)
    ]

"""Classification, duplicates, responsibility and clock without a database."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yongzhou.core.calendar import SHANGHAI, Stop, WorkCalendar
from yongzhou.core.home import REPOSITORY
from yongzhou.systems.governance.grid_governance import clock
from yongzhou.systems.governance.grid_governance.classify import KeywordError, classify, read_keywords
from yongzhou.systems.governance.grid_governance.duplicates import Sighting, distances, find, lsh_probability
from yongzhou.systems.governance.grid_governance.responsible import RuleError, decide, parse
from yongzhou.testing import reference

CITY = REPOSITORY / "cities" / "yongzhou"
KEYWORDS = read_keywords(CITY / "keywords.csv")
CALENDAR = WorkCalendar.load(CITY)
SAMPLE = {
    "潘家街口的井盖不见了，晚上很危险": "020101",
    "小区门口井盖松了，车一过就响": "020102",
    "滨江路积水过不去，车都熄火了": "010401",
    "商铺进水了，货全泡了": "010402",
    "路灯坏了好几天": "020301",
    "红绿灯不亮，路口很乱": "020501",
    "大树断了压住了车": "030101",
    "垃圾桶满了没人收": "030201",
    "有人往河边倾倒垃圾": "030202",
    "夜市摆摊占道经营": "030301",
    "工厂偷排，河水发臭": "040102",
    "有人在田里烧秸秆，烟很大": "040201",
    "楼下广场舞太吵": "040301",
    "消防通道被占，消防车进不来": "050101",
    "楼道里电动车飞线充电": "050102",
    "后面山上起火了": "050103",
    "河边有死猪漂下来": "060101",
    "老板欠薪三个月不发工资": "060201",
    "厨房闻到煤气味": "020403",
    "村后面滑坡了，房子危险": "010202",
    "大堤渗水，冒浑水": "010301",
    "路面塌陷，出了一个大洞": "020202",
    "我对服务态度不满意": None,
    "想问一下社保怎么办": None,
}


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


def test_most_of_a_labelled_sample_is_right_and_none_is_surely_wrong():
    decided = {text: classify(text, KEYWORDS).type for text in SAMPLE}
    wrong = {text: code for text, code in decided.items() if code is not None and code != SAMPLE[text]}
    assert not wrong
    assert sum(decided[text] == code for text, code in SAMPLE.items()) >= 0.85 * len(SAMPLE)


def test_two_things_at_once_are_left_to_a_person():
    found = classify("门口的路灯不亮，井盖也松了", KEYWORDS)
    assert found.abstain
    assert {guess.type for guess in found.guesses} == {"020301", "020102"}


def test_an_excluded_word_forbids_its_rule():
    assert classify("滑坡", KEYWORDS).type == "010202"
    assert classify("滑坡应急演练", KEYWORDS).guesses == ()


def test_the_words_that_decided_are_told():
    assert classify("消防通道被占", KEYWORDS).guesses[0].words == ("消防通道 占",)


def test_a_bad_keyword_row_names_its_line():
    with pytest.raises(KeywordError, match="第 2 行"):
        read_keywords("words,excluded,type,weight\n井盖,,020101,重\n")


@reference(
    kind="published", source="Leskovec, Rajaraman, Ullman, Mining of Massive Datasets", clause="3.4.2, 1-(1-s^r)^b"
)
@pytest.mark.parametrize(("similarity", "probability"), [(0.3, 0.229), (0.5, 0.873), (0.8, 1.000)])
def test_probability_of_a_candidate_with_32_bands_of_4_rows(similarity: float, probability: float):
    assert round(lsh_probability(similarity, 32, 4), 3) == probability


@reference(kind="recomputed", source="IUGG mean radius 6,371,008.8 m", clause="one degree of a great circle")
def test_a_degree_of_latitude():
    import numpy as np

    assert distances(111.0, 26.0, np.array([111.0]), np.array([27.0]))[0] == pytest.approx(111_195.08, abs=0.01)


BASE = Sighting("", "020101", 111.985, 26.455, at("2026-06-18 03:00"), "潘家街口井盖不见了", 30, 48)


def seen(key: str, *, type: str = "020101", east: float = 0.0, hours: float = 0.0, text: str = "井盖没了") -> Sighting:
    lon = BASE.lon + east / 99_547  # metres a degree of longitude at 26.455 N
    return Sighting(key, type, lon, BASE.lat, BASE.at - timedelta(hours=hours), text, 30, 48)


@pytest.mark.parametrize(
    ("other", "verdict"),
    [
        (seen("same place", text="潘家街口井盖不见了"), "merge"),
        (seen("ten metres on", east=10, hours=2, text="街口井盖不见了"), "merge"),
        (seen("half the radius", east=15, hours=10), "ask"),
        (seen("other type", type="020102", text="潘家街口井盖不见了"), "ask"),
        (seen("next street", east=80), None),
        (seen("last week", hours=150), None),
    ],
)
def test_how_alike(other: Sighting, verdict: str | None):
    found = find(BASE, [other])
    assert ([one.verdict for one in found] or [None]) == [verdict]


UNITS = {"431181-CG": "祁阳市城管局", "4311-CG": "市城管局", "431181-WG": "祁阳市网格中心", "4311-WG": "市网格中心"}


def test_the_first_existing_unit_of_the_rule_is_responsible():
    found = decide("town:ZF;county:CG;city:CG", "431181107903", UNITS, clause="条例第 1 条")
    assert found.unit == "431181-CG"
    assert found.candidates[0].why == "没有这个单位（可能已撤并）"


def test_who_sent_it_back_is_not_asked_again():
    found = decide("county:CG;city:CG", "431181", UNITS, clause="x", refused={"431181-CG", "4311-CG"})
    assert found.unit == "431181-WG"


@pytest.mark.parametrize("rule", ["", "village:ZF", "county", "county:"])
def test_a_rule_that_cannot_be_read_is_refused(rule: str):
    with pytest.raises(RuleError):
        parse(rule)


@reference(kind="published", source="国办发明电〔2023〕7号 (2024 holidays)", clause="5 working days after 2024-04-26")
def test_work_hours_over_the_may_holiday():
    due = clock.limit(CALENDAR, at("2024-04-26 18:00"), 5 * 7, "work")
    assert due.at == at("2024-05-07 18:00")


@reference(
    kind="published", source="国办发明电〔2023〕7号 (2024 holidays)", clause="4 working hours from 2024-04-30 17:00"
)
def test_four_hours_before_the_may_holiday():
    assert clock.limit(CALENDAR, at("2024-04-30 17:00"), 4, "work").at == at("2024-05-06 12:00")


def test_urgent_runs_through_the_night_and_a_stop_is_given_back():
    start = at("2026-06-18 22:00")
    stop = Stop(at("2026-06-18 23:00"), at("2026-06-19 01:00"))
    shown = clock.read(CALENDAR, start, 4, "calendar", at("2026-06-19 02:00"), [stop])
    assert (shown.due.at, shown.used_s, shown.left_s) == (at("2026-06-19 04:00"), 2 * 3600, 2 * 3600)


def test_a_standing_clock_shows_the_same_figures_later():
    start, stop = at("2026-06-18 09:00"), Stop(at("2026-06-18 10:00"))
    first, later = (
        clock.read(CALENDAR, start, 8, "work", at(f"2026-06-18 {now}"), [stop]) for now in ("10:30", "17:30")
    )
    assert (first.used_s, later.used_s, later.stopped) == (3600, 3600, True)


@given(
    st.sampled_from(["work", "calendar"]),
    st.integers(1, 80),
    st.integers(0, 10_000),
    st.lists(st.tuples(st.integers(0, 5_000), st.integers(0, 3_000)), max_size=4),
)
def test_used_and_left_make_the_limit(kind: clock.Kind, hours: int, minutes: int, stops: list[tuple[int, int]]):
    start = at("2026-06-12 16:00")
    periods = [Stop(start + timedelta(minutes=a), start + timedelta(minutes=a + b)) for a, b in stops]
    now = start + timedelta(minutes=minutes)
    shown = clock.read(CALENDAR, start, hours, kind, now, periods)
    assert shown.used_s + shown.left_s == hours * 3600
    assert shown.used_s >= 0
    if shown.left_s > 1:
        assert now < shown.due.at


@pytest.mark.parametrize(("share", "rung"), [(0.49, 0), (0.5, 1), (0.8, 2), (1.0, 3), (1.49, 3), (1.5, 4)])
def test_rungs(share: float, rung: int):
    start = at("2026-06-18 00:00")
    now = start + timedelta(hours=100 * share)
    assert clock.read(CALENDAR, start, 100, "calendar", now).rung == rung


@pytest.mark.parametrize(
    ("units", "rejecting", "pushed"),
    [
        (["a"], [], False),
        (["a", "b"], ["a"], False),
        (["a", "b"], ["a", "b"], True),
        (["a", "b", "a"], ["a"], True),
        (["a", "a"], [], False),
    ],
)
def test_ping_pong(units: list[str], rejecting: list[str], pushed: bool):
    assert (clock.ping_pong(units, rejecting) is not None) is pushed

"""Dated rows: the shipped data, look-ups by day and region, refusals on load."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pytest

from yongzhou.core.home import REPOSITORY
from yongzhou.core.standards import Standards, StandardsError, fold_width, pinyin_key, short_region
from yongzhou.testing import reference

STANDARDS = Standards.load(REPOSITORY / "cities" / "yongzhou" / "standards")
TODAY = date(2026, 1, 1)
SHARED = "source,clause,valid_from,valid_to,verified"


@reference("published", source="GB/T 28592-2012", clause="4, table 1")
def test_rain_grades_of_24_hours():
    table = STANDARDS.limits("GB/T 28592-2012", "24 h", TODAY)
    rain = np.array([9.9, 10.0, 24.9, 25.0, 49.9, 50.0, 99.9, 100.0, 249.9, 250.0])
    names = [table.grades[position] for position in table.classify(rain)]
    assert names == ["小雨", "中雨", "中雨", "大雨", "大雨", "暴雨", "暴雨", "大暴雨", "大暴雨", "特大暴雨"]


@reference("published", source="GB/T 28592-2012", clause="4, table 1")
def test_rainstorms_of_12_hours():
    table = STANDARDS.limits("GB/T 28592-2012", "12 h", TODAY)
    assert [table.grade(rain) for rain in (30.0, 69.9, 70.0, 139.9, 140.0)] == [
        "暴雨", "暴雨", "大暴雨", "大暴雨", "特大暴雨"]  # fmt: skip


def test_missing_and_impossible_values_have_no_grade():
    table = STANDARDS.limits("GB/T 28592-2012", "24 h", TODAY)
    assert table.classify(np.array([[np.nan, -1.0, 0.0]])).tolist() == [[-1, -1, -1]]
    assert table.grade(float("nan")) is None


def test_a_limit_before_its_edition_is_an_error():
    with pytest.raises(StandardsError, match="没有限值"):
        STANDARDS.limits("GB/T 28592-2012", "24 h", date(2012, 7, 31))


def test_unverified_numbers_say_so():
    assert not STANDARDS.limits("GB/T 28592-2012", "12 h", TODAY).verified


def test_labels_hold_on_their_day():
    assert STANDARDS.label("GB/T 2260", "431181", TODAY) == "祁阳市"
    assert STANDARDS.label("GB/T 2260", "431121", date(2020, 1, 1)) == "祁阳县"
    with pytest.raises(StandardsError, match="没有代码「431121」"):
        STANDARDS.label("GB/T 2260", "431121", TODAY)


def write(folder: Path, kind: str, text: str) -> Path:
    (folder / kind).mkdir(parents=True, exist_ok=True)
    (folder / kind / "rows.csv").write_text(text, encoding="utf-8")
    return folder


def test_parameters_come_from_the_nearest_region_upward(tmp_path):
    rows = f"name,region,value,unit,{SHARED}\nx,,1,h,s,c,,,true\nx,431100,2,h,s,c,2026-01-01,,true\n"
    found = Standards.load(write(tmp_path, "parameters", rows))
    assert found.parameter("x", "431103104201", TODAY).value == 2
    assert found.parameter("x", "431103104201", date(2025, 12, 31)).value == 1
    assert found.parameter("x", "44", TODAY).value == 1


def test_a_gap_of_parameters_is_an_error(tmp_path):
    rows = f"name,region,value,unit,{SHARED}\nx,4311,1,h,s,c,,2026-01-01,true\n"
    with pytest.raises(StandardsError, match="没有值"):
        Standards.load(write(tmp_path, "parameters", rows)).parameter("x", "4311", TODAY)


@pytest.mark.parametrize(
    ("kind", "columns", "rows"),
    [
        ("parameters", "name,region,value,unit", ["x,4311,1,h,s,c,,,true", "x,431100,2,h,s,c,2026-01-01,,true"]),
        ("codes", "list,code,label", ["l,1,a,s,c,,2026-01-02,true", "l,1,b,s,c,2026-01-01,,true"]),
        ("limits", "standard,item,grade,low,high,unit", ["s,i,a,0,10,mm,s,c,,,true", "s,i,b,9,20,mm,s,c,,,true"]),
    ],
)
def test_overlapping_editions_are_refused_with_both_lines(tmp_path, kind: str, columns: str, rows: list[str]):
    with pytest.raises(StandardsError, match=r"第 3 行 与 rows\.csv 第 2 行"):
        Standards.load(write(tmp_path, kind, "\n".join([f"{columns},{SHARED}", *rows, ""])))


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ("l,1,a,s,c,,,maybe", "verified"),
        ("l,1,a,,c,,,true", "出处"),
        ("l,1,a,s,c,2026-02-30,,true", "日期"),
        ("l,1,a,s,c,2026-01-02,2026-01-02,true", "失效日"),
        ("l,1,a,s", "列数"),
    ],
)
def test_bad_rows_name_their_line(tmp_path, row: str, says: str):
    with pytest.raises(StandardsError, match=f"rows.csv 第 2 行.*{says}"):
        Standards.load(write(tmp_path, "codes", f"list,code,label,{SHARED}\n{row}\n"))


@pytest.mark.parametrize(
    ("code", "short"), [("431100", "4311"), ("430000", "43"), ("431103000000", "431103"), ("", "")]
)
def test_padding_zeros_of_regions_are_dropped(code: str, short: str):
    assert short_region(code) == short


def test_text_keys():
    assert fold_width("ＡＢ　１２，零陵") == "AB 12,零陵"
    assert pinyin_key("零陵 区Ａ") == "linglingqua"

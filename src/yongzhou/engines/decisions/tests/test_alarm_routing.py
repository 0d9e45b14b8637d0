"""A real table: which system and unit takes an alarm, and within how many hours."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest

from yongzhou.engines.decisions import DmnError, check_table, decide, load_dmn, table_to_html_rows
from yongzhou.engines.decisions.batch import decide_batch

TABLE = load_dmn(Path(__file__).with_name("alarm_routing.dmn"))
COUNTY = {"kind": "river_level", "level": 1, "region": "431124", "hour": 3}


def test_a_county_gauge_goes_to_the_county():
    outcome = decide(TABLE, COUNTY)
    assert outcome.value == {
        "steward": "water",
        "unit": "county_water",
        "event_type": "level_watch",
        "limit_hours": 8.0,
    }
    assert outcome.rules == ("r5",)


def test_the_cells_that_decided_are_told():
    assert [tuple(reason) for reason in decide(TABLE, COUNTY).reasons] == [
        ("r5", "告警类型", '"river_level"', "river_level"),
        ("r5", "级别", "<2", 1.0),
        ("r5", "区划", 'not("431102", "431103")', "431124"),
    ]


def test_an_unknown_kind_goes_to_the_duty_desk():
    outcome = decide(TABLE, COUNTY | {"kind": "noise"})
    assert (outcome.value["unit"], outcome.rules, outcome.reasons) == ("duty_desk", (), ())


@pytest.mark.parametrize(
    ("facts", "says"),
    [
        ({"level": "1"}, "「级别」列：输入应为数值，现为 str '1'"),
        ({"level": True}, "输入应为数值"),
        ({"kind": 1}, "「告警类型」列：输入应为文本"),
    ],
)
def test_a_fact_of_another_type_is_refused_with_its_column(facts: dict[str, object], says: str):
    with pytest.raises(DmnError, match=says):
        decide(TABLE, COUNTY | facts)


def test_a_missing_fact_is_not_null():
    with pytest.raises(DmnError, match="「hour」列：缺少这一输入"):
        decide(TABLE, {"kind": "rain", "level": 3, "region": None})


def test_the_check_finds_no_overlap_and_names_gaps():
    findings = check_table(TABLE)
    assert findings.overlaps == ()
    assert {row["kind"] for row in findings.gaps} == {"air_quality", "其他"}
    assert all(decide(TABLE, row).rules == () for row in findings.gaps)


def test_the_page_marks_the_rule_that_fired():
    sheet = table_to_html_rows(TABLE, decide(TABLE, COUNTY))
    assert [header.text for header in sheet.headers] == [
        "告警类型", "级别", "区划", "时", "主责系统", "处置单位", "事件类型", "时限（小时）", "依据"]  # fmt: skip
    fired = [row for row in sheet.rows if row.fired]
    assert [row.rule for row in fired] == ["r5"]
    assert [cell.decided for cell in fired[0].cells[:4]] == [True, True, True, False]
    assert fired[0].cells[-2].text == "8"


def test_a_batch_keeps_order_and_says_the_rule():
    columns = {"kind": ["rain", None, "rain"], "level": [3, 3, 1], "region": pa.nulls(3), "hour": [0.0, 1.0, None]}
    rows = pa.table(columns)
    found = decide_batch(TABLE, rows)
    assert found["rule"].to_pylist() == ["r1", None, "r2"]
    assert found["limit_hours"].to_pylist() == [0.5, 8.0, 2.0]
    assert found["conflict"].to_pylist() == [False] * 3


@pytest.mark.parametrize(
    ("column", "says"), [(pa.array(["3"]), "「级别」列：数据应为数值，现为 string"), (None, "没有这一列")]
)
def test_a_batch_of_another_type_is_refused(column: pa.Array | None, says: str):
    columns = {"kind": ["rain"], "level": column, "region": ["43"], "hour": [0]}
    with pytest.raises(DmnError, match=says):
        decide_batch(TABLE, pa.table({name: data for name, data in columns.items() if data is not None}))

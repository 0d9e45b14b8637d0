"""Reading DMN XML: hostile files, and refusals that name their cell."""

from __future__ import annotations

from pathlib import Path

import pytest

from yongzhou.engines.decisions import DmnError, check_table, decide, load_dmn
from yongzhou.engines.decisions.batch import decide_batch

DMN = "https://www.omg.org/spec/DMN/20191111/MODEL/"


def dmn(
    rows: list[tuple[str, str]], *, policy: str = 'hitPolicy="UNIQUE"', type_: str = "number", name: str = "x"
) -> bytes:
    rules = "".join(
        f'<rule id="r{n}"><inputEntry><text>{test}</text></inputEntry>'
        f"<outputEntry><text>{value}</text></outputEntry></rule>"
        for n, (test, value) in enumerate(rows, start=1)
    )
    return (
        f'<definitions xmlns="{DMN}"><decision name="表"><decisionTable {policy}>'
        f'<input label="雨量"><inputExpression typeRef="{type_}"><text>{name}</text></inputExpression></input>'
        f'<output name="y"/>{rules}</decisionTable></decision></definitions>'
    ).encode()


@pytest.mark.parametrize(
    ("source", "says"),
    [
        (dmn([("1", "1")], policy='hitPolicy="PRIORITY"'), "决策表「表」：命中策略 P.*不支持"),
        (dmn([("1", "1")], policy='hitPolicy="ANY"'), "命中策略 A.*不支持"),
        (dmn([("1", "1")], policy='hitPolicy="RULE ORDER"'), "命中策略 R.*不支持"),
        (dmn([("1", "1")], policy='hitPolicy="OUTPUT ORDER"'), "命中策略 O.*不支持"),
        (dmn([("1", "1"), ("x + 1", "2")]), "决策表「表」第 2 行「雨量」列：.*不是 S-FEEL"),
        (dmn([("1", "1"), ("2", "x")]), "决策表「表」第 2 行「y」列：.*只能写字面量"),
        (dmn([("1", "1"), ("2", '"a"')]), "「y」列：各行的类型不一致"),
        (dmn([('"a"', "1")]), '第 1 行「雨量」列：「"a"」是文本，此列应为数值'),
        (dmn([("1", "1")], type_="dateTime"), "类型「dateTime」不支持"),
        (dmn([("1", "1")], name="x * 2"), "输入表达式「x \\* 2」不支持"),
        (dmn([("1", '"a"')], policy='hitPolicy="COLLECT" aggregation="SUM"'), "只能用于唯一的数值输出列"),
        (b"<a/>", "不是 DMN 文件"),
        (b"<definitions", "不是完好的 XML"),
        (
            f'<definitions xmlns="{DMN}"><decision name="甲"/></definitions>'.encode(),
            "决策表「甲」：这一决策不是决策表",
        ),
    ],
)
def test_what_is_not_supported_is_refused_with_its_place(source: bytes, says: str):
    with pytest.raises(DmnError, match=says):
        load_dmn(source)


def test_a_refusal_carries_its_cell():
    with pytest.raises(DmnError) as caught:
        load_dmn(dmn([("1", "1"), ("abs(x)", "2")]))
    assert (caught.value.table, caught.value.row, caught.value.column) == ("表", 2, "雨量")


def test_external_entities_are_not_read(tmp_path: Path):
    secret = tmp_path / "secret"
    secret.write_text("42")
    hostile = f'<!DOCTYPE d [<!ENTITY e SYSTEM "file://{secret}">]>'.encode() + dmn([("1", "&e;")])
    with pytest.raises(DmnError, match="DOCTYPE"):
        load_dmn(hostile)


def test_a_billion_laughs_are_refused():
    lines = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    hostile = f'<!DOCTYPE d [<!ENTITY l0 "lol">{lines}]>'.encode() + dmn([("1", "&l9;")])
    with pytest.raises(DmnError, match=r"DOCTYPE|XML"):
        load_dmn(hostile)


def test_overlapping_unique_rules_give_no_value_but_say_so():
    table = load_dmn(dmn([("&lt; 10", "1"), ("[5..20]", "2")]))
    assert [overlap.rows for overlap in check_table(table).overlaps] == [(1, 2)]
    example = check_table(table).overlaps[0].example
    outcome = decide(table, example)
    assert (outcome.value, outcome.conflict, outcome.rules) == (None, True, ("r1", "r2"))


@pytest.mark.parametrize(
    ("aggregation", "value"), [("SUM", 6.0), ("MIN", 1.0), ("MAX", 3.0), ("COUNT", 3.0), (None, [1.0, 2.0, 3.0])]
)
def test_collect(aggregation: str | None, value):
    import pyarrow as pa

    extra = f' aggregation="{aggregation}"' if aggregation else ""
    table = load_dmn(dmn([("-", "1"), ("&gt;0", "2"), ("&gt;1", "3")], policy=f'hitPolicy="COLLECT"{extra}'))
    assert decide(table, {"x": 5}).value == value
    assert decide_batch(table, pa.table({"x": [5]}))["y"].to_pylist() == [value]


@pytest.mark.parametrize(
    ("rows", "gap"),
    [([("&lt; 5", "1"), ("&gt; 5", "2")], 5.0), ([("[0..5]", "1"), ("&gt; 5", "2")], -1.0)],
)
def test_a_gap_has_a_counter_example(rows, gap: float):
    assert check_table(load_dmn(dmn(rows))).gaps == ({"x": gap},)


def test_a_complete_table_has_no_gap():
    assert check_table(load_dmn(dmn([("&lt; 5", "1"), ("&gt;= 5", "2")]))).messages == ()

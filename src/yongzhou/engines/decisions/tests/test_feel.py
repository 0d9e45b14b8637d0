"""S-FEEL unary tests: what they match, what null does, what is refused."""

from __future__ import annotations

from datetime import date

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from yongzhou.engines.decisions import FeelError, unary_tests
from yongzhou.engines.decisions.check import matcher
from yongzhou.testing import reference


@reference("published", source="OMG DMN 1.3", clause="9.1 unary tests; equality and order with null")
@pytest.mark.parametrize(
    ("text", "type_", "yes", "no"),
    [
        ("-", "number", [1.0, None], []),
        ("", "string", ["a", None], []),
        ("5", "number", [5.0], [4.0, None]),
        ("-5", "number", [-5.0], [5.0]),
        (".5", "number", [0.5], [5.0]),
        ("< 5", "number", [4.9], [5.0, None]),
        (">=5", "number", [5.0], [4.9, None]),
        ("[1..3)", "number", [1.0, 2.9], [3.0, 0.9, None]),
        ("]1..3]", "number", [1.1, 3.0], [1.0]),
        ("(1..3[", "number", [2.0], [1.0, 3.0]),
        ("1, [3..4], > 9", "number", [1.0, 3.5, 10.0], [2.0, 9.0, None]),
        ('"零陵", "冷水滩"', "string", ["零陵"], ["祁阳", None]),
        (r'"a\"b\u4e2d"', "string", ['a"b中'], ["ab"]),
        (r'"\uD83D\uDC0E"', "string", ["🐎"], ["x"]),
        ("not(1, > 5)", "number", [2.0], [1.0, 6.0, None]),  # null > 5 is unknown, and so is its negation
        ('not("a")', "string", ["b", None], ["a"]),  # null = "a" is false, its negation true
        ("null", "string", [None], ["a"]),
        ("not(null)", "string", ["a"], [None]),
        ("true", "boolean", [True], [False, None]),
        ('>= date("2026-03-01")', "date", [date(2026, 3, 1)], [date(2026, 2, 28), None]),
        ('@"2026-03-01"', "date", [date(2026, 3, 1)], [date(2026, 3, 2)]),
    ],
)
def test_what_a_cell_matches(text, type_, yes, no):
    match = matcher(unary_tests(text, type_))
    assert ([v for v in yes if not match(v)], [v for v in no if match(v)]) == ([], [])


@pytest.mark.parametrize(
    ("text", "type_", "says"),
    [
        ("x", "number", "只能写字面量"),
        ("> x + 1", "number", "「\\+」不是 S-FEEL"),
        ("a.b", "string", "不是 S-FEEL"),
        ("string(x)", "string", "只能写字面量"),
        ("1 2", "number", "多出内容"),
        ("not(1", "number", "缺少「\\)」"),
        ("[1..", "number", "写到一半"),
        ("[5..1]", "number", "区间是空的"),
        ('> "a"', "string", "只有数值和日期"),
        ('"1"', "number", "是文本，此列应为数值"),
        ('date("2026-02-30")', "date", "不是日期"),
        ('time("10:00:00")', "date", "不支持"),
        ('duration("P1D")', "number", "不支持"),
        ("1e3", "number", "S-FEEL|不支持"),
        (r'"\q"', "string", "转义"),
        ('"a', "string", "不是 S-FEEL"),
        (r'"\u0000"', "string", "空字符"),
        (r'"\ud800"', "string", "不成对"),
        ("9" * 400, "number", "双精度"),
    ],
)
def test_what_is_refused(text: str, type_, says: str):
    with pytest.raises(FeelError, match=says):
        unary_tests(text, type_)


@given(st.text(max_size=30))
def test_any_text_is_parsed_or_refused(text: str):
    try:
        cell = unary_tests(text, "string")
    except FeelError:
        return
    matcher(cell)("a")


@given(st.text(st.characters(exclude_characters='"\\', exclude_categories=["Cs"]), max_size=20))
def test_no_text_leaves_its_quotes(text: str):
    """A literal is data in Python and in SQL, whatever it holds."""
    cell = unary_tests(f'"{text}"', "string")
    assert matcher(cell)(text)
    if "\x00" not in text:
        assert duckdb.execute(f"SELECT {cell.sql('x')} FROM (SELECT ?::VARCHAR AS x)", [text]).fetchone() == (True,)

"""Check digits and forms against the standards' own examples."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yongzhou.core.standards import (
    StandardsError,
    check_code,
    check_component,
    check_division,
    check_id_number,
    check_organisation,
    check_uscc,
    id_check_digit,
)
from yongzhou.testing import reference


@reference("published", source="GB 11643-1999", clause="examples")
@pytest.mark.parametrize("number", ["11010519491231002X", "440524188001010014"])
def test_examples_of_the_id_standard(number: str):
    assert check_id_number(number).ok


@reference("recomputed", source="GB 11643-1999", clause="check digit of 43112119900307123")
def test_wrong_check_digit_says_which_is_right():
    answer = check_id_number("431121199003071231")
    assert (answer.ok, answer.position, answer.expected) == (False, 18, "4")
    assert answer.message == "校验位不对：应为 4"


@reference("published", source="GB 32100-2015", clause="example")
def test_example_of_the_credit_code_standard():
    assert check_uscc("91350100M000100Y43").ok


@reference("recomputed", source="GB 32100-2015", clause="mod 31 of published codes")
@pytest.mark.parametrize(
    ("body", "check"),
    [("11430000006122244", "L"), ("91610800064834709", "T"), ("11220000013544541", "J"), ("91110000600037341", "L")],
)
def test_credit_codes_of_real_bodies(body: str, check: str):
    assert check_uscc(body + check).ok
    assert check_uscc(body + "M").expected == check


@reference("recomputed", source="GB 11714-1997", clause="60003734-1")
def test_organisation_code():
    assert check_organisation("60003734-1").ok


def number(division: str, birth: str) -> str:
    body = f"{division}{birth}123"
    return body + id_check_digit(body)


@pytest.mark.parametrize(
    ("division", "birth", "ok"),
    [
        ("431121", "19900307", True),  # born before 永州市 was founded, numbered after
        ("432930", "19900307", True),  # 祁阳县 of 零陵地区
        ("432930", "19990307", False),
        ("431121", "20220307", False),  # 祁阳市 since 2021-01-20
        ("431181", "20220307", True),
        ("431181", "19900307", False),
        ("431199", "19900307", False),
        ("990101", "19900307", False),
    ],
)
def test_divisions_are_valid_in_their_own_time(division: str, birth: str, ok: bool):
    assert check_id_number(number(division, birth)).ok is ok


@pytest.mark.parametrize("county", [431102, 431103, *range(431121, 431130)])
def test_all_counties_of_yongzhou_are_known(county: int):
    assert check_id_number(number(str(county), "20050307")).ok


@pytest.mark.parametrize(
    ("text", "position", "says"),
    [
        ("11010519490230002X", 7, "出生日期"),
        ("1101051949123100", 17, "应为 18 位"),
        ("4.31E+17", 2, "科学计数"),
        ("110105194912310029", 18, "应为 X"),
        ("110105491231002", 7, "11010519491231002X"),  # 15 digits
    ],
)
def test_bad_numbers_name_position_and_cure(text: str, position: int, says: str):
    answer = check_id_number(text)
    assert (answer.ok, answer.position) == (False, position)
    assert says in answer.message


def test_full_width_and_lower_case_are_cleaned():
    assert check_id_number(" １１０１０５19491231002x ").value == "11010519491231002X"


@given(st.integers(0, 16), st.integers(1, 9))
def test_any_single_wrong_digit_is_found(place: int, shift: int):
    good = "11010519491231002X"
    bad = good[:place] + str((int(good[place]) + shift) % 10) + good[place + 1 :]
    assert not check_id_number(bad).ok


def test_component16_splits_into_its_parts():
    parts = check_component("4311030102000123", date(2026, 1, 1)).parts
    assert parts == {"division": "431103", "class": "01", "subclass": "02", "serial": "000123"}


@pytest.mark.parametrize(("code", "ok"), [("43", True), ("4311", True), ("431103104", True), ("431103104201", True),
                                          ("431199", False), ("43110", False), ("432901", False)])  # fmt: skip
def test_division_codes_by_length_and_day(code: str, ok: bool):
    assert check_division(code, date(2026, 1, 1)).ok is ok


def test_schemes_are_looked_up_by_name():
    assert check_code("SL 502", "61512300").ok
    assert not check_code("SL 502", "0061512300").ok
    with pytest.raises(StandardsError, match="没有编码方案"):
        check_code("GB 1", "1")

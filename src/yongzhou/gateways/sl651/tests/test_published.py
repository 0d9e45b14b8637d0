"""Published frames, byte for byte: decoded values and the centre's answers."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from simulator.sl651_device import upward
from yongzhou.gateways.sl651.answer import Mode, answer, mode_of
from yongzhou.gateways.sl651.explain import explain
from yongzhou.gateways.sl651.frame import Control, crc16, frame_at
from yongzhou.gateways.sl651.report import decode
from yongzhou.testing import reference

TEST = (
    "7E7E010012345678123430002B020003591011154947F1F1001234567848"
    "F0F0591011154920190000052619000005392300000127381211150320FA"
)
TEST_ANSWER = "7E7E00123456780112343080080200035910111549471B75D4"
LINK = "7E7E01001234567812342F0008020003591011155111036BCA"
MANUAL_ANSWER = "7E7E00123456780112343580080200045910111551451BF118"
TIMED = (
    "7E7E05001122334403E832002B020034170718110016F1F1001122334448"
    "F0F01707181100201900004026190000403923000104903812109903A421"
)
TIMED_ANSWER = "7E7E00112233440503E83280080200341707181100161BE5D4"
LINK_7E = "7E7E00987654321012342F0008027E0822101110074703C3AE"
SOURCE = "SL 651-2014"


def beijing(*parts: int) -> int:
    return int(datetime(*parts, tzinfo=timezone(timedelta(hours=8))).timestamp()) * 1_000_000  # type: ignore[misc]


def read(text: str):
    return frame_at(bytes.fromhex(text))


@reference("published", source="CRC catalogue, CRC-16/MODBUS", clause="check value of 123456789")
def test_crc_check_value():
    assert crc16(b"123456789") == 0x4B37


@reference("published", source=SOURCE, clause="annex, test report 30")
def test_test_report_values():
    frame = read(TEST)
    report = decode(frame)
    assert (frame.centre, frame.station, frame.password, frame.function) == (1, "0012345678", "1234", 0x30)
    assert (report.serial, report.station, report.station_class) == (3, "0012345678", "H")
    assert report.sent == beijing(1959, 10, 11, 15, 49, 47)
    assert report.phenomena == [beijing(1959, 10, 11, 15, 49)] * 4
    values = dict(zip(report.elements, report.results, strict=True))
    assert values == {"20": 0.5, "26": 0.5, "39": 0.127, "38": 11.15}


@reference("published", source=SOURCE, clause="annex, test report 30")
def test_test_report_length_and_crc():
    raw = bytes.fromhex(TEST)
    assert len(read(TEST).body) == 0x2B == 43
    assert crc16(raw[:-2]) == 0x20FA


@pytest.mark.parametrize(("up", "down"), [(TEST, TEST_ANSWER), (TIMED, TIMED_ANSWER)])
@reference("published", source=SOURCE, clause="annex, answers to 30 and 32")
def test_answer_byte_for_byte(up, down):
    assert answer(read(up)) == bytes.fromhex(down)


@reference("published", source=SOURCE, clause="annex, timed report 32")
def test_timed_report_values():
    report = decode(read(TIMED))
    values = dict(zip(report.elements, report.results, strict=True))
    assert values == {"20": 4.0, "26": 4.0, "39": 10.49, "38": 10.99}
    assert report.phenomena[0] == beijing(2017, 7, 18, 11, 0)


@reference("published", source=SOURCE, clause="annex, answer to the manual report 35")
def test_answer_to_manual_report():
    given = read(MANUAL_ANSWER)
    assert (given.down, given.station, given.centre, given.function, given.end) == (
        True,
        "0012345678",
        1,
        0x35,
        Control.ESC,
    )
    up = upward(0x35, "0012345678", bytes.fromhex("0004591011155145F2F2") + b"PJ 1.0")
    assert answer(frame_at(up)) == bytes.fromhex(MANUAL_ANSWER)


@pytest.mark.parametrize(("text", "serial"), [(LINK, 3), (LINK_7E, 0x7E08)])
@reference("published", source=SOURCE, clause="annex, link keeping 2F")
def test_link_keeping_is_not_answered(text, serial):
    frame = read(text)
    assert mode_of(frame) is Mode.M1
    assert answer(frame) is None
    assert decode(frame).serial == serial
    assert decode(frame).elements == []


@pytest.mark.parametrize("text", [TEST, TEST_ANSWER, LINK, MANUAL_ANSWER, TIMED, TIMED_ANSWER, LINK_7E])
def test_explanation_covers_each_byte_once(text):
    parts = explain(bytes.fromhex(text))
    assert "".join(part.hex for part in parts) == text
    assert [part.offset for part in parts] == [sum(len(p.hex) // 2 for p in parts[:n]) for n in range(len(parts))]


def test_explanation_names_the_level():
    parts = {part.name_zh: part for part in explain(bytes.fromhex(TEST))}
    assert (parts["瞬时河道水位、潮位"].value, parts["瞬时河道水位、潮位"].unit) == ("0.127", "m")

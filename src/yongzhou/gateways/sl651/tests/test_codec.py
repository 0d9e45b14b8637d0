"""Decoder against the independent encoder of the simulator; bad content; modes; ASCII; packets."""

from __future__ import annotations

import itertools
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.sl651_device import (
    BEIJING,
    body,
    five_minute_levels,
    five_minute_rains,
    modbus_crc,
    number,
    upward,
    upward_ascii,
    upward_packets,
)
from yongzhou.gateways.sl651.answer import Mode, answer, mode_of, query, request_packet
from yongzhou.gateways.sl651.assemble import Assembler, TooLargeError
from yongzhou.gateways.sl651.elements import ELEMENTS
from yongzhou.gateways.sl651.explain import explain
from yongzhou.gateways.sl651.frame import Control, Frame, FrameError, IncompleteError, build, crc16, frame_at
from yongzhou.gateways.sl651.pieces import ReportError
from yongzhou.gateways.sl651.report import Report, decode
from yongzhou.gateways.sl651.resync import Junk, Resync

STATION = "0099431119"
WHEN = datetime(2026, 7, 1, 8, 0, tzinfo=BEIJING)
plain = sorted(code for code in ELEMENTS if code < "F0" and code != "45")


def us(when: datetime) -> int:
    return int(when.timestamp()) * 1_000_000


def report(elements: bytes, function: int = 0x32, when: datetime = WHEN, serial: int = 7):
    return decode(frame_at(upward(function, STATION, body(serial, when, STATION, "H", when, elements))))


def decoded(frame: Frame) -> Report | None:
    """The report, None for content refused by name; any other exception is a defect."""
    try:
        return decode(frame)
    except ReportError:
        return None


@st.composite
def element(draw):
    code = draw(st.sampled_from([*plain, "FF14", "FF39"]))
    size, decimals = draw(st.integers(2, 6)), draw(st.integers(0, 3))
    digits = draw(st.one_of(st.none(), st.integers(0, 10 ** (2 * size - 2) - 1)))
    value = None if digits is None else digits * draw(st.sampled_from([1, -1])) / 10**decimals
    return code, value, size, decimals


@given(
    st.lists(element(), max_size=20),
    st.integers(0, 0xFFFF),
    st.datetimes(datetime(1951, 1, 1), datetime(2050, 12, 31)),
    st.sampled_from(range(0x30, 0x36)),
)
def test_round_trip_with_the_independent_encoder(elements, serial, when, function):
    when = when.replace(second=0, microsecond=0, tzinfo=BEIJING)
    found = report(b"".join(number(*one) for one in elements), function, when, serial)
    assert (found.serial, found.station, found.station_class, found.sent) == (serial, STATION, "H", us(when))
    assert found.elements == [code for code, *_ in elements]
    assert found.results == [None if value is None else pytest.approx(value) for _, value, *_ in elements]
    assert set(found.phenomena) <= {us(when)}


@given(st.binary(max_size=300))
def test_two_crcs_agree(data):
    assert crc16(data) == modbus_crc(data)


@given(st.binary(max_size=80), st.integers(0x2F, 0x51))
def test_any_body_is_a_report_or_a_named_error(content, function):
    frame = frame_at(upward(function, STATION, content))
    assert "".join(part.hex for part in explain(frame.raw)) == frame.raw.hex().upper()
    found = decoded(frame)
    assert found is None or len(found.elements) == len(found.phenomena) == len(found.results)


@given(st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=80))
def test_any_ascii_body_is_a_report_or_a_named_error(text):
    frame = frame_at(upward_ascii(0x32, STATION, text))
    found = decoded(frame)
    assert found is None or len(found.elements) == len(found.phenomena) == len(found.results)


@given(st.binary(max_size=64))
def test_explain_never_raises(data):
    assert "".join(part.hex for part in explain(data)) == data.hex().upper()


def test_twelve_rains_end_at_the_observation_time():
    found = report(five_minute_rains([0.1, None, *[0.0] * 9, 25.4]), 0x34)
    assert found.results == [0.1, None, *[0.0] * 9, 25.4]
    assert found.phenomena[0] == us(WHEN - timedelta(minutes=55))
    assert found.phenomena[-1] == us(WHEN)


def test_twelve_levels_in_centimetres():
    assert report(five_minute_levels([1.23, None, *[655.34] * 10]), 0x34).results[:3] == [1.23, None, 655.34]


def test_step_code_spaces_a_series():
    series = b"".join(number("39", value, 4, 3)[2:] for value in (1.0, 1.5, 2.0))
    found = report(bytes.fromhex("0418000005") + bytes.fromhex("3923") + series + number("38", 12.5, 2, 2), 0x31)
    assert found.elements == ["39", "39", "39", "38"]
    assert found.results == [1.0, 1.5, 2.0, 12.5]
    assert [t - us(WHEN) for t in found.phenomena] == [0, 300_000_000, 600_000_000, 0]


def test_state_word_is_binary_not_bcd():
    assert report(bytes.fromhex("4520") + bytes.fromhex("000000AF")).results == [float(0xAF)]


@pytest.mark.parametrize(
    ("tamper", "word"),
    [
        (lambda b: b[:2] + bytes.fromhex("261301080000") + b[8:], "不存在"),
        (lambda b: b[:2] + bytes.fromhex("260230080000") + b[8:], "不存在"),
        (lambda b: b[:2] + bytes.fromhex("26AB01080000") + b[8:], "BCD"),
        (lambda b: b[:-2] + b"\x1a\xbc", "BCD"),
        (lambda b: b[:-1], "只剩"),
        (lambda b: b[:5], "流水号"),
    ],
)
def test_impossible_content_says_what_and_where(tamper, word):
    good = body(1, WHEN, STATION, "H", WHEN, number("38", 12.0, 2, 2))
    with pytest.raises(ReportError, match=word) as caught:
        decode(frame_at(upward(0x32, STATION, tamper(good))))
    assert caught.value.offset >= 14


def test_wrong_crc_names_both_values():
    raw = upward(0x2F, STATION, bytes(8))
    with pytest.raises(FrameError, match="CRC"):
        frame_at(raw[:-1] + bytes((raw[-1] ^ 1,)))


def test_half_a_frame_is_incomplete():
    raw = upward(0x2F, STATION, bytes(8))
    for cut in range(len(raw)):
        with pytest.raises(IncompleteError):
            frame_at(raw[:cut])


def test_mode_m1_knows_no_answer():
    assert answer(frame_at(upward(0x2F, STATION, body(1, WHEN, STATION, "H", WHEN, b"")))) is None


def test_mode_m2_ends_with_eot_when_the_device_may_go():
    up = frame_at(upward(0x33, STATION, body(9, WHEN, STATION, "H", WHEN, b"")))
    down = frame_at(answer(up, keep_online=False) or b"")
    assert (mode_of(up), down.end, down.body, down.station) == (Mode.M2, Control.EOT, up.body[:8], STATION)


def test_mode_m3_packets_are_put_together_and_missing_ones_asked_for():
    content = body(5, WHEN, STATION, "H", WHEN, b"\xf3\xf3" + bytes(range(256)) * 4)
    frames = [frame_at(raw) for raw in upward_packets(0x36, STATION, content, 200)]
    assembler = Assembler()
    for frame in [*frames[:2], *frames[3:]]:
        message = assembler.add(frame)
    assert message.missing == [3]
    asked = frame_at(request_packet(message.frames[0], 3, WHEN))
    assert (asked.start, asked.end, asked.total, asked.index) == (Control.SYN, Control.NAK, len(frames), 3)
    assert not assembler.add(frames[2]).missing
    whole = message.merged()
    assert decode(whole).picture == bytes(range(256)) * 4
    done = frame_at(answer(whole) or b"")
    assert (mode_of(whole), done.start, done.end, done.body) == (Mode.M3, Control.SYN, Control.ESC, content[:8])


def test_too_many_unfinished_messages_are_refused():
    assembler = Assembler()
    begun = [frame_at(upward_packets(0x36, STATION, bytes(600), size)[0]) for size in (20, 40, 60, 80, 100)]
    for frame in begun[:4]:
        assembler.add(frame)
    with pytest.raises(TooLargeError):
        assembler.add(begun[4])


def test_mode_m4_query_and_response():
    asked = frame_at(
        query(station=STATION, centre=1, password="1234", function=0x37, serial=8, time="260701080000", elements=b"")
    )
    assert (asked.down, asked.end, asked.function) == (True, Control.ENQ, 0x37)
    response = frame_at(upward(0x37, STATION, body(8, WHEN, STATION, "H", WHEN, number("39", 101.25, 4, 3))))
    assert (mode_of(response), answer(response)) == (Mode.M4, None)
    assert decode(response).results == [101.25]


def test_ascii_report_and_answer():
    text = f"0007260701080000 ST {STATION} H TT 2607010755 PJ 0.5 PT 12.5 Z 101.250 Q -3.1 VT MMM DRP {'01' * 11}FF "
    frame = frame_at(upward_ascii(0x32, STATION, text))
    found = decode(frame)
    assert (found.serial, found.station_class, found.elements[:5]) == (7, "H", ["20", "26", "39", "27", "38"])
    assert found.results[:5] == [0.5, 12.5, 101.25, -3.1, None]
    assert found.results[5:] == [0.1] * 11 + [None]
    assert found.phenomena[0] == us(WHEN - timedelta(minutes=5))
    down = frame_at(answer(frame) or b"")
    assert (down.ascii, down.down, down.end, down.body) == (True, True, Control.ESC, b"0007260701080000")


def test_ascii_body_of_hex_characters():
    content = body(7, WHEN, STATION, "H", WHEN, number("39", 1.5, 4, 3))
    assert decode(frame_at(upward_ascii(0x32, STATION, content.hex().upper()))).results == [1.5]


def test_build_refuses_too_long_a_body():
    with pytest.raises(FrameError, match="4095"):
        build(station=STATION, centre=1, password="0000", function=0x32, body=bytes(4096), end=3, down=False)


sound = st.builds(lambda n, ascii_mode: _sound(n, ascii_mode), st.integers(0, 0xFFFF), st.booleans())
# garbage of the bytes that look like the beginning of something
nasty = st.lists(st.sampled_from(b"\x7e\x01\x02\x16\x00\x80\x030F"), max_size=40).map(bytes)


def _sound(serial: int, ascii_mode: bool) -> bytes:
    if ascii_mode:
        return upward_ascii(0x32, STATION, f"{serial:04X}260701080000 PJ 0.5 ")
    return upward(0x32, STATION, body(serial, WHEN, STATION, "H", WHEN, number("39", 1.0, 4, 3)))


@given(st.lists(st.tuples(nasty, sound), max_size=5), nasty, st.data())
def test_no_sound_frame_is_lost_between_garbage(pairs, tail, data):
    stream = b"".join(junk + raw for junk, raw in pairs) + tail
    resync, found = Resync(), []
    while stream:
        cut = data.draw(st.integers(1, len(stream)))
        found += resync.feed(stream[:cut])
        stream = stream[cut:]
    found += resync.flush()
    assert not resync.waiting
    frames = [item.raw for item in found if not isinstance(item, Junk)]
    assert frames == [raw for _, raw in pairs]
    assert b"".join(item.raw for item in found) == b"".join(junk + raw for junk, raw in pairs) + tail
    assert not any(isinstance(a, Junk) and isinstance(b, Junk) for a, b in itertools.pairwise(found))


@given(st.binary(max_size=2000))
def test_garbage_is_kept_whole_and_the_memory_is_bounded(data):
    resync = Resync()
    found = [*resync.feed(data), *resync.flush()]
    assert b"".join(item.raw for item in found) == data


def test_endless_garbage_is_cut_in_pieces():
    resync = Resync()
    found = [item for _ in range(40) for item in resync.feed(bytes(10_000))]
    assert 4 <= len(found) <= 7
    assert max(len(item.raw) for item in found) <= 65_536 + 10_000


def test_published_fault_wrong_crc_then_sound_frame_is_one_junk():
    raw = _sound(1, False)
    found = Resync().feed(raw[:-1] + bytes((raw[-1] ^ 1,)) + raw)
    assert [type(item) for item in found] == [Junk, type(frame_at(raw))]
    assert "CRC" in found[0].reason


def test_seven_e_inside_the_body_is_no_start():
    raw = upward(0x32, STATION, body(0x7E7E, WHEN, STATION, "H", WHEN, b""))
    assert [item.raw for item in Resync().feed(raw + raw)] == [raw, raw]

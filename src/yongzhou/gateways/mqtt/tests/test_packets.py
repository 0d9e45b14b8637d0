"""MQTT 3.1.1 packets: examples of the standard, and any bytes."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yongzhou.gateways.mqtt import packets
from yongzhou.gateways.mqtt.names import covers
from yongzhou.gateways.mqtt.packets import Kind, PacketError, Splitter
from yongzhou.testing import reference

STANDARD = "OASIS MQTT Version 3.1.1, 29 October 2014"


@reference(kind="published", source=STANDARD, clause="2.2.3, table 2.4")
@pytest.mark.parametrize(("size", "digits"), [
    (0, "00"), (127, "7f"), (128, "8001"), (16_383, "ff7f"), (16_384, "808001"), (2_097_151, "ffff7f"),
    (2_097_152, "80808001"), (268_435_455, "ffffff7f"),
])  # fmt: skip
def test_remaining_length(size, digits):
    assert packets._length(size).hex() == digits
    if size <= packets.PACKET_MAX:
        assert Splitter().feed(b"\x30" + bytes.fromhex(digits) + bytes(size)) == [(0x30, bytes(size))]
    else:
        with pytest.raises(PacketError):
            Splitter().feed(b"\x30" + bytes.fromhex(digits))


@reference(kind="published", source=STANDARD, clause="3.1.2, figure 3.6: user name, password, will, keep alive 10")
def test_connect_example():
    header = bytes.fromhex("00044d51545404ce000a")
    body = header + b"\x00\x02id" + b"\x00\x01w" + b"\x00\x03bye" + b"\x00\x01u" + b"\x00\x01p"
    found = packets.connect(body)
    assert (found.client_id, found.user, found.secret, found.keep_alive) == ("id", "u", "p", 10)
    assert found.will == packets.Will("w", b"bye", 1)


@reference(kind="published", source=STANDARD, clause="3.3.2, figure 3.11: topic a/b, identifier 10")
def test_publish_example():
    found = packets.publish(0x32, bytes.fromhex("0003612f62000a") + b"x")
    assert (found.topic, found.identifier, found.payload, found.qos) == ("a/b", 10, b"x", 1)


@reference(kind="published", source=STANDARD, clause="3.8.3, figure 3.23: a/b at 1, c/d at 2")
def test_subscribe_example():
    assert packets.subscribe(bytes.fromhex("000a0003612f62010003632f6402")) == (10, [("a/b", 1), ("c/d", 2)])


@reference(kind="published", source=STANDARD, clause="4.7.1")
@pytest.mark.parametrize(("wanted", "topic", "matches"), [
    ("sport/tennis/player1/#", "sport/tennis/player1", True),
    ("sport/tennis/player1/#", "sport/tennis/player1/score/wimbledon", True),
    ("sport/#", "sport", True),
    ("sport/tennis/+", "sport/tennis/player1", True),
    ("sport/tennis/+", "sport/tennis/player1/ranking", False),
    ("sport/+", "sport", False),
    ("sport/+", "sport/", True),
    ("+/+", "/finance", True),
    ("+", "/finance", False),
])  # fmt: skip
def test_topic_filters(wanted, topic, matches):
    assert covers(wanted, topic) is matches


@given(st.lists(st.tuples(st.integers(0, 255), st.binary(max_size=300)), max_size=8), st.integers(1, 50))
def test_a_stream_in_any_pieces_gives_the_same_packets(parts, piece):
    stream = b"".join(bytes((first,)) + packets._length(len(body)) + body for first, body in parts)
    splitter, found = Splitter(), []
    for at in range(0, len(stream), piece):
        found += splitter.feed(stream[at : at + piece])
    assert found == parts


@given(st.binary(max_size=200), st.integers(0, 255))
def test_any_bytes_are_a_packet_or_a_packet_error(body, first):
    for read in (packets.connect, packets.subscribe, packets.unsubscribe, packets.identifier):
        with contextlib.suppress(PacketError):
            read(body)
    with contextlib.suppress(PacketError):
        packets.publish(first, body)


@given(st.integers(1, 0xFFFF))
def test_acknowledgements_carry_their_identifier(number):
    for kind in (Kind.PUBACK, Kind.PUBREC, Kind.PUBREL, Kind.PUBCOMP):
        [(first, body)] = Splitter().feed(packets.acknowledgement(kind, number))
        assert (first >> 4, packets.identifier(body)) == (kind, number)

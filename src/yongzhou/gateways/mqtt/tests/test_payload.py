"""What a message says: numbers, JSON, SenML of RFC 8428, names; bad ones end with a reason and a place."""

from __future__ import annotations

import json

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from yongzhou.gateways.mqtt.hashes import DECOY, Verifier, matches
from yongzhou.gateways.mqtt.names import BadNameError, check_device
from yongzhou.gateways.mqtt.payload import PayloadError, micros, read
from yongzhou.gateways.mqtt.senml import Resolved, SenmlError, resolve
from yongzhou.testing import reference

NOW = 1_781_751_965_000_000
OW = "urn:dev:ow:10e2073a0108006:"


@reference(kind="recomputed", source="RFC 8428", clause="5.1.2, the pack of voltage and current, by the rules of 4.6")
def test_pack_of_several_times_is_resolved():
    pack = [
        {"bn": OW, "bt": 1.276020076001e9, "bu": "A", "bver": 5, "n": "voltage", "u": "V", "v": 120.1},
        {"n": "current", "t": -5, "v": 1.2},
        {"n": "current", "t": -4, "v": 1.3},
        {"n": "current", "t": -3, "v": 1.4},
        {"n": "current", "t": -2, "v": 1.5},
        {"n": "current", "t": -1, "v": 1.6},
        {"n": "current", "v": 1.7},
    ]
    by_hand = [
        (f"{OW}voltage", "V", 1.276020076001e9, 120.1),
        (f"{OW}current", "A", 1.276020071001e9, 1.2),
        (f"{OW}current", "A", 1.276020072001e9, 1.3),
        (f"{OW}current", "A", 1.276020073001e9, 1.4),
        (f"{OW}current", "A", 1.276020074001e9, 1.5),
        (f"{OW}current", "A", 1.276020075001e9, 1.6),
        (f"{OW}current", "A", 1.276020076001e9, 1.7),
    ]
    resolved = resolve(pack, NOW / 1e6)
    assert [(one.name, one.unit, one.time, one.value) for one in resolved] == by_hand


HUMIDITY = "urn:dev:ow:10e2073a01080063"


@reference(kind="published", source="RFC 8428", clause="5.1.3 and 5.1.4: multiple measurements and their resolved data")
def test_resolved_data_is_as_published():
    pack = [
        {"bn": HUMIDITY, "bt": 1.320067464e9, "bu": "%RH", "v": 20},
        {"u": "lon", "v": 24.30621},
        {"u": "lat", "v": 60.07965},
        {"t": 60, "v": 20.3},
        {"u": "lon", "t": 60, "v": 24.30622},
        {"u": "lat", "t": 60, "v": 60.07965},
        {"t": 120, "v": 20.7},
        {"u": "lon", "t": 120, "v": 24.30623},
        {"u": "lat", "t": 120, "v": 60.07966},
        {"u": "%EL", "t": 150, "v": 98},
        {"t": 180, "v": 21.2},
        {"u": "lon", "t": 180, "v": 24.30628},
        {"u": "lat", "t": 180, "v": 60.07967},
    ]
    published = [
        ("%RH", 1.320067464e9, 20), ("lon", 1.320067464e9, 24.30621), ("lat", 1.320067464e9, 60.07965),
        ("%RH", 1.320067524e9, 20.3), ("lon", 1.320067524e9, 24.30622), ("lat", 1.320067524e9, 60.07965),
        ("%RH", 1.320067584e9, 20.7), ("lon", 1.320067584e9, 24.30623), ("lat", 1.320067584e9, 60.07966),
        ("%EL", 1.320067614e9, 98), ("%RH", 1.320067644e9, 21.2), ("lon", 1.320067644e9, 24.30628),
        ("lat", 1.320067644e9, 60.07967),
    ]  # fmt: skip
    resolved = resolve(pack, NOW / 1e6)
    assert {one.name for one in resolved} == {HUMIDITY}
    assert [(one.unit, one.time, one.value) for one in resolved] == published


def test_cbor_pack_says_the_same_as_json():
    pack = cbor2.dumps([{-2: OW, -3: 1_320_067_464, 0: "voltage", 1: "V", 2: 120.1}, {0: "current", 6: -5, 2: 1.2}])
    found = read("10e2073a0108006", "", pack, NOW)
    assert (found.elements, found.results) == (["voltage", "current"], [120.1, 1.2])
    assert found.phenomena == [1_320_067_464_000_000, 1_320_067_459_000_000]


@reference(kind="published", source="RFC 8428", clause="5.1.1")
def test_single_data_point_is_now():
    assert resolve([{"n": "urn:dev:ow:10e2073a01080063", "u": "Cel", "v": 23.1}], 100.0) == [
        Resolved("urn:dev:ow:10e2073a01080063", "Cel", 100.0, 23.1, None)
    ]


@reference(kind="published", source="RFC 8428", clause="4.5.3")
def test_times_below_2_to_the_28_are_offsets_to_now():
    assert resolve([{"n": "a", "t": 2**28 - 1, "v": 1}], 10.0)[0].time == 10.0 + 2**28 - 1
    assert resolve([{"n": "a", "t": 2**28, "v": 1}], 10.0)[0].time == 2**28


def test_base_value_and_sum_are_added():
    pack = [{"bn": "a", "bv": 20.0, "v": 1.5, "bs": 100.0, "s": 5.0}, {"v": -0.5}]
    assert [(one.value, one.total) for one in resolve(pack, 0.0)] == [(21.5, 105.0), (19.5, 100.0)]


@pytest.mark.parametrize(
    ("pack", "where"),
    [
        ([], "第 1 条"), ([5], "第 1 条"), ([{"n": "a"}], "第 1 条"), ([{"n": "a", "v": "x"}], "v"),
        ([{"n": 1, "v": 1}], "n"),
        ([{"n": "a", "v": 1}, {"n": "b", "v": 1, "x_": 2}], "第 2 条"), ([{"bver": 99, "n": "a", "v": 1}], "bver"),
        ([{"n": "a", "v": 1, "vb": True}], "第 1 条"), ([{"n": "a", "vb": 1}], "vb"), ([{"n": "a", "v": 10**400}], "v"),
    ],
)  # fmt: skip
def test_a_broken_pack_says_where(pack, where):
    with pytest.raises(SenmlError) as caught:
        resolve(pack, 0.0)
    assert where in caught.value.where


def test_bare_number_is_the_topic_s_element_now():
    found = read("pump-1", "level", b" 12.50 ", NOW)
    assert (found.elements, found.phenomena, found.results, found.dated) == (["level"], [NOW], [12.5], False)


@pytest.mark.parametrize(
    ("t", "expected"),
    [
        ("2026-06-18T11:06:05+08:00", 1_781_751_965_000_000),
        ("2026-06-18T03:06:05.250Z", 1_781_751_965_250_000),
        (1_781_751_965, 1_781_751_965_000_000),
        (1_781_751_965_250, 1_781_751_965_250_000),
    ],
)
def test_object_with_time(t, expected):
    found = read("d", "level", json.dumps({"t": t, "v": 3}).encode(), NOW)
    assert (found.phenomena, found.results, found.dated) == ([expected], [3.0], True)


def test_null_is_a_missing_value_and_true_is_one():
    assert read("d", "x", b'{"v": null}', NOW).results == [None]
    assert read("d", "x", b'{"v": true}', NOW).results == [1.0]


def test_pack_elements_drop_the_device_s_own_name():
    pack = [{"bn": "urn:dev:d1:", "n": "level", "v": 1}, {"n": "rain", "v": 2}, {"bn": "", "n": "other", "v": 3}]
    assert read("d1", "senml", json.dumps(pack).encode(), NOW).elements == ["level", "rain", "other"]


def test_pack_without_names_takes_the_topic_and_text_values_stay_in_the_frame():
    pack = [{"v": 1}, {"n": "version", "vs": "1.2"}]
    assert read("d1", "level", json.dumps(pack).encode(), NOW).elements == ["level"]


def test_pack_of_absolute_times_is_dated():
    assert read("d", "x", b'[{"bt": 1781751965, "n": "a", "v": 1}]', NOW).dated
    assert not read("d", "x", b'[{"t": -5, "n": "a", "v": 1}]', NOW).dated


@pytest.mark.parametrize(
    ("payload", "word"),
    [
        (b"", "数字"), (b"twelve", "数字"), (b"{}", "v"), (b'{"v": "x"}', "v"), (b'{"v": 1, "u": "m"}', "u"),
        (b'{"v": NaN}', "NaN"), (b'{"v": 1e999}', "范围"), (b"1e999", "范围"), (b'{"v": 1', "JSON"), (b"[", "JSON"),
        (b'{"v": 1, "t": "2026-06-18T03:06:05"}', "时区"), (b'{"v": 1, "t": "yesterday"}', "ISO"),
        (b'{"v": 1, "t": -5}', "时间"), (b'{"v": 1, "t": true}', "t"), (b"[" * 20_000, "JSON"), (b"\xff\xfe", "数字"),
        (b'{"v": "\xff"}', "JSON"), (b"[]", "空"), (b'[{"n": "a b", "v": 1}]', "字符"), (b"1" * 70_000, "字节"),
    ],
)  # fmt: skip
def test_a_payload_that_says_nothing_has_a_reason(payload, word):
    with pytest.raises(PayloadError) as caught:
        read("d", "x", payload, NOW)
    assert word in str(caught.value)


@given(st.binary(max_size=200))
def test_any_bytes_are_observations_or_a_payload_error(payload):
    try:
        found = read("d", "x", payload, NOW)
    except PayloadError:
        return
    assert len(found.elements) == len(found.phenomena) == len(found.results) > 0


_json = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["n", "v", "t", "bn", "bt", "vs", "s", "bver", "x"]), inner, max_size=5)
    ),
)


@given(_json)
def test_any_json_is_observations_or_a_payload_error(document):
    try:
        read("d", "x", json.dumps(document).encode(), NOW)
    except PayloadError:
        return


@given(st.text(max_size=30) | st.floats() | st.integers() | st.booleans() | st.none())
def test_any_time_is_microseconds_or_a_payload_error(value):
    try:
        assert micros(value) is not None
    except PayloadError:
        return


@pytest.mark.parametrize("name", ["pump 1", "pump.1", "*", ">", "a+b", "a#", "a/b", "", "x" * 65, "泵", "a\n"])
def test_names_with_blanks_or_wildcards_are_refused(name):
    with pytest.raises(BadNameError):
        check_device(name)


DJANGO = (
    "scrypt$16384$salt0123456789$8$5$"
    "qCMlo6DJpzSqWtmBr+uOsAAfJpldCpgeVW3o2LnE3wgcr8yq+EaBrMs4bTbu+pITpqjBuWF2Ehh2/RKkxFiIaA==",
    "pbkdf2_sha256$1000$salt0123456789$RTL0ztT/B/ZUKZUxsh194zDObEiOm8sfNN4cMgFvEPY=",
)


@reference(kind="recomputed", source="Django 5.2", clause="ScryptPasswordHasher, PBKDF2PasswordHasher: encode('right')")
@pytest.mark.parametrize("encoded", DJANGO)
def test_hashes_of_django_are_checked(encoded):
    assert matches(encoded, "right")
    assert not matches(encoded, "wrong")


@reference(kind="published", source="RFC 7914", clause="12, fourth vector N=16384 r=8 p=1, password pleaseletmein")
def test_scrypt_gives_the_published_key():
    key = bytes.fromhex(
        "7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2"
        "d5432955613f0fcf62d49705242a9af9e61e85dc0d651e40dfcf017b45575887"
    )
    import base64

    assert matches(f"scrypt$16384$SodiumChloride$8$1${base64.b64encode(key).decode()}", "pleaseletmein")


@reference(kind="published", source="FIPS 180-4", clause="SHA-256 example of one block, abc")
def test_key_hash_is_sha256():
    digest = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert matches(digest, "abc")
    assert not matches(digest, "abd")


@pytest.mark.parametrize(
    "encoded", ["", "x", "scrypt$1$2", "md5$a$b", "scrypt$-5$s$8$1$AAAA", "scrypt$16384$s$8$1$!", DECOY]
)
def test_other_hashes_match_nothing(encoded):
    assert not matches(encoded, "")


def test_verifier_remembers_only_what_was_right():
    verifier = Verifier()
    assert not verifier.check(DECOY, "x")
    assert not verifier.check(DECOY, "x")

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yongzhou.core.crypto import CipherError, blind, seal, unseal, uuid7
from yongzhou.core.crypto.keys import rotate
from yongzhou.core.home import Home


@pytest.fixture(autouse=True, scope="module")
def _home(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DATA", str(tmp_path_factory.mktemp("home")))
        yield


@given(st.text(), st.text(max_size=40))
def test_opens_in_its_context(text, context):
    assert unseal(seal(text, context), context) == text


def test_other_context_is_refused():
    with pytest.raises(CipherError, match="不属于这一字段"):
        unseal(seal("431103199001011234", "person.id"), "person.phone")


def test_altered_value_is_refused():
    value = seal("13800000000", "c")
    with pytest.raises(CipherError):
        unseal(value[:-6] + ("AAAAAA" if value[-6:] != "AAAAAA" else "BBBBBB"), "c")


@given(st.text())
def test_any_text_that_is_no_sealed_value_is_refused(text):
    with pytest.raises(CipherError):
        unseal(text, "c")


def test_old_values_open_after_rotation():
    old = seal("甲", "c")
    number = rotate(Home.here())
    assert unseal(old, "c") == "甲"
    assert seal("乙", "c").startswith(f"sm4:{number}:")


def test_same_text_seals_differently_but_has_one_blind_index():
    assert seal("甲", "c") != seal("甲", "c")
    assert blind("43110319900101123x", "id") == blind("４３１１０３ 19900101 123Ｘ", "id")


def test_blind_indexes_of_two_kinds_do_not_match():
    assert blind("13800000000", "phone") != blind("13800000000", "id")


def test_uuid7_rises_and_says_its_version():
    ids = [uuid7() for _ in range(5000)]
    assert ids == sorted(ids)
    assert {(i.version, i.variant) for i in ids} == {(7, "specified in RFC 4122")}

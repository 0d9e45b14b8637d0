from hypothesis import given
from hypothesis import strategies as st

from yongzhou.core.audit import merkle
from yongzhou.core.crypto import sm3
from yongzhou.testing import reference


def by_definition(entries):
    """RFC 6962, 2.1, word for word, with SM3 for SHA-256."""
    if not entries:
        return sm3()
    if len(entries) == 1:
        return sm3(b"\x00", entries[0])
    k = 1
    while k * 2 < len(entries):
        k *= 2
    return sm3(b"\x01", by_definition(entries[:k]), by_definition(entries[k:]))


@reference("recomputed", source="RFC 6962", clause="2.1")
@given(st.lists(st.binary(max_size=8), max_size=40))
def test_root_is_that_of_the_definition(entries):
    assert merkle.root([merkle.leaf(entry) for entry in entries]) == by_definition(entries)

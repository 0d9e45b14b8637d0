"""The pace of guessers: free tries, doubling, a cap."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from yongzhou.core.people.domain.delays import PLACE, SPRAY, STRANGERS, Pace
from yongzhou.core.people.domain.recovery import ALPHABET, folded, new_code


def test_free_tries_then_doubling_to_the_cap() -> None:
    pace = Pace(free=2, first_s=10, cap_s=35)
    assert [pace.wait(failures).total_seconds() for failures in range(6)] == [0, 0, 10, 20, 35, 35]


@given(st.integers(0, 10**9))
def test_a_wait_never_shrinks_and_is_never_for_ever(failures: int) -> None:
    for pace in (PLACE, STRANGERS, SPRAY):
        assert pace.wait(failures) <= pace.wait(failures + 1) <= timedelta(seconds=pace.cap_s) <= timedelta(minutes=15)


def test_codes_are_long_random_and_read_without_doubt() -> None:
    codes = {new_code() for _ in range(200)}
    assert len(codes) == 200
    assert all(len(folded(code)) == 12 and set(folded(code)) <= set(ALPHABET) for code in codes)
    assert not set(ALPHABET) & set("01ILOU")


@given(st.text(max_size=30))
def test_folding_is_stable(text: str) -> None:
    assert folded(folded(text)) == folded(text)

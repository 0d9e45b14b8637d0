"""One-time codes against the published vectors, and each code once."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.hashes import SHA1, SHA256, SHA512
from hypothesis import given
from hypothesis import strategies as st

from yongzhou.core.people.domain.totp import STEP_S, address_of, code_at, matching_step, step_of, text_of
from yongzhou.testing import reference

SECRET = b"12345678901234567890"
LONG = {SHA1: SECRET, SHA256: (SECRET * 2)[:32], SHA512: (SECRET * 4)[:64]}
APPENDIX_B = [
    (59, "94287082", "46119246", "90693936"),
    (1111111109, "07081804", "68084774", "25091201"),
    (1111111111, "14050471", "67062674", "99943326"),
    (1234567890, "89005924", "91819424", "93441116"),
    (2000000000, "69279037", "90698825", "38618901"),
    (20000000000, "65353130", "77737706", "47863826"),
]
APPENDIX_D = ["755224", "287082", "359152", "969429", "338314", "254676", "287922", "162583", "399871", "520489"]


@reference(kind="published", source="RFC 6238", clause="Appendix B")
@pytest.mark.parametrize(("seconds", "sha1", "sha256", "sha512"), APPENDIX_B)
def test_time_based_vectors(seconds: int, sha1: str, sha256: str, sha512: str) -> None:
    for kind, wanted in ((SHA1, sha1), (SHA256, sha256), (SHA512, sha512)):
        assert code_at(LONG[kind], step_of(seconds), digits=8, algorithm=kind()) == wanted


@reference(kind="published", source="RFC 4226", clause="Appendix D")
@pytest.mark.parametrize(("counter", "wanted"), list(enumerate(APPENDIX_D)))
def test_counter_based_vectors(counter: int, wanted: str) -> None:
    assert code_at(SECRET, counter) == wanted


@reference(kind="published", source="RFC 4648", clause="10")
def test_base32_without_padding() -> None:
    assert text_of(b"foobar") == "MZXW6YTBOI"


@given(st.integers(0, 2**40), st.integers(-3, 3))
def test_a_code_holds_one_step_around_and_once(seconds: int, off: int) -> None:
    step = step_of(seconds) + off
    if step < 0:
        return
    found = matching_step(SECRET, code_at(SECRET, step), seconds)
    if abs(off) <= 1:
        assert found is not None
        assert matching_step(SECRET, code_at(SECRET, found), seconds, after=found) in (None, found + 1)
    elif found is not None:  # the same six digits by chance
        assert code_at(SECRET, found) == code_at(SECRET, step)


@pytest.mark.parametrize("typed", ["", "28708", "2870822", "２８７０８２", "28708a", "-87082", "287082\0"])
def test_what_is_no_code_is_wrong(typed: str) -> None:
    assert matching_step(SECRET, typed, STEP_S) is None


def test_blanks_in_a_typed_code_do_not_count() -> None:
    assert matching_step(SECRET, " 287 082 ", STEP_S) == 1


def test_the_address_of_the_qr_code_names_issuer_and_account() -> None:
    assert address_of(SECRET, "周", "数字永州").startswith(
        "otpauth://totp/%E6%95%B0%E5%AD%97%E6%B0%B8%E5%B7%9E:%E5%91%A8?"
    )

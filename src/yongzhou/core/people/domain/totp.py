"""Time-based one-time codes: RFC 6238 over `cryptography`, 6 digits, 30 s, HMAC-SHA-1 as authenticator apps expect."""

from __future__ import annotations

import base64
import hmac
from typing import Final
from urllib.parse import quote, urlencode

from cryptography.hazmat.primitives.hashes import SHA1, SHA256, SHA512
from cryptography.hazmat.primitives.twofactor.hotp import HOTP

STEP_S: Final = 30
DIGITS: Final = 6
DRIFT: Final = 1  # steps before and after: RFC 6238, 5.2 recommends at most one for the network's delay
SECRET_BYTES: Final = 20  # RFC 4226, 4 R6: 160 bits


def code_at(
    secret: bytes, counter: int, *, digits: int = DIGITS, algorithm: SHA1 | SHA256 | SHA512 | None = None
) -> str:
    """The code of one time step."""
    made = HOTP(secret, digits, algorithm or SHA1(), enforce_key_length=False).generate(counter)  # noqa: S303
    return made.decode()


def step_of(seconds: float) -> int:
    """The time step of an instant in Unix seconds (T0 = 0)."""
    return int(seconds) // STEP_S


def matching_step(secret: bytes, code: str, seconds: float, *, after: int = -1) -> int | None:
    """The step whose code was given, within the drift and later than the last used one; None for a wrong code.

    A code is good once (RFC 6238, 5.2): the caller keeps the step and gives it as `after` next time.
    """
    given = "".join(code.split())
    if len(given) != DIGITS or not given.isascii() or not given.isdigit():
        return None
    now = step_of(seconds)
    found = None
    for step in range(now - DRIFT, now + DRIFT + 1):
        if step > after and step >= 0 and hmac.compare_digest(code_at(secret, step), given):
            found = step
    return found


def text_of(secret: bytes) -> str:
    """Base32 without padding, as authenticator apps take it by hand."""
    return base64.b32encode(secret).decode().rstrip("=")


def address_of(secret: bytes, account: str, issuer: str) -> str:
    """The `otpauth://` address that a QR code carries."""
    words = urlencode({"secret": text_of(secret), "issuer": issuer, "digits": DIGITS, "period": STEP_S})
    return f"otpauth://totp/{quote(issuer)}:{quote(account)}?{words}"

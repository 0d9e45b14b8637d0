"""SM3 digest (GB/T 32905-2016) and HMAC-SM3 (GM/T 0042-2015), both from `cryptography`."""

from __future__ import annotations

from typing import Final

from cryptography.hazmat.primitives.hashes import SM3, Hash
from cryptography.hazmat.primitives.hmac import HMAC
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

DIGEST_BYTES: Final = 32


def sm3(*parts: bytes) -> bytes:
    """32-byte SM3 digest of the parts put end to end."""
    digest = Hash(SM3())
    for part in parts:
        digest.update(part)
    return digest.finalize()


def hmac_sm3(key: bytes, message: bytes) -> bytes:
    """32-byte HMAC-SM3 of one message."""
    mac = HMAC(key, SM3())
    mac.update(message)
    return mac.finalize()


def derive(secret: bytes, use: str, length: int) -> bytes:
    """`length` bytes of key material for one named use: HKDF (RFC 5869) over SM3."""
    return HKDF(algorithm=SM3(), length=length, salt=None, info=use.encode()).derive(secret)

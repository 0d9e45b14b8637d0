"""Check a device's secret against its stored hash, in constant time: SHA-256 of a random key, scrypt, or PBKDF2."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import os
import re
from collections import OrderedDict
from typing import Final

SECRET_MAX: Final = 256
REMEMBERED: Final = 50_000
_MEMORY: Final = 128 * 1024 * 1024
_ITERATIONS_MAX: Final = 5_000_000
# a hash of nothing that anybody knows: an unknown device costs as much time as a known one with an issued key
DECOY: Final = "0" * 64
_SHA256: Final = re.compile(r"[0-9a-f]{64}")


def matches(encoded: str, secret: str) -> bool:
    """Whether `secret` gives the hash `encoded`; a hash of an unknown form matches nothing.

    Forms: 64 hex digits (SHA-256, of the random keys that iot_sensing issues), and for secrets that people chose
    `scrypt$N$salt$r$p$base64` and `pbkdf2_sha256$rounds$salt$base64` as Django writes them.
    """
    if _SHA256.fullmatch(encoded):
        return hmac.compare_digest(hashlib.sha256(secret.encode()).hexdigest(), encoded)
    try:
        kind, cost, salt, *rest = encoded.split("$")
        wanted = base64.b64decode(rest[-1], validate=True)
        if kind == "scrypt" and len(rest) == 3:
            block, parallel = int(rest[0]), int(rest[1])
            given = hashlib.scrypt(
                secret.encode(), salt=salt.encode(), n=int(cost), r=block, p=parallel, maxmem=_MEMORY, dklen=64
            )
        elif kind == "pbkdf2_sha256" and len(rest) == 1 and 0 < int(cost) <= _ITERATIONS_MAX:
            given = hashlib.pbkdf2_hmac("sha256", secret.encode(), salt.encode(), int(cost))
        else:
            return False
    except (ValueError, TypeError, IndexError, OverflowError, binascii.Error):
        return False
    return hmac.compare_digest(given, wanted)


class Verifier:
    """`matches`, remembering what has matched: ten thousand devices come back at once after a power cut.

    What is remembered is a keyed digest of hash and secret with a key of this process.
    """

    def __init__(self) -> None:
        self._key = os.urandom(32)
        self._matched: OrderedDict[bytes, None] = OrderedDict()

    def check(self, encoded: str, secret: str) -> bool:
        """Whether the secret is right; safe to call from several threads."""
        digest = hashlib.blake2b(f"{encoded}\n{secret}".encode(), key=self._key, digest_size=16).digest()
        if digest in self._matched:
            return True
        if not matches(encoded, secret):
            return False
        if len(self._matched) >= REMEMBERED:
            self._matched.popitem(last=False)
        self._matched[digest] = None
        return True

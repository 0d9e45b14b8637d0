"""Keys of this home's field cipher: numbered secrets below `DATA/secrets`, the highest number seals, all unseal."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

from yongzhou.core.crypto.sm3 import derive
from yongzhou.core.home import Home

_NAME: Final = re.compile(r"field_key_(\d+)")


@dataclass(frozen=True, slots=True)
class Keyring:
    """SM4 keys by id, the id that seals, and the secret of blind indexes.

    The blind secret does not rotate with the keys: equality must hold between rows of different years.
    """

    keys: dict[int, bytes]
    current: int
    blind_secret: bytes

    @classmethod
    def of(cls, home: Home) -> Keyring:
        """The keyring of one home; makes key 1 on first use."""
        numbers = _numbers(home.data / "secrets") or [1]
        return cls(
            keys={n: derive(bytes.fromhex(home.secret(f"field_key_{n}")), "field cipher SM4-GCM", 16) for n in numbers},
            current=max(numbers),
            blind_secret=bytes.fromhex(home.secret("blind_key")),
        )


def _numbers(folder: Path) -> list[int]:
    names = (_NAME.fullmatch(path.name) for path in folder.glob("field_key_*"))
    return [int(name[1]) for name in names if name]


@lru_cache(maxsize=4)
def keyring(home: Home) -> Keyring:
    """The keyring of one home, read once a process; `rotate` and an unknown key id read it again."""
    return Keyring.of(home)


def rotate(home: Home) -> int:
    """Add a new key that seals from now on and return its id; older values stay readable.

    SM4-GCM with random 96-bit nonces asks for a new key before 2^32 values (NIST SP 800-38D, 8.3).
    """
    number = max(_numbers(home.data / "secrets") or [0]) + 1
    home.secret(f"field_key_{number}")
    keyring.cache_clear()
    return number

"""Words that stand in for a lost authenticator or a first password: short, random, read aloud without doubt."""

from __future__ import annotations

import secrets
from typing import Final

ALPHABET: Final = "23456789ABCDEFGHJKMNPQRSTVWXYZ"  # no 0/O, 1/I/L, U
GROUPS: Final = 3
LENGTH: Final = 4  # 12 signs of 30: 58 bits, tried at the pace of `delays.SECOND`


def new_code(groups: int = GROUPS) -> str:
    """One code, `XXXX-XXXX-XXXX`."""
    return "-".join("".join(secrets.choice(ALPHABET) for _ in range(LENGTH)) for _ in range(groups))


def folded(text: str) -> str:
    """What was typed, without blanks, hyphens and case."""
    return "".join(text.split()).replace("-", "").upper()

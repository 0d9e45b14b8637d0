"""Merkle tree over SM3 in the manner of RFC 6962, 2.1: leaves and nodes are told apart by their first byte."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from yongzhou.core.crypto.sm3 import sm3

_LEAF: Final = b"\x00"
_NODE: Final = b"\x01"


def leaf(content: bytes) -> bytes:
    """Digest of one leaf."""
    return sm3(_LEAF, content)


def root(leaves: Sequence[bytes]) -> bytes:
    """Root over leaf digests; the empty tree has the digest of nothing.

    Pairing level by level and moving an odd one up gives the same tree as the recursive split at the largest power
    of two of RFC 6962.
    """
    level = list(leaves)
    if not level:
        return sm3()
    while len(level) > 1:
        odd = level[-1:] if len(level) % 2 else []
        level = [sm3(_NODE, a, b) for a, b in zip(level[::2], level[1::2], strict=False)] + odd
    return level[0]

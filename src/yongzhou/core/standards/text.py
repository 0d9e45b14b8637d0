"""Keys of Chinese text: equal for a person, equal for a machine."""

from __future__ import annotations

from typing import Final

_WIDE: Final = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: 0x20}


def fold_width(text: str) -> str:
    """Full-width ASCII and the ideographic space as their half-width forms; all else stays, Chinese signs too."""
    return text.translate(_WIDE)


def pinyin_key(text: str) -> str:
    """Toneless pinyin without blanks, in lower case, for sorting and for search by sound: 零陵区 -> linglingqu."""
    from pypinyin import lazy_pinyin

    return "".join("".join(lazy_pinyin(fold_width(text))).lower().split())

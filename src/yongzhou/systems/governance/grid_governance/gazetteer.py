"""Which division a written address speaks of: the longest names of the register, from county down. No Django."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

_SHORT: Final = (
    *("街道办事处", "街道", "民族乡", "瑶族乡", "镇", "乡", "县", "区", "市"),
    *("社区居委会", "居委会", "村委会", "村", "社区"),
)
_LEVELS: Final = {4: 0.2, 6: 0.5, 9: 0.8, 12: 0.95}


@dataclass(frozen=True, slots=True)
class Found:
    """A division: code, the words that named it, confidence 0 to 1 (a village surer than a county), rivals."""

    code: str
    words: tuple[str, ...]
    confidence: float
    rivals: int = 0


class Gazetteer:
    """Names of divisions by code; a code's parent is its prefix."""

    def __init__(self, names: Iterable[tuple[str, str]]) -> None:
        self._names: dict[int, list[tuple[str, str]]] = {}
        for code, name in names:
            forms = {name, *(_bare(name))}
            self._names.setdefault(len(code), []).extend((form, code) for form in forms if len(form) >= 2)
        for level in self._names.values():
            level.sort(key=lambda pair: (-len(pair[0]), pair[1]))

    def find(self, text: str, within: str = "") -> Found | None:
        """The deepest division that the text names inside `within`; None where it names none.

        A full name beats a short one, a deeper level wins only inside the one found above it. A village's short name
        alone (two letters occur everywhere) counts only below a township that is named too.
        """
        plain = "".join(text.split())
        code, words, rivals = within, [], 0
        for digits in (6, 9, 12):
            if len(code) >= digits:
                continue
            hits = [
                (name, found)
                for name, found in self._names.get(digits, ())
                if found.startswith(code) and name in plain and (digits < 12 or len(code) >= 9 or len(name) >= 4)
            ]
            if not hits:
                continue
            best = [found for name, found in hits if len(name) == len(hits[0][0])]
            unique = sorted(set(best))
            if len(unique) > 1:
                rivals = len(unique)
                continue
            code, rivals = unique[0], 0
            words.append(hits[0][0])
            plain = plain.replace(hits[0][0], " ")  # a village is often named like its town: one word names one level
        if not words:
            return None
        return Found(code, tuple(words), _LEVELS.get(len(code), 0.5) * (0.6 if rivals else 1.0), rivals)


def _bare(name: str) -> list[str]:
    endings = [ending for ending in _SHORT if name.endswith(ending) and len(name) - len(ending) >= 2]
    return [name.removesuffix(endings[0])] if endings else []

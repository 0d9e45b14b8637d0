"""Which event type a report speaks of: keyword rules with exclusions and a score, or abstention. No Django."""

from __future__ import annotations

import csv
import io
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

SURE: Final = 0.5  # share of the best type from which a machine may decide
MARGIN: Final = 0.15  # and its lead over the second
DOUBT: Final = 1.0  # weight of "none of these": one weak rule alone stays below certainty
BONUS: Final = 0.5  # each further phrase of a rule that also occurs


class KeywordError(ValueError):
    """A keyword row that cannot be used; the Chinese text names its line and the remedy."""


@dataclass(frozen=True, slots=True)
class Keyword:
    """One row: phrases (all words of one phrase must occur), words that forbid it, type code, weight."""

    phrases: tuple[tuple[str, ...], ...]
    excluded: tuple[str, ...]
    type: str
    weight: float


@dataclass(frozen=True, slots=True)
class Guess:
    """One candidate: type code, share of all evidence in [0, 1), the words that decided."""

    type: str
    share: float
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Classification:
    """The best three, and whether a person has to choose."""

    guesses: tuple[Guess, ...]
    abstain: bool
    reason: str

    @property
    def type(self) -> str | None:
        """The decided type code; None where the classifier abstains."""
        return None if self.abstain else self.guesses[0].type


def read_keywords(source: Path | str) -> tuple[Keyword, ...]:
    """The rows of `keywords.csv` (words, excluded, type, weight): a path, or the text itself.

    `words` are phrases separated by `|`, words of a phrase by a blank. Raises `KeywordError` for a row without
    words or with a weight that is no positive number.
    """
    text = source.read_text(encoding="utf-8") if isinstance(source, Path) else source
    found = []
    for line, row in enumerate(csv.DictReader(io.StringIO(text)), start=2):
        phrases = tuple(words for phrase in row["words"].split("|") if (words := tuple(phrase.split())))
        try:
            weight = float(row["weight"])
        except ValueError as error:
            raise KeywordError(f"关键词表第 {line} 行：权重「{row['weight']}」不是数字；请填 1 到 5") from error
        if not phrases or weight <= 0:
            raise KeywordError(f"关键词表第 {line} 行：没有关键词或权重不大于 0；请补全")
        found.append(Keyword(phrases, tuple(row["excluded"].split()), row["type"], weight))
    return tuple(found)


def normal(text: str) -> str:
    """Text as the rules see it: one width, lower case, no blanks."""
    return "".join(unicodedata.normalize("NFKC", text).lower().split())


def classify(text: str, keywords: Sequence[Keyword], allowed: Iterable[str] | None = None) -> Classification:
    """The type of a report, or abstention with the best three.

    `allowed` narrows to the types that may come by this door. A type's evidence is the sum of its rules' weights; its
    share is that sum over all evidence plus `DOUBT`.
    """
    plain, only = normal(text), None if allowed is None else frozenset(allowed)
    evidence: dict[str, float] = {}
    words: dict[str, list[str]] = {}
    for keyword in keywords:
        if (only is not None and keyword.type not in only) or any(word in plain for word in keyword.excluded):
            continue
        if hits := [phrase for phrase in keyword.phrases if all(word in plain for word in phrase)]:
            gain = keyword.weight + BONUS * (len(hits) - 1)
            evidence[keyword.type] = evidence.get(keyword.type, 0.0) + gain
            words.setdefault(keyword.type, []).extend(" ".join(phrase) for phrase in hits)
    return _judged(evidence, words)


def _judged(evidence: Mapping[str, float], words: Mapping[str, Sequence[str]]) -> Classification:
    total = sum(evidence.values()) + DOUBT
    ranked = sorted(evidence, key=lambda code: (-evidence[code], code))[:3]
    guesses = tuple(Guess(code, evidence[code] / total, tuple(dict.fromkeys(words[code]))) for code in ranked)
    if not guesses:
        return Classification((), True, "没有命中任何关键词，请人工归类")
    best = guesses[0]
    lead = best.share - (guesses[1].share if len(guesses) > 1 else 0.0)
    if best.share < SURE:
        return Classification(guesses, True, f"把握只有 {best.share:.0%}，请人工归类")
    if lead < MARGIN:
        return Classification(guesses, True, "前两类很接近，请人工归类")
    return Classification(guesses, False, f"命中：{'、'.join(best.words)}")

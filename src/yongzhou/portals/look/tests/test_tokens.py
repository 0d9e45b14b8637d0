"""Every pair of tokens that meets on a page reaches the contrast of WCAG 2.2 AA: 4.5 for words, 3 for shapes."""

import re
from pathlib import Path

import pytest

from yongzhou.testing import reference

LOOK = Path(__file__).resolve().parents[1] / "static" / "look"
CSS = (LOOK / "tokens.css").read_text()


def _tokens(selector: str) -> dict[str, str]:
    block = re.search(re.escape(selector) + r"\s*\{(.*?)\n\}", CSS, re.DOTALL)
    assert block is not None
    return dict(re.findall(r"--([\w-]+):\s*(#[0-9A-Fa-f]{6})", block[1]))


LIGHT = _tokens(":root")
DARK = {**LIGHT, **_tokens('[data-theme="dark"]')}


def luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


WORDS = [
    *((text, ground) for text in ("text", "text-2") for ground in ("ground", "surface", "sunken")),
    *((text, ground) for text in ("link", "accent", "good") for ground in ("ground", "surface")),
    ("accent", "accent-soft"),
    ("text-2", "accent-soft"),
    ("on-fill", "accent"),
    ("on-fill", "accent-hover"),
    ("good", "good-soft"),
    *(("text", f"m-{k}") for k in range(5)),
    *((f"w{k}-text", ground) for k in range(1, 5) for ground in ("surface", "ground", f"w{k}-soft")),
    *((f"w{k}-on", f"w{k}-fill") for k in range(1, 5)),
    *((text, f"w{k}-soft") for k in range(1, 5) for text in ("text", "text-2", "link")),
]
SHAPES = [
    ("line-strong", "surface"),
    ("line-strong", "ground"),
    ("w1-fill", "surface"),
    ("w2-fill", "surface"),
    ("w3-edge", "surface"),
    ("w4-fill", "surface"),
    ("d-main", "surface"),
    ("d-rain", "surface"),
    ("d-storm", "surface"),
]


@reference(kind="published", source="WCAG 2.2", clause="relative luminance: black on white is 21")
def test_contrast_of_black_on_white() -> None:
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21)


@pytest.mark.parametrize("tokens", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize(("one", "other"), WORDS)
def test_words(tokens: dict[str, str], one: str, other: str) -> None:
    assert contrast(tokens[one], tokens[other]) >= 4.5


@pytest.mark.parametrize("tokens", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize(("one", "other"), SHAPES)
def test_shapes(tokens: dict[str, str], one: str, other: str) -> None:
    assert contrast(tokens[one], tokens[other]) >= 3


def test_components_name_no_colour_of_their_own() -> None:
    allowed = {"#E3EEF2", "#93AAB6", "#9FD6A8", "#8CC4FF", "#FFF"}  # code on ink, paper
    for name in ("components.css", "shell.css"):
        assert set(re.findall(r"#[0-9A-Fa-f]{3,6}\b", (LOOK / name).read_text())) <= allowed


def test_every_token_used_is_defined() -> None:
    defined = set(re.findall(r"--([\w-]+):", CSS + (LOOK / "shell.css").read_text()))
    used = {name for path in LOOK.glob("*.css") for name in re.findall(r"var\(--([\w-]+)\)", path.read_text())}
    assert used <= defined

"""The browser draws Chinese text and WebGL."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from tests.support.fixtures import PageAt

pytestmark = pytest.mark.browser


def test_chinese_glyphs_differ(page_at: PageAt) -> None:
    page = page_at(400, 200)
    style = "font-size:60px;display:inline-block"
    page.set_content(f"<p id=a style='{style}'>永州</p><br><p id=b style='{style}'>数字</p>")
    first, second = page.locator("#a").screenshot(), page.locator("#b").screenshot()
    assert first != second, "two different words look the same: boxes instead of glyphs"
    darkest, _ = Image.open(io.BytesIO(first)).convert("L").getextrema()
    assert darkest < 60


def test_webgl2_draws(page_at: PageAt) -> None:
    page = page_at(300, 300, mobile=True)
    page.set_content("<canvas id=c width=50 height=50></canvas>")
    pixel = page.evaluate(
        """() => {
            const gl = document.getElementById('c').getContext('webgl2');
            gl.clearColor(0.2, 0.4, 0.6, 1); gl.clear(gl.COLOR_BUFFER_BIT);
            const seen = new Uint8Array(4); gl.readPixels(0, 0, 1, 1, gl.RGBA, gl.UNSIGNED_BYTE, seen);
            return Array.from(seen);
        }"""
    )
    assert pixel == [51, 102, 153, 255]

"""One origin: no script or style inside a template, no foreign host in templates, scripts and style sheets."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from yongzhou.house.check.finding import Finding, Tree

RULE: Final = "own-origin"
_DATA_SCRIPT: Final = r"[^>]*\btype=[\"']?(?:application/json|importmap|speculationrules)"
_INLINE: Final = (
    (re.compile(rf"<script(?![^>]*\bsrc=)(?!{_DATA_SCRIPT})[^>]*>", re.I), "页内脚本", "移到 static/ 里的 .js 文件"),
    (re.compile(r"<style\b", re.I), "页内样式", "移到 static/ 里的 .css 文件"),
    (re.compile(r"<[^>{]*\sstyle\s*=", re.I), "style 属性", "用样式类;变量用 data- 属性"),
    (re.compile(r"<[^>{]*\son[a-z]+\s*=", re.I), "on… 事件属性", "在 .js 里 addEventListener"),
    (re.compile(r"javascript:", re.I), "javascript: 地址", "用按钮和 .js"),
)
_HOST: Final = re.compile(r"(?:https?:)?//([a-z0-9-]+(?:\.[a-z0-9-]+)+)", re.I)
_NAMES: Final = {"www.w3.org"}  # names of vocabularies, never fetched


def check(tree: Tree) -> Iterator[Finding]:
    """Yield inline code and foreign hosts."""
    for path in sorted(tree.package.rglob("*")):
        if "vendor" in path.parts or not path.is_file() or path.suffix not in (".html", ".js", ".css", ".mjs"):
            continue
        text = path.read_text(encoding="utf-8")
        if path.suffix == ".html":
            yield from inline(text, tree.name(path))
        yield from hosts(text, tree.name(path))


def inline(text: str, name: str) -> Iterator[Finding]:
    """Script and style inside a template; our content security policy would refuse them in the browser."""
    for pattern, what, remedy in _INLINE:
        for found in pattern.finditer(text):
            yield Finding(RULE, name, what, remedy, _line(text, found.start()))


def hosts(text: str, name: str) -> Iterator[Finding]:
    """Addresses of other hosts outside of comments."""
    plain = _without_comments(text, Path(name).suffix)
    for found in _HOST.finditer(plain):
        if found[1].lower() not in _NAMES:
            yield Finding(
                RULE, name, f"引用外部主机 {found[1]}", "把文件放进 static/,或经本院接口取", _line(plain, found.start())
            )


def _without_comments(text: str, suffix: str) -> str:
    pattern = r"<!--.*?-->|\{#.*?#\}" if suffix == ".html" else r"/\*.*?\*/|(?m:^\s*//.*$)"
    return re.sub(pattern, lambda found: "\n" * found[0].count("\n"), text, flags=re.DOTALL)


def _line(text: str, at: int) -> int:
    return text.count("\n", 0, at) + 1

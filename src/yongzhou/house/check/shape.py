"""The shape of a system's folder: the same files everywhere, each name with one meaning."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from yongzhou.house.check.finding import Finding, Tree

RULE: Final = "shape"
NEEDED: Final = ("__init__.py", "system.py", "quality.yaml", "samples.yaml", "tests")
FOLDERS: Final = {
    "operations", "models", "pages", "indicators", "decisions", "processes", "codes", "limits", "parameters",
    "templates", "templatetags", "static", "migrations", "tests", "locale", "sql",
}  # fmt: skip
SUFFIXES: Final = {".py", ".yaml", ".csv", ".md", ".typ"}
# a module with the name of a part of the shape must be that part, not a catch-all
VAGUE: Final = {
    "utils.py",
    "helpers.py",
    "misc.py",
    "common.py",
    "views.py",
    "forms.py",
    "admin.py",
    "serializers.py",
    "signals.py",
}


def check(tree: Tree) -> Iterator[Finding]:
    """Yield what a system's folder lacks, or holds beside the shape."""
    for folder in tree.systems:
        for name in NEEDED:
            if not (folder / name).exists():
                yield Finding(RULE, tree.name(folder), f"缺 {name}", _REMEDY.get(name, f"补上 {name}"))
        if (folder / "tests").is_dir() and not any((folder / "tests").rglob("test_*.py")):
            yield Finding(RULE, tree.name(folder / "tests"), "没有测试", "至少写一个 tests/test_*.py")
        for path in sorted(folder.iterdir()):
            if path.name.startswith((".", "__pycache__")):
                continue
            yield from _stranger(tree, path)


_REMEDY: Final = {
    "quality.yaml": "运行 yongzhou check --fix 写出草稿,再逐条如实填写",
    "samples.yaml": "运行 yongzhou check --fix 按字段样例写出草稿,再核对",
    "tests": "把测试放进 tests/",
}


def _stranger(tree: Tree, path: Path) -> Iterator[Finding]:
    if path.is_dir():
        if path.name not in FOLDERS:
            yield Finding(RULE, tree.name(path), "不是系统目录的固定子目录", f"可用:{'、'.join(sorted(FOLDERS))}")
    elif path.suffix not in SUFFIXES:
        yield Finding(
            RULE, tree.name(path), f"顶层不放 {path.suffix or '无后缀'} 文件", "指标放 indicators/,决策表放 decisions/"
        )
    elif path.name in VAGUE:
        yield Finding(
            RULE, tree.name(path), "文件名说不出它做什么", "按领域术语命名,例如 flash_flood.py;页面写在 pages.py"
        )

"""JavaScript that pages load from npm packages: public name below /static/vendor/ -> file below node_modules.

The one place that names such files; versions stand in package.json and its lock.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from yongzhou.core.home import REPOSITORY

NODE_MODULES: Final = REPOSITORY / "node_modules"

FILES: Final = {
    "echarts.min.js": "echarts/dist/echarts.min.js",
    "htmx.min.js": "htmx.org/dist/htmx.min.js",
    "maplibre-gl.css": "maplibre-gl/dist/maplibre-gl.css",
    "maplibre-gl.mjs": "maplibre-gl/dist/maplibre-gl.mjs",
    "maplibre-gl-worker.mjs": "maplibre-gl/dist/maplibre-gl-worker.mjs",
}


class StaticFilesError(Exception):
    """A static file is missing, or two parts of the house claim one name."""


def collect(
    static: Path, *, node_modules: Path = NODE_MODULES, package: Path = REPOSITORY / "src" / "yongzhou"
) -> None:
    """Lay symbolic links below `static`: `vendor/<name>` to npm files, `<part>/` to each part's own static folder.

    A part keeps its files in `<part>/static/<name>/…`, as Django has it; `<name>` is unique in the house.
    Raises `StaticFilesError` if an npm file is missing or a name is claimed twice.
    """
    links = {static / "vendor" / name: node_modules / file for name, file in FILES.items()}
    if missing := [file for file in links.values() if not file.is_file()]:
        raise StaticFilesError(f"缺少前端文件 {missing[0]},请先运行 make setup。")
    for folder in sorted(package.rglob("static/*")):
        if folder.parent.parent.name == "static" or not folder.is_dir():
            continue
        link = static / folder.name
        if link in links or folder.name == "vendor":
            raise StaticFilesError(f"静态文件夹重名:{folder} 与 {links.get(link, 'vendor')}")
        links[link] = folder
    (static / "vendor").mkdir(parents=True, exist_ok=True)
    for link, target in links.items():
        _link(link, target)
    for found in (*static.iterdir(), *(static / "vendor").iterdir()):
        if found.is_symlink() and found not in links:
            found.unlink()


def _link(link: Path, target: Path) -> None:
    if link.is_symlink():
        if link.readlink() == target:
            return
        link.unlink()
    link.symlink_to(target)

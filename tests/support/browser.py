"""A real Chromium for browser tests: the system's, else npm's `@sparticuz/chromium`, else Debian's; never none.

The npm package needs no root and brings WebGL2 by SwiftShader, but no Chinese font: one comes from PyPI
`manimgx-fonts-cjk`, named by a fontconfig file of our own.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import shutil
import subprocess
import tarfile
from pathlib import Path
from typing import Final, NamedTuple

import brotli

ROOT: Final = Path(__file__).resolve().parents[2]
PACKED: Final = ROOT / "node_modules" / "@sparticuz" / "chromium" / "bin"
SYSTEM_NAMES: Final = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ARGUMENTS: Final = (
    "--no-sandbox",
    "--use-gl=angle",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--disable-background-networking",
    "--disable-dev-shm-usage",
)
FONTS_CONF: Final = """\
<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir>{fonts}</dir>
  <dir>/usr/share/fonts</dir>
  <cachedir>{cache}</cachedir>
  <alias><family>sans-serif</family><prefer><family>Noto Sans CJK SC</family></prefer></alias>
  <alias>
    <family>monospace</family>
    <prefer><family>Noto Sans Mono CJK SC</family><family>DejaVu Sans Mono</family></prefer>
  </alias>
</fontconfig>
"""


class NoBrowserError(Exception):
    """There is no Chromium and none can be had; the text says what to do."""


class Chromium(NamedTuple):
    """How to start the browser."""

    executable: Path
    args: list[str]
    env: dict[str, str]


def chromium() -> Chromium:
    """The Chromium of this machine with its arguments and environment; raises `NoBrowserError`."""
    cache = cache_folder()
    environment = {**os.environ, "FONTCONFIG_FILE": str(font_configuration(cache))}
    if system := on_path():
        return Chromium(system, list(ARGUMENTS), environment)
    if (PACKED / "chromium.br").exists():
        folder = unpacked(cache)
        libraries = folder / "al2023" / "lib"
        path = os.pathsep.join(filter(None, (str(libraries), os.environ.get("LD_LIBRARY_PATH"))))
        executable = folder / "chromium"
        if runs(executable, {**environment, "LD_LIBRARY_PATH": path}):
            return Chromium(executable, list(ARGUMENTS), {**environment, "LD_LIBRARY_PATH": path})
    if debian := from_debian():
        return Chromium(debian, list(ARGUMENTS), environment)
    raise NoBrowserError(
        "浏览器测试需要 Chromium,但本机没有,npm 包 @sparticuz/chromium 也不可用。\n"
        "请运行 make setup,或安装系统的 chromium(Debian:apt-get install chromium)。"
    )


def on_path() -> Path | None:
    """A Chromium that the system has."""
    found = (shutil.which(name) for name in SYSTEM_NAMES)
    return next((Path(path) for path in found if path and runs(Path(path), dict(os.environ))), None)


def runs(executable: Path, environment: dict[str, str]) -> bool:
    """Whether the executable starts at all (all its libraries are there)."""
    try:
        command = [str(executable), "--headless", "--no-sandbox", "--version"]
        return subprocess.run(command, env=environment, capture_output=True, timeout=60, check=False).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def from_debian() -> Path | None:
    """As root on Debian: install its chromium."""
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        return None
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (
        ["apt-get", "update", "-q"],
        ["apt-get", "install", "-y", "-q", "--no-install-recommends", "chromium"],
    ):
        if subprocess.run(command, env=environment, capture_output=True, check=False).returncode:
            return None
    return on_path()


def cache_folder() -> Path:
    """Where unpacked browsers lie: one folder a user."""
    base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = base / "digital-yongzhou" / "browser"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def unpacked(cache: Path) -> Path:
    """The npm package's browser, unpacked once a version; safe when two test workers come at the same time."""
    stamp = hashlib.sha256((PACKED.parent / "package.json").read_bytes()).hexdigest()[:16]
    folder = cache / stamp
    if folder.exists():
        return folder
    draft = cache / f"{stamp}.{os.getpid()}"
    draft.mkdir()
    executable = draft / "chromium"
    executable.write_bytes(brotli.decompress((PACKED / "chromium.br").read_bytes()))
    executable.chmod(0o755)
    unpack_tar(PACKED / "swiftshader.tar.br", draft)  # beside the executable, which looks for it there
    unpack_tar(PACKED / "al2023.tar.br", draft / "al2023")
    try:
        draft.rename(folder)
    except OSError:  # the other worker was first
        shutil.rmtree(draft)
    return folder


def unpack_tar(archive: Path, folder: Path) -> None:
    """Unpack a brotli tar; refuses a member that would leave the folder (3.11.2 has no extraction filter)."""
    folder.mkdir(parents=True, exist_ok=True)
    plain = folder / f"{archive.name}.tar"
    plain.write_bytes(brotli.decompress(archive.read_bytes()))
    root = folder.resolve()
    with tarfile.open(plain) as tar:
        for member in tar.getmembers():
            target = (root / member.name).resolve()
            source = (target.parent / member.linkname).resolve() if member.issym() else root
            if not (member.isfile() or member.isdir() or member.issym()):
                raise NoBrowserError(f"{archive.name}: unexpected kind of member {member.name}")
            if not target.is_relative_to(root) or not source.is_relative_to(root):
                raise NoBrowserError(f"{archive.name}: {member.name} would leave its folder")
        tar.extractall(root)
    plain.unlink()


def font_configuration(cache: Path) -> Path:
    """A fontconfig file with a Chinese font and a cache that this user can write."""
    spec = importlib.util.find_spec("manimgx_fonts_cjk")
    if spec is None or not spec.submodule_search_locations:
        raise NoBrowserError("缺少中文字体包 manimgx-fonts-cjk,请运行 make setup。")
    path = cache / "fonts.conf"
    text = FONTS_CONF.format(fonts=spec.submodule_search_locations[0], cache=cache / "fontconfig")
    if not path.exists() or path.read_text() != text:
        draft = path.with_suffix(f".{os.getpid()}")
        draft.write_text(text)
        draft.replace(path)
    return path

"""Make or renew the environment: `.venv` from hashed locks, `node_modules` by its lock file. Standard library only.

`set_up.py run` takes what the city needs, `set_up.py dev` what tests and checks need on top. A part whose lock is
unchanged is skipped; an environment made for `dev` serves `run` as well.
"""

from __future__ import annotations

import ast
import hashlib
import json
import os
import shutil
import subprocess
import sys
import sysconfig
import time
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
NODE_MODULES = ROOT / "node_modules"
LOCKS = {"run": ROOT / "requirements" / "run.txt", "dev": ROOT / "requirements" / "dev.txt"}
PACKAGE_LOCK = ROOT / "package-lock.json"

# The shell finds the interpreter, since a `#!` line breaks on long paths and blanks.
CONSOLE_SCRIPT = """\
#!/bin/sh
'''exec' "{python}" "$0" "$@"
' '''
from yongzhou.house.cli import main

main(prog_name="yongzhou")
"""


def main() -> None:
    """Set up for the purpose given on the command line."""
    purpose = sys.argv[1] if len(sys.argv) == 2 else ""
    if purpose not in LOCKS:
        sys.exit("usage: set_up.py run|dev")
    os.environ["UV_PYTHON_DOWNLOADS"] = "never"
    try:
        python_packages(purpose)
        project_on_path()
        javascript_packages(purpose)
    except subprocess.CalledProcessError as error:
        sys.exit(f"安装失败(退出码 {error.returncode}):{' '.join(map(str, error.cmd))}\n请检查网络与软件源设置后重试。")


def python_packages(purpose: str) -> None:
    """The virtual environment with exactly the packages of the lock."""
    stamp = VENV / "stamp.json"
    if (VENV / "bin" / "uv").exists() and served(stamp, {name: digest(lock) for name, lock in LOCKS.items()}, purpose):
        return
    began = step(f"Python 环境({purpose})")
    stamp.unlink(missing_ok=True)
    if not usable(PYTHON):
        shutil.rmtree(VENV, ignore_errors=True)
        venv.create(VENV, with_pip=True)
    bootstrap = ROOT / "requirements" / "bootstrap.txt"
    call(PYTHON, "-m", "pip", "install", "--quiet", "--require-hashes", "--no-deps", "-r", bootstrap)
    if index := configured_index():
        os.environ.setdefault("UV_DEFAULT_INDEX", index)
    call(VENV / "bin" / "uv", "pip", "sync", "--quiet", "--require-hashes", "--python", PYTHON, LOCKS[purpose])
    stamp.write_text(json.dumps({purpose: digest(LOCKS[purpose])}))
    done(began)


def project_on_path() -> None:
    """The project itself: a path file and the `yongzhou` command; nothing is built."""
    paths = {"base": str(VENV), "platbase": str(VENV)}
    site = Path(sysconfig.get_path("purelib", "venv", vars=paths))
    write_if_changed(site / "digital_yongzhou.pth", f"{ROOT / 'src'}\n")
    script = VENV / "bin" / "yongzhou"
    write_if_changed(script, CONSOLE_SCRIPT.format(python=PYTHON))
    script.chmod(0o755)


def javascript_packages(purpose: str) -> None:
    """`node_modules`, by the npm of the Node wheel; no install script of any package runs."""
    stamp = NODE_MODULES / ".stamp.json"
    lock = digest(PACKAGE_LOCK)
    if served(stamp, dict.fromkeys(LOCKS, lock), purpose):
        return
    began = step(f"前端组件({purpose})")
    omit = ["--omit=dev"] if purpose == "run" else []
    call(
        PYTHON,
        ROOT / "tools" / "npm.py",
        "ci",
        "--ignore-scripts",
        "--no-audit",
        "--no-fund",
        "--no-update-notifier",
        "--loglevel=error",
        *omit,
    )
    stamp.write_text(json.dumps({purpose: lock}))
    done(began)


def served(stamp: Path, wanted: dict[str, str], purpose: str) -> bool:
    """Whether the stamp says that the present locks are installed, for this purpose or for `dev`, which holds `run`."""
    try:
        present: dict[str, str] = json.loads(stamp.read_text())
    except (FileNotFoundError, ValueError):
        return False
    return any(present.get(name) == wanted[name] for name in {purpose, "dev"})


def configured_index() -> str | None:
    """The package index that the user's pip is told to use, so that uv uses the same; None for the default one."""
    listed = subprocess.run([PYTHON, "-m", "pip", "config", "list"], capture_output=True, text=True, check=True).stdout
    found = dict(line.split("=", 1) for line in listed.splitlines() if "=" in line)
    for key in (":env:.index-url", "install.index-url", "global.index-url"):
        if key in found:
            return str(ast.literal_eval(found[key]))
    return None


def usable(python: Path) -> bool:
    """Whether the environment's Python runs and has pip (its base may have gone, or its folder moved)."""
    try:
        return subprocess.run([python, "-c", "import pip"], capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def write_if_changed(path: Path, text: str) -> None:
    """Write a small file unless it has this text already."""
    if not path.exists() or path.read_text() != text:
        path.write_text(text)


def digest(path: Path) -> str:
    """Hash of a lock file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def call(*command: object) -> None:
    """Run one command of the set-up in the repository."""
    subprocess.run([str(part) for part in command], cwd=ROOT, check=True)


def step(title: str) -> float:
    """Announce a step that takes a while."""
    print(f"… {title}", flush=True)
    return time.monotonic()


def done(began: float) -> None:
    """Say how long it took."""
    print(f"  完成,用时 {time.monotonic() - began:.0f} 秒", flush=True)


if __name__ == "__main__":
    main()

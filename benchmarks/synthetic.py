"""Start-up of a full house: 68 throw-away systems of 6 records, measured by `yongzhou check --synthetic 68x6`.

Run: `python -m benchmarks.synthetic [68x6]`. Prints the check's own lines, in our form.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from benchmarks.result import tell

FILE = Path(__file__).with_name("synthetic.jsonl")


def main(size: str) -> None:
    """Measure and tell each line; one without a bar is told for the record."""
    command = [sys.executable, "-m", "yongzhou.house.cli", "check", "--synthetic", size]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    for text in FILE.read_text(encoding="utf-8").splitlines():
        line = json.loads(text)
        name, _, unit = line["name"].rpartition(", ")
        bar = f"ratio <= {line['bar']['ratio']}" if line["bar"] else ""
        tell(name, ours=line["ours"], peer=line["peer"], ratio=line["ratio"], bar=bar, unit=unit)


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "68x6")

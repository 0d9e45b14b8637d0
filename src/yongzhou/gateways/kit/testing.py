"""A real NATS server for tests and benchmarks of doors: own ports, own folder, flushed at every message."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
import time
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from yongzhou.core.home import PORTS, Home

FIRST_BLOCK: Final = 9100
LAST_BLOCK: Final = 9190
CONFIG: Final = """listen: "127.0.0.1:{port}"
max_payload: 1048576
jetstream {{
  store_dir: "{folder}"
  sync_interval: always
  max_file_store: 20GB
}}
"""


def free_home(folder: Path) -> Home:
    """A home in `folder` with a block of ports that nobody uses; `RuntimeError` if there is none."""
    for port in range(FIRST_BLOCK, LAST_BLOCK + 1, 10):
        if all(_free(port + n) for n in range(len(PORTS))):
            return Home(data=folder, port=port)
    raise RuntimeError(f"no free block of ports from {FIRST_BLOCK} to {LAST_BLOCK}")


def _free(port: int) -> bool:
    with closing(socket.socket()) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


@dataclass(slots=True)
class NatsServer:
    """The server of one home; `kill` is kill -9, `start` may follow it on the same folder."""

    home: Home
    _process: subprocess.Popen[bytes] | None = field(default=None)

    def start(self) -> None:
        """Start and wait until the port answers; `RuntimeError` if it does not in 10 s."""
        folder = self.home.data / "nats"
        folder.mkdir(parents=True, exist_ok=True)
        config = folder / "nats.conf"
        port = self.home.port_of("nats")
        config.write_text(CONFIG.format(port=port, folder=folder))
        beside = Path(sys.executable).parent / "nats-server"
        binary = str(beside) if beside.exists() else shutil.which("nats-server") or "nats-server"
        self._process = subprocess.Popen([binary, "-c", str(config), "-l", str(folder / "nats.log")])
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            with closing(socket.socket()) as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    return
            time.sleep(0.02)
        raise RuntimeError(f"nats-server does not answer on port {port}, see {folder / 'nats.log'}")

    def kill(self) -> None:
        """kill -9."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def stop(self) -> None:
        """End the server in order."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(timeout=10)
            self._process = None

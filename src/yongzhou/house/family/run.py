"""One member at work: its process, how it stands, how it is started and ended."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

from yongzhou.core.home import REPOSITORY, Home
from yongzhou.house.family import logs, procfs
from yongzhou.house.family.member import Member, State
from yongzhou.house.family.status import MemberStatus


@dataclass(slots=True)
class Run:
    """One member and how it stands now; written by the supervisor's thread only."""

    member: Member
    state: State = State.WAITING
    process: subprocess.Popen[bytes] | None = None
    spawned: float = 0.0  # monotonic
    since: float | None = None  # epoch of the last start
    ready_seconds: float | None = None
    restarts: int = 0
    failures: int = 0  # in a row
    next_try: float = 0.0
    message: str = ""
    told: tuple[State, str, int] = field(default=(State.WAITING, "", 0))

    @property
    def pid(self) -> int | None:
        """Process id while it runs."""
        return self.process.pid if self.process and self.process.returncode is None else None

    def spawn(self, home: Home, log_folder: Path) -> None:
        """Start the process in a session of its own; OSError if its program is not there."""
        member = self.member
        self.state, self.spawned, self.since, self.ready_seconds = State.STARTING, time.monotonic(), time.time(), None
        command = [
            *member.through(),
            *("setpriv", "--pdeathsig", member.death_signal.name.removeprefix("SIG")),
            *member.command(home),
        ]
        with logs.open_log(log_folder, member.name) as log:
            self.process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=REPOSITORY,
                env=_environment(home, member),
                start_new_session=True,  # Ctrl-C in the terminal reaches the supervisor only
            )

    def tell_to_stop(self) -> None:
        """Send the member's own stop signal, if it runs."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(self.member.stop_signal)

    def await_end(self) -> None:
        """Give a member that was told to stop its time, then end its whole group."""
        if self.process is None:
            return
        try:
            self.process.wait(self.member.stop_seconds)
        except subprocess.TimeoutExpired:
            self.message = f"{self.member.stop_seconds:.0f} 秒内未停止,已强制结束"
        self.kill()
        self.process.wait()

    def kill(self) -> None:
        """Send SIGKILL to the process and all of its session, workers that outlived it included."""
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)

    def status(self, home: Home) -> MemberStatus:
        """This member for the status file."""
        return {
            "title": self.member.title,
            "state": self.state,
            "pid": self.pid,
            "since": self.since,
            "ready_seconds": self.ready_seconds,
            "restarts": self.restarts,
            "message": self.message,
            "ports": {port: home.port_of(port) for port in self.member.ports},
            "budget_mb": self.member.budget_mb,
        }


def _environment(home: Home, member: Member) -> dict[str, str]:
    return {
        **os.environ,
        "DATA": str(home.data),
        "PORT": str(home.port),
        "CITY": home.city,
        "PYTHONUNBUFFERED": "1",
        "MALLOC_ARENA_MAX": "2",  # many threads, small machine
        "OPENBLAS_NUM_THREADS": "1",
        "YZ_ROLE": member.name,
        "YZ_LOG": "json",
        "PROMETHEUS_MULTIPROC_DIR": str(home.data / "metrics"),
        procfs.MARK: str(home.data),
        **member.environment,
    }

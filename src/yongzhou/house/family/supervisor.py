"""The supervisor: starts members in order, heals them, stops them in reverse order."""

from __future__ import annotations

import os
import queue
import signal
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Final

from yongzhou.core.home import Home
from yongzhou.house.family import logs, ports, procfs, status
from yongzhou.house.family.lock import DataLock
from yongzhou.house.family.member import Member, State
from yongzhou.house.family.run import Run

EX_CONFIG: Final = 78  # sysexits.h: a member says that it cannot run as things are; it is not started again
ONE_SHOT_TRIES: Final = 2
STEADY_SECONDS: Final = 60.0  # ready for so long: earlier crashes are forgotten
CAP_SECONDS: Final = 10.0
STOPPING_PATIENCE: Final = 45.0  # a family that is just stopping frees its data folder within this time

Listener = Callable[[Run], None]


class FamilyError(Exception):
    """The family, or a member that was waited for, did not come up."""


class Family:
    """Members on one home. `with Family(home, members):` starts them, waits until they are ready, stops them after.

    All processes are spawned by one thread, since the kernel's parent-death signal follows the thread that spawned.
    """

    def __init__(self, home: Home, members: Sequence[Member], *, tell: Listener | None = None) -> None:
        self.home = home
        self.runs = {member.name: Run(member) for member in members}
        for member in members:
            if unknown := set(member.after) - set(self.runs):
                raise FamilyError(f"{member.name} waits for unknown members: {', '.join(sorted(unknown))}")
        self._tell = tell
        self._lock = DataLock(home.data)
        self._restarts: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._stop = threading.Event()
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._started = 0.0
        self._next_cap = 0.0

    # --- what others call -------------------------------------------------------------------------------------

    def start(self) -> None:
        """Take the data folder, clean up what a killed family left, check the ports, start in the background.

        Raises `DataInUse` or `PortsInUse` with a text for the person who typed the command.
        """
        before = status.read(self.home)
        self._lock.acquire(patience=STOPPING_PATIENCE if before and before["stopping"] else 1.0)
        try:
            procfs.end(pid for pid in procfs.orphans(self.home.data) if procfs.name_of(pid) != "postgres")
            for run in self.runs.values():
                run.member.clean(self.home)
            ports.check(self.home, [port for run in self.runs.values() for port in run.member.ports])
        except BaseException:
            self._lock.release()
            raise
        self._started = time.time()
        self._thread = threading.Thread(target=self._loop, name="family", daemon=True)
        self._thread.start()

    def is_alive(self) -> bool:
        """Whether the supervisor's thread runs."""
        return self._thread is not None and self._thread.is_alive()

    def stop(self) -> None:
        """Stop all in reverse order and give the data folder back; returns when all are gone."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def wait_ready(self, *names: str, timeout: float = 60.0) -> None:
        """Wait until these members (all, if none is named) are ready or done; `FamilyError` with the reason if not."""
        wanted = [self.runs[name] for name in names or self.runs]
        deadline = time.monotonic() + timeout
        with self._changed:
            while pending := [run for run in wanted if run.state not in (State.READY, State.DONE)]:
                hopeless = [run for run in pending if self.hopeless(run)]
                if hopeless or not self._changed.wait(deadline - time.monotonic()):
                    raise FamilyError("; ".join(f"{r.member.name}: {r.state} {r.message}" for r in hopeless or pending))

    def settled(self) -> bool:
        """Whether every member is ready, done, or beyond hope for now."""
        return all(run.state in (State.READY, State.DONE) or self.hopeless(run) for run in self.runs.values())

    def hopeless(self, run: Run) -> bool:
        """Failed, crashing again and again, or waiting for one who is."""
        if run.state == State.WAITING:
            return any(self.hopeless(self.runs[name]) for name in run.member.after)
        crashing = run.state in (State.STARTING, State.BACKOFF) and run.failures >= 3
        return crashing or run.state in (State.FAILED, State.STOPPED)

    def kill(self, name: str) -> int:
        """Send SIGKILL to a member, as a crash would; returns its process id once the supervisor has noticed."""
        run = self.runs[name]
        process, pid = run.process, run.pid
        if pid is None:
            raise FamilyError(f"{name} does not run")
        run.kill()
        self._await_change(lambda: run.process is not process or run.state not in (State.STARTING, State.READY))
        return pid

    def restart(self, name: str, *, timeout: float = 60.0) -> None:
        """Stop one member gently and start it anew; returns once it is ready again."""
        process = self.runs[name].process
        self._restarts.put(name)
        self._await_change(lambda: self.runs[name].process is not process)
        self.wait_ready(name, timeout=timeout)

    def pids(self) -> dict[str, int]:
        """Process id of each member that runs."""
        return {name: run.pid for name, run in self.runs.items() if run.pid is not None}

    def _await_change(self, happened: Callable[[], bool], timeout: float = 45.0) -> None:
        with self._changed:
            if not self._changed.wait_for(happened, timeout):
                raise FamilyError("the supervisor did not react")

    def __enter__(self) -> Family:
        self.start()
        try:
            self.wait_ready()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    # --- the supervisor's thread -----------------------------------------------------------------------------

    def _loop(self) -> None:
        try:
            while not self._stop.is_set():
                self._serve_restarts()
                for run in self.runs.values():
                    self._step(run)
                self._publish()
                self._cap_logs()
                self._stop.wait(0.2 if self.settled() else 0.03)
        finally:
            self._stop_all()
            self._lock.release()

    def _step(self, run: Run) -> None:
        now = time.monotonic()
        match run.state:
            case State.WAITING if self._may_start(run):
                self._spawn(run)
            case State.BACKOFF if now >= run.next_try and (self._may_start(run) or not run.member.one_shot):
                run.restarts += 1
                self._spawn(run)
            case State.STARTING | State.READY if run.process and run.process.poll() is not None:
                self._ended(run, run.process.returncode)
            case State.STARTING if run.process:
                self._await(run, now - run.spawned)
            case State.READY if run.failures and now - run.spawned > STEADY_SECONDS:
                run.failures = 0

    def _may_start(self, run: Run) -> bool:
        return all(self.runs[name].state in (State.READY, State.DONE) for name in run.member.after)

    def _spawn(self, run: Run) -> None:
        member = run.member
        if missing := member.missing():
            run.state, run.message = State.FAILED, f"缺少模块 {missing},此成员未启动"
            return
        try:
            member.before(self.home)
            run.spawn(self.home, self._logs)
        except Exception as error:  # one member's trouble never stops the others
            run.state, run.message = State.FAILED, str(error)

    def _await(self, run: Run, age: float) -> None:
        member = run.member
        if member.one_shot:
            run.message = logs.last_line(self._logs, member.name)
        else:
            try:
                if member.ready(self.home, age):
                    run.state, run.ready_seconds, run.message = State.READY, age, ""
                    return
            except Exception as error:  # a probe that fails says why in the status
                run.message = str(error).strip()
        if age > member.start_seconds:
            run.kill()
            run.message = f"{member.start_seconds:.0f} 秒内未就绪"

    def _ended(self, run: Run, code: int) -> None:
        member = run.member
        run.kill()  # workers of its own that outlived it
        if member.one_shot and code == 0:
            run.state, run.ready_seconds = State.DONE, time.monotonic() - run.spawned
            return
        how = f"被信号 {signal.Signals(-code).name} 终止" if code < 0 else f"退出码 {code}"
        run.message = ":".join(filter(None, (how, logs.last_line(self._logs, member.name)[:300])))
        run.failures += 1
        if code == EX_CONFIG or (member.one_shot and run.failures >= ONE_SHOT_TRIES):
            run.state = State.FAILED
        else:
            run.state = State.BACKOFF
            run.next_try = time.monotonic() + min(30.0, 0.1 * 3.0 ** (run.failures - 1))

    def _serve_restarts(self) -> None:
        while not self._restarts.empty():
            run = self.runs[self._restarts.get()]
            run.tell_to_stop()
            run.await_end()
            run.restarts += 1
            self._spawn(run)

    def _stop_all(self) -> None:
        """Stop in waves: a member is told to stop once nobody who waits for it runs any more."""
        self._publish()
        left = set(self.pids())
        while left:
            wave = [name for name in left if not any(name in self._needs(other) for other in left)]
            for name in wave:
                self.runs[name].tell_to_stop()
            for name in wave:
                self.runs[name].await_end()
                self.runs[name].state = State.STOPPED
                self._publish()
            left -= set(wave)

    def _needs(self, name: str) -> set[str]:
        """All members that this one waits for, those of others in between included."""
        direct = self.runs[name].member.after
        return set(direct).union(*(self._needs(other) for other in direct))

    def _publish(self) -> None:
        """Tell listeners and the status file what changed."""
        fresh = [run for run in self.runs.values() if (run.state, run.message, run.pid or 0) != run.told]
        if not fresh and not self._stop.is_set():
            return
        for run in fresh:
            run.told = (run.state, run.message, run.pid or 0)
            if self._tell:
                self._tell(run)
        status.write(self.home, self._status())
        with self._changed:
            self._changed.notify_all()

    def _status(self) -> status.FamilyStatus:
        return {
            "pid": os.getpid(),
            "data": str(self.home.data),
            "port": self.home.port,
            "city": self.home.city,
            "started": self._started,
            "stopping": self._stop.is_set(),
            "members": {name: run.status(self.home) for name, run in self.runs.items()},
        }

    @property
    def _logs(self) -> Path:
        return self.home.data / "logs"

    def _cap_logs(self) -> None:
        if time.monotonic() >= self._next_cap:
            self._next_cap = time.monotonic() + CAP_SECONDS
            if self._logs.is_dir():
                logs.cap(self._logs)

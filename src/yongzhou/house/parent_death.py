"""Let a process die with its parent: for workers that a server (granian) starts by itself."""

from __future__ import annotations

import ctypes
import os
import signal
from typing import Final

PR_SET_PDEATHSIG: Final = 1  # linux/prctl.h


def die_with_parent(sent: signal.Signals = signal.SIGKILL) -> None:
    """Ask the kernel to send `sent` to this process when its parent ends, however it ends; Linux only.

    Call it at import of the application. Without it a worker outlives a killed server and holds its port.
    """
    parent = os.getppid()
    if ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, int(sent), 0, 0, 0) != 0:
        error = ctypes.get_errno()
        raise OSError(error, os.strerror(error))
    if os.getppid() != parent:  # the parent died before the request
        os.kill(os.getpid(), sent)

"""One block of consecutive ports: is it free, who holds it, which block is free instead."""

from __future__ import annotations

import errno
import os
import socket
import time
from collections.abc import Sequence
from pathlib import Path

from yongzhou.core.home import PORTS, Home
from yongzhou.house.family.procfs import name_of

DYING_S = 5.0
STEP = 20  # distance of the blocks that are proposed
UDP = ("sl651",)


class PortsInUse(Exception):
    """Some port of the block is taken; the text says which, by whom and what to type instead."""


def check(home: Home, names: Sequence[str] = PORTS) -> None:
    """Raise `PortsInUse` with a proposal if one of these ports is taken, or the block lies outside 1024-65535."""
    last = home.port + len(PORTS) - 1
    if home.port < 1024 or last > 65535:
        raise PortsInUse(
            f"端口 {home.port}–{last} 不可用:请在 1024 与 {65535 - len(PORTS) + 1} 之间选择,例如 PORT=8600。"
        )
    deadline = time.monotonic() + DYING_S
    taken = busy(home, names)
    # held by nobody that can be named: a process of a killed house that is being buried this moment
    while taken and time.monotonic() < deadline and not all(_holder(home.port_of(name)) for name in taken):
        time.sleep(0.1)
        taken = busy(home, names)
    if not taken:
        return
    names = "、".join(f"{home.port_of(name)}({name}{_holder(home.port_of(name))})" for name in taken)
    proposal = free_block(home)
    remedy = f"可改用空闲端口段:make run PORT={proposal}" if proposal else "附近没有空闲端口段,请用 PORT= 指定。"
    raise PortsInUse(f"端口已被占用:{names}。\n{remedy}\n也可先停止占用者,再运行 make run。")


def busy(home: Home, names: Sequence[str] = PORTS) -> list[str]:
    """Those of the named ports of this home that cannot be bound now."""
    return [
        name
        for name in names
        if not _free(home.port_of(name), socket.SOCK_STREAM)
        or (name in UDP and not _free(home.port_of(name), socket.SOCK_DGRAM))
    ]


def free_block(home: Home) -> int | None:
    """First port of the next wholly free block above this home's."""
    for port in range(home.port + STEP, min(home.port + 50 * STEP, 65536 - len(PORTS)), STEP):
        if not busy(Home(data=home.data, port=port, city=home.city)):
            return port
    return None


def _free(port: int, kind: socket.SocketKind) -> bool:
    with socket.socket(socket.AF_INET, kind) as probe:
        if kind == socket.SOCK_STREAM:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # a closed connection in TIME_WAIT is no holder
        try:
            probe.bind(("", port))
        except OSError as error:
            if error.errno in (errno.EADDRINUSE, errno.EACCES):
                return False
            raise
    return True


def _holder(port: int) -> str:
    """ ",进程 name pid" of the listener, as far as this user may see it."""
    inodes = set()
    for table in ("tcp", "tcp6"):
        try:
            rows = Path(f"/proc/net/{table}").read_text().splitlines()[1:]
        except OSError:
            continue
        fields = (row.split() for row in rows)
        inodes |= {f"socket:[{f[9]}]" for f in fields if f[3] == "0A" and int(f[1].rpartition(":")[2], 16) == port}
    for pid in (name for name in os.listdir("/proc") if name.isdecimal() and inodes):
        try:
            if any(os.readlink(handle) in inodes for handle in Path(f"/proc/{pid}/fd").iterdir()):
                return f",进程 {name_of(int(pid))} {pid}"
        except OSError:
            continue
    return ""

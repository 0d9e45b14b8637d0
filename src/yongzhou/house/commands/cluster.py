"""`yongzhou cluster`: the cluster of the guide, all of its processes on this machine, to be tried and broken."""

from __future__ import annotations

import signal
import threading
from types import FrameType

import click

from yongzhou.core.home import Home


@click.group()
def command() -> None:
    """Two web, three NATS (R3), PostgreSQL with a synchronous standby; see deploy/cluster.md."""


@command.command()
def run() -> None:
    """Start it in the foreground; Ctrl-C stops it."""
    from yongzhou.house.cluster.roster import cluster_roster
    from yongzhou.house.family.screen import Screen
    from yongzhou.house.family.supervisor import Family

    home = Home.here()
    screen = Screen(home)
    asked = threading.Event()

    def ask(number: int, frame: FrameType | None) -> None:
        asked.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, ask)
    family = Family(home, cluster_roster(home), tell=screen.tell)
    family.start()
    with screen.spinner:
        while not asked.wait(0.1) and not family.settled():
            pass
    screen.up(family)
    while not asked.wait(0.5) and family.is_alive():
        pass
    family.stop()


@command.command()
def promote() -> None:
    """Make the standby the one that takes writes, after the primary was lost for good."""
    from yongzhou.house.cluster import standby

    standby.promote(Home.here())
    click.echo("备库已接管写入。旧主库不可原样启动:请删除它的目录,再以现主库重建为备库。")

"""`yongzhou observe`: the Prometheus endpoint alone, where members are started by systemd and not by the family."""

from __future__ import annotations

import signal
import threading
from types import FrameType

import click

from yongzhou.core.home import Home


@click.command()
def command() -> None:
    """Serve /metrics on the home's port `metrics` until SIGTERM."""
    from yongzhou.core.observe import logs
    from yongzhou.house.observe.endpoint import serving

    logs.start("observe")
    asked = threading.Event()

    def ask(number: int, frame: FrameType | None) -> None:
        asked.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, ask)
    try:
        with serving(Home.here()):
            asked.wait()
    except OSError as error:
        raise click.ClickException(f"端口 {Home.here().port_of('metrics')} 不能打开:{error}") from error

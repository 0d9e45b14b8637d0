"""The commands that handle the family: run, stop, status."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
import threading
import time
from contextlib import ExitStack
from types import FrameType

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from yongzhou.core.home import REPOSITORY, Home
from yongzhou.house.family import status as status_file
from yongzhou.house.family.lock import DataInUse, DataLock
from yongzhou.house.family.ports import PortsInUse
from yongzhou.house.family.roster import roster
from yongzhou.house.family.screen import Screen
from yongzhou.house.family.supervisor import Family


@click.command()
def run() -> None:
    """Start the whole family in the foreground; Ctrl-C stops it."""
    sys.path.append(str(REPOSITORY))  # the simulator stands beside `src`
    home = Home.here()
    screen = Screen(home)
    family = Family(home, roster(), tell=screen.tell)
    asked = threading.Event()

    def ask(number: int, frame: FrameType | None) -> None:
        asked.set()

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, ask)
    shutil.rmtree(home.data / "metrics", ignore_errors=True)  # what an earlier family counted
    try:
        family.start()
    except (DataInUse, PortsInUse) as trouble:
        raise click.ClickException(str(trouble)) from trouble
    with ExitStack() as beside:
        with screen.spinner:
            while not asked.wait(0.1) and not family.settled():
                pass
        if not asked.is_set():
            screen.up(family)
            _observe(home, beside)
        while not asked.wait(0.5) and family.is_alive():
            pass
        screen.console.print("\n正在停止 …")
    family.stop()


def _observe(home: Home, beside: ExitStack) -> None:
    """The endpoint for Prometheus, once the family stands: the start does not wait for it."""
    from yongzhou.house.observe import endpoint

    try:
        beside.enter_context(endpoint.serving(home))
    except OSError as error:
        click.echo(f"指标端口 {home.port_of('metrics')} 不能打开:{error}", err=True)


@click.command()
@click.option("--seconds", default=60.0, help="How long to wait.")
def stop(seconds: float) -> None:
    """Stop the family that runs on this data folder."""
    home = Home.here()
    lock = DataLock(home.data)
    pid = lock.holder()
    if not pid:
        click.echo(f"数据目录 {home.data} 上没有家族在运行。")
        return
    os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + seconds
    while lock.holder() == pid:
        if time.monotonic() > deadline:
            raise click.ClickException(f"{seconds:.0f} 秒内未停止(进程 {pid})。")
        time.sleep(0.05)
    click.echo("已停止。")


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Machine-readable.")
def status(as_json: bool) -> None:
    """Members, processes, memory, uptime, restarts, ports; exit code 3 if no family runs here."""
    home = Home.here()
    found = status_file.read(home)
    if found is None:
        click.echo(json.dumps(None) if as_json else f"数据目录 {home.data} 上没有家族在运行。")
        sys.exit(3)
    memory = status_file.memory_mb(found)
    now = time.time()
    if as_json:
        members = {
            name: {
                **member,
                "pss_mb": round(memory.get(name, 0.0), 1),
                "uptime_seconds": round(now - member["since"], 1) if member["pid"] and member["since"] else None,
            }
            for name, member in found["members"].items()
        }
        total = {"pss_mb": round(sum(memory.values()), 1), "uptime_seconds": round(now - found["started"], 1)}
        click.echo(json.dumps({**found, **total, "members": members}, ensure_ascii=False, indent=1))
        return
    table = Table("成员", "", "状态", "进程", "MB", "预算", "重启", "端口", "说明", box=None, padding=(0, 1))
    for column in table.columns[:-1]:
        column.no_wrap = True  # only the last column folds in a narrow terminal
    for name, member in found["members"].items():
        table.add_row(
            name,
            member["title"],
            member["state"],
            str(member["pid"] or ""),
            f"{memory[name]:.0f}" if name in memory else "",
            str(member["budget_mb"]),
            str(member["restarts"]),
            str(next(iter(member["ports"].values()), "")),
            escape(member["message"][:120]),
        )
    Console().print(table)
    click.echo(
        f"http://localhost:{found['port']}/  合计 {sum(memory.values()):.0f} MB  运行 {now - found['started']:.0f} 秒"
    )

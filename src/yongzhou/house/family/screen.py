"""What the terminal shows while the family starts and when it is up."""

from __future__ import annotations

import json
import socket
import time
from typing import TypedDict

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from yongzhou.core.home import Home
from yongzhou.house.family.member import State
from yongzhou.house.family.run import Run
from yongzhou.house.family.supervisor import Family


class Account(TypedDict):
    """One demo account, as the city's preparation leaves it in DATA/accounts.json."""

    title: str
    login: str
    password: str


class Screen:
    """Lines of progress for one family; a spinner tells who is awaited where the terminal can show one."""

    def __init__(self, home: Home) -> None:
        self.home = home
        self.console = Console(highlight=False, soft_wrap=True)
        self.spinner = self.console.status("正在启动 …")
        self._began = time.monotonic()
        self._shown: dict[str, State] = {}

    def tell(self, run: Run) -> None:
        """Print one line for a member that reached a new state; called by the supervisor's thread."""
        member, state = run.member, run.state
        if state == State.STARTING and member.one_shot and run.message:
            self.spinner.update(f"{member.title}:{escape(run.message[:100])}")
        if self._shown.get(member.name) == state:
            return
        self._shown[member.name] = state
        label = f"{member.title} [dim]{member.name}[/dim]"
        match state:
            case State.STARTING:
                self.spinner.update(f"正在启动 {member.title} …")
            case State.READY | State.DONE:
                self.console.print(f"[green]✓[/green] {label} [dim]{run.ready_seconds or 0:.1f} 秒[/dim]")
            case State.FAILED:
                self.console.print(f"[red]✗[/red] {label} 未能启动:{escape(run.message)}")
            case State.BACKOFF:
                self.console.print(f"[yellow]![/yellow] {label} 中断,将自动重启:{escape(run.message)}")
            case State.STOPPED:
                self.console.print(f"[dim]· {member.title} 已停止 {escape(run.message)}".rstrip() + "[/dim]")

    def up(self, family: Family) -> None:
        """Print the address, the demo accounts and what is missing."""
        seconds = time.monotonic() - self._began
        broken = [run for run in family.runs.values() if family.hopeless(run)]
        front = self.home.port_of("front")
        table = Table(box=None, show_header=False, padding=(0, 2))
        table.add_row("本机网址", f"[bold]http://localhost:{front}/[/bold]")
        table.add_row(
            "同网手机", f"https://{_own_address()}:{self.home.port_of('front_https')}/ [dim](本机 CA 证书)[/dim]"
        )
        for account in accounts(self.home):
            table.add_row("演示账号", f"{account['login']} / {account['password']}  [dim]{account['title']}[/dim]")
        table.add_row("状态", "yongzhou status")
        table.add_row("日志", str(self.home.data / "logs"))
        table.add_row("停止", "Ctrl-C")
        heading = "[bold]数字永州 已启动[/bold]" if not broken else "[bold yellow]数字永州 部分启动[/bold yellow]"
        self.console.print(f"\n{heading} [dim]用时 {seconds:.1f} 秒[/dim]")
        self.console.print(table)
        for run in broken:
            awaited = [name for name in run.member.after if family.hopeless(family.runs[name])]
            reason = run.message or "等待 " + "、".join(awaited)
            self.console.print(f"[red]未启动[/red] {run.member.title} {run.member.name}:{escape(reason)}")


def accounts(home: Home) -> list[Account]:
    """Demo accounts that the city's preparation left, none where it left none."""
    try:
        found: list[Account] = json.loads((home.data / "accounts.json").read_text())
    except FileNotFoundError:
        return []
    return found


def _own_address() -> str:
    """This machine's address in its network (no packet is sent), its name where it has none."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # RFC 5737, only asks the routing table
        except OSError:
            return socket.gethostname()
        address: str = probe.getsockname()[0]
        return address

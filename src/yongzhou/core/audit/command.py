"""`yongzhou audit verify`: prove the audit's seals."""

from __future__ import annotations

import json
import sys

import click

from yongzhou.core.audit.verify import verify
from yongzhou.core.home import Home

NAMED = 20


@click.group("audit")
def audit() -> None:
    """审计。"""


@audit.command("verify")
@click.option("--json", "as_json", is_flag=True, help="以 JSON 输出。")
def verify_command(as_json: bool) -> None:
    """核验全部封存块：指出被改、被删、被调序、事后插入的行和被截的尾部。有问题时退出码为 1。"""
    report = verify(Home.here())
    if as_json:
        findings = [
            {"kind": f.kind.name.lower(), "block": f.block, "line": str(f.line) if f.line else None, "text": f.text}
            for f in report.findings
        ]
        unsealed = [str(id) for id in report.unsealed]
        click.echo(json.dumps({"sound": report.sound, "blocks": report.blocks, "lines": report.lines,
                               "findings": findings, "unsealed": unsealed}, ensure_ascii=False))  # fmt: skip
    else:
        click.echo(f"已核验 {report.blocks} 块、{report.lines} 行；尚未封存 {len(report.unsealed)} 行。")
        for id in report.unsealed[:NAMED]:
            click.echo(f"  未封存 {id}")
        for finding in report.findings:
            click.echo(f"  {finding.kind.value}：{finding.text}")
        click.echo("审计完整。" if report.sound else f"发现 {len(report.findings)} 处问题，请保全现场并核对备份。")
    sys.exit(0 if report.sound else 1)

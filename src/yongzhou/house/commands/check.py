"""`yongzhou check`: the house's promises about its own shape."""

from __future__ import annotations

import json
import sys

import click

from yongzhou.house.setup import start


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Machine-readable.")
@click.option("--fix", is_flag=True, help="Write generated files and drafts first, then check.")
@click.option("--rule", "only", multiple=True, help="Only this rule; may be given several times.")
@click.option("--synthetic", metavar="68x6", help="Measure start-up with so many throw-away systems x records instead.")
def command(as_json: bool, fix: bool, only: tuple[str, ...], synthetic: str | None) -> None:
    """Check manifests, folder shape, contracts, permissions, generated files. Exit code 1 with the list of faults."""
    if synthetic:
        from yongzhou.house.check.synthetic import measure

        for line in measure(synthetic):
            click.echo(json.dumps(line, ensure_ascii=False))
        return
    start("command")
    from yongzhou.house.check import generated
    from yongzhou.house.check.finding import Tree
    from yongzhou.house.check.rules import RULES, check

    if unknown := set(only) - set(RULES):
        raise click.BadParameter(f"没有规则 {'、'.join(sorted(unknown))};有:{'、'.join(RULES)}")
    tree = Tree()
    if fix:
        for name in generated.fix(tree):
            click.echo(f"已写 {name}", err=as_json)
        tree = Tree()
    findings = check(tree, only)
    faults = [finding for finding in findings if not finding.soft]
    if as_json:
        click.echo(json.dumps([finding.row() for finding in findings], ensure_ascii=False, indent=1))
    else:
        for finding in findings:
            click.echo(f"{'提示 ' if finding.soft else ''}{finding}")
        soft = len(findings) - len(faults)
        click.echo(f"{len(only or RULES)} 条规则,{len(tree.systems)} 个系统:{len(faults)} 处须改,{soft} 处提示。")
    sys.exit(1 if faults else 0)

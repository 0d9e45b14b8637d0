"""`yongzhou generate --history 30d [--persons N]`: fill the house with a synthetic past, once."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

import click

from yongzhou.core.home import Home


@click.command()
@click.option("--history", default="30d", show_default=True, help="How far back: 30d, 12h.")
@click.option("--persons", default=0, show_default=True, help="How many synthetic citizens.")
def command(history: str, persons: int) -> None:
    """Fill the house with a synthetic past (模拟数据). A second run adds nothing."""
    from yongzhou.house.setup import start

    start("command")
    from yongzhou.core.indicators.definition import span
    from yongzhou.house.history.run import generate

    try:
        reach = span(history)
    except ValueError as error:
        raise click.BadParameter(f"--history {history}：请写成 30d 或 12h") from error
    if not timedelta(hours=1) <= reach <= timedelta(days=400):
        raise click.BadParameter("--history 应在 1h 与 400d 之间")
    began = time.perf_counter()
    report = generate(Home.here(), reach, persons=persons, now=datetime.now(UTC), tell=click.echo)
    click.echo(f"完成，用时 {time.perf_counter() - began:.1f} 秒：{report.text}")

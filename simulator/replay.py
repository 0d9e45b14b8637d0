"""`yongzhou replay FILE`: real hourly rain and flow of the Biliuhe (碧流河) reservoir through the real SL 651 door.

The file has columns time, precipitation_mm, pet_mm, inflow_m3s (hourly, 2,055.56 km², 2012-2017; the highest inflow is
3,355 m³/s). Times are taken as Beijing time. Flow is identifier 27H (Q, m³/s), hourly rain 1AH, cumulative rain 26H.
"""

from __future__ import annotations

import asyncio
import csv
import gzip
import io
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import click

from simulator.sl651_device import BEIJING, Device, number

HOURLY = 0x34
DEFAULT_STATION = "99210001"
HOUR = timedelta(hours=1)
PORT_OFFSET = 8


@dataclass(frozen=True, slots=True)
class Hour:
    """One row of the file: end of the hour (naive Beijing time), rain in mm, inflow in m³/s; None where missing."""

    time: datetime
    rain: float | None
    flow: float | None


def read_hours(path: Path) -> list[Hour]:
    """Rows of a .csv or .csv.gz; `ValueError` names the row that is wrong."""
    data = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    rows = []
    for line, row in enumerate(csv.DictReader(io.StringIO(data.decode("utf-8-sig"))), 2):
        try:
            rain, flow = row["precipitation_mm"], row["inflow_m3s"]
            rows.append(
                Hour(
                    datetime.fromisoformat(row["time"]),
                    float(rain) if rain not in ("", "NA") else None,
                    float(flow) if flow not in ("", "NA") else None,
                )
            )
        except (KeyError, ValueError) as error:
            raise ValueError(f"{path.name} 第 {line} 行无法读取:{error}") from error
    return rows


def select(hours: Sequence[Hour], begin: datetime | None, end: datetime | None, as_now: bool) -> list[Hour]:
    """Rows within begin and end; for `as_now` without either, 24 rows that end 3 hours after the highest flow."""
    if as_now and begin is None and end is None and hours:
        peak = max(hours, key=lambda hour: hour.flow or 0.0)
        begin, end = peak.time - 20 * HOUR, peak.time + 3 * HOUR
    return [hour for hour in hours if (begin is None or hour.time >= begin) and (end is None or hour.time <= end)]


def tips(hours: Sequence[Hour]) -> list[float | None]:
    """Rain as a gauge of 0.1 mm counts it: the remainder is carried to the next hour, so totals stay right."""
    carried = 0.0
    counted: list[float | None] = []
    for hour in hours:
        if hour.rain is None:
            counted.append(None)
            continue
        carried += hour.rain
        tipped = int(carried * 10 + 1e-9) / 10
        carried -= tipped
        counted.append(tipped)
    return counted


async def replay(
    hours: Sequence[Hour], device: Device, speed: float, shift: timedelta, told: Callable[[int, Hour], None]
) -> None:
    """Send each row as an hourly report and wait for its confirmation; `speed` 0 = as fast as the door confirms."""
    total = 0.0
    for n, (hour, rain) in enumerate(zip(hours, tips(hours), strict=True), 1):
        total += rain or 0.0
        when = (hour.time + shift).replace(tzinfo=BEIJING)
        elements = number("1A", rain, 3, 1) + number("26", total % 99_999, 3, 1) + number("27", hour.flow, 5, 3)
        await device.report(HOURLY, when, elements)
        told(n, hour)
        if speed > 0 and n < len(hours):
            await asyncio.sleep(3600 / speed)
    await device.close()


@click.command("replay")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--station", default=DEFAULT_STATION, show_default=True, help="8 位站码,须已登记为回放站")
@click.option("--speed", default=3600.0, show_default=True, help="真实时间的倍数;0 为不等待")
@click.option("--from", "begin", type=click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M"]), help="起始时间")
@click.option("--to", "end", type=click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M"]), help="结束时间")
@click.option(
    "--as-now",
    is_flag=True,
    help="把所选时段整体平移,使最后一行落在当前整点,以便告警能够触发(只有最近 24 小时的行不被标为时钟可疑);"
    "未给 --from/--to 时取最大入流前后 24 行。不加此项则用原始时间,数据入库但不告警。",
)
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", type=int, default=lambda: int(os.environ.get("PORT") or 8600) + PORT_OFFSET, help="SL 651 端口")
def command(
    file: Path,
    station: str,
    speed: float,
    begin: datetime | None,
    end: datetime | None,
    as_now: bool,
    host: str,
    port: int,
) -> None:
    """实测回放 碧流河 2012:经 SL 651 端口以小时报(34)回放实测雨量与流量。"""
    try:
        hours = select(read_hours(file), begin, end, as_now)
    except ValueError as error:
        raise click.ClickException(str(error)) from error
    if not hours:
        raise click.ClickException("所选时段内没有数据,请检查 --from 和 --to。")
    shift = timedelta()
    if as_now:
        shift = datetime.now(BEIJING).replace(minute=0, second=0, microsecond=0, tzinfo=None) - hours[-1].time
    device = Device(f"00{station}", "K", host, port)
    click.echo(f"实测回放 碧流河,站 {station},{hours[0].time:%Y-%m-%d %H:%M} 至 {hours[-1].time:%Y-%m-%d %H:%M}")

    def told(n: int, hour: Hour) -> None:
        if n == len(hours) or n % 100 == 0:
            click.echo(f"{n}/{len(hours)} {hour.time:%Y-%m-%d %H:%M} 流量 {hour.flow} m³/s")

    asyncio.run(replay(hours, device, speed, shift, told))


if __name__ == "__main__":
    command()

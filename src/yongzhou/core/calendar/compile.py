"""Writes `calendar.csv` from the package `chinese_calendar`; run by hand once a year when the notice is out.

python -m yongzhou.core.calendar.compile 2020 2026 > cities/yongzhou/calendar.csv
"""

from __future__ import annotations

import csv
import sys
from datetime import date
from typing import TextIO

from chinese_calendar import constants

from yongzhou.core.calendar.days import CALENDAR_COLUMNS

NAMES = {holiday.value: holiday.chinese for holiday in constants.Holiday}
# Notices of the State Council's General Office on the holidays of a year (关于部分节假日安排的通知).
NOTICES = {
    2020: "国办发明电〔2019〕16号、〔2020〕1号",
    2021: "国办发明电〔2020〕27号",
    2022: "国办发明电〔2021〕11号",
    2023: "国办发明电〔2022〕16号",
    2024: "国办发明电〔2023〕7号",
    2025: "国办发明电〔2024〕12号",
    2026: "国办发明电〔2025〕7号",
}


def write(first: int, last: int, out: TextIO) -> None:
    """Rows of the years `first` to `last`, both counted, in order of date."""
    rows: dict[date, tuple[str, str]] = {day: ("holiday", NAMES[name]) for day, name in constants.holidays.items()}
    rows |= {day: ("workday", NAMES[name] + "调休") for day, name in constants.workdays.items()}
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(CALENDAR_COLUMNS)
    for day in sorted(rows):
        if first <= day.year <= last:
            writer.writerow([day.isoformat(), *rows[day], NOTICES.get(day.year, "")])


if __name__ == "__main__":
    write(int(sys.argv[1]), int(sys.argv[2]), sys.stdout)

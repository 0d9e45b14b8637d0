"""Statutory and working time with legal stops (工作日历与时限)."""

from yongzhou.core.calendar.days import DEFAULT_HOURS, CalendarDay, OfficeHours, read_days, read_hours
from yongzhou.core.calendar.spans import CalendarError, Due, Stop, WorkDays, WorkHours
from yongzhou.core.calendar.work import SHANGHAI, WorkCalendar

__all__ = [
    "DEFAULT_HOURS",
    "SHANGHAI",
    "CalendarDay",
    "CalendarError",
    "Due",
    "OfficeHours",
    "Stop",
    "WorkCalendar",
    "WorkDays",
    "WorkHours",
    "read_days",
    "read_hours",
]

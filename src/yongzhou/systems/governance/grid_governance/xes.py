"""Histories as an event log of IEEE 1849 (XES) for any process-mining tool. No Django."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from xml.sax.saxutils import quoteattr

EXTENSIONS = (
    ("Concept", "concept", "http://www.xes-standard.org/concept.xesext"),
    ("Time", "time", "http://www.xes-standard.org/time.xesext"),
    ("Organizational", "org", "http://www.xes-standard.org/org.xesext"),
    ("Lifecycle", "lifecycle", "http://www.xes-standard.org/lifecycle.xesext"),
)


@dataclass(frozen=True, slots=True)
class Step:
    """One event of the log: case number, activity, moment with zone, unit code."""

    case: str
    activity: str
    at: datetime
    unit: str = ""


def write(steps: Iterable[Step]) -> Iterator[str]:
    """The log piece by piece; steps of one case must stand together, in order of time."""
    yield '<?xml version="1.0" encoding="UTF-8"?>\n<log xes.version="1849.2016" xes.features="" '
    yield 'xmlns="http://www.xes-standard.org/">\n'
    for name, prefix, uri in EXTENSIONS:
        yield f'<extension name="{name}" prefix="{prefix}" uri="{uri}"/>\n'
    yield '<classifier name="Activity" keys="concept:name"/>\n'
    case: str | None = None
    for step in steps:
        if step.case != case:
            if case is not None:
                yield "</trace>\n"
            yield f"<trace>{_string('concept:name', step.case)}\n"
            case = step.case
        resource = _string("org:group", step.unit) if step.unit else ""
        yield (
            f"<event>{_string('concept:name', step.activity)}{_string('lifecycle:transition', 'complete')}"
            f'<date key="time:timestamp" value="{step.at.isoformat(timespec="milliseconds")}"/>{resource}</event>\n'
        )
    if case is not None:
        yield "</trace>\n"
    yield "</log>\n"


def _string(key: str, value: str) -> str:
    clean = "".join(letter for letter in value if letter >= " " or letter in "\t\n")
    return f"<string key={quoteattr(key)} value={quoteattr(clean)}/>"

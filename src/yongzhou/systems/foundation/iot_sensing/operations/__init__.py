"""Everything that iot_sensing does; importing it registers the operations."""

from yongzhou.systems.foundation.iot_sensing.operations.judging import acknowledge_alarm, judge_alarm
from yongzhou.systems.foundation.iot_sensing.operations.mending import (
    drop_letter,
    drop_quarantined,
    replay_quarantined,
    retry_letter,
)
from yongzhou.systems.foundation.iot_sensing.operations.registering import (
    issue_credential,
    register_datastream,
    register_thing,
    retire_thing,
)
from yongzhou.systems.foundation.iot_sensing.operations.watching import watch_health

__all__ = [
    "acknowledge_alarm",
    "drop_letter",
    "drop_quarantined",
    "issue_credential",
    "judge_alarm",
    "register_datastream",
    "register_thing",
    "replay_quarantined",
    "retire_thing",
    "retry_letter",
    "watch_health",
]

"""Everything that iot_sensing does; importing it registers the operations."""

from yongzhou.systems.foundation.iot_sensing.operations.commanding import (
    operate_actuator,
    run_out_commands,
    send_command,
    withdraw_command,
)
from yongzhou.systems.foundation.iot_sensing.operations.judging import acknowledge_alarm, judge_alarm
from yongzhou.systems.foundation.iot_sensing.operations.mending import (
    drop_letter,
    drop_quarantined,
    replay_quarantined,
    retry_letter,
)
from yongzhou.systems.foundation.iot_sensing.operations.provisioning import claim_device, provision_devices
from yongzhou.systems.foundation.iot_sensing.operations.registering import (
    issue_credential,
    register_datastream,
    register_thing,
    retire_thing,
)
from yongzhou.systems.foundation.iot_sensing.operations.watching import watch_health

__all__ = [
    "acknowledge_alarm",
    "claim_device",
    "drop_letter",
    "drop_quarantined",
    "issue_credential",
    "judge_alarm",
    "operate_actuator",
    "provision_devices",
    "register_datastream",
    "register_thing",
    "replay_quarantined",
    "retire_thing",
    "retry_letter",
    "run_out_commands",
    "send_command",
    "watch_health",
    "withdraw_command",
]

"""Row 3 of the plan: 物联感知网络."""

from yongzhou.core.system import Page, Standard, System

system = System(
    name="iot_sensing",
    title="物联感知网络",
    row=3,
    wing="foundation",
    lead_unit="市工业和信息化局",
    short="物联感知",
    standards=[
        Standard("OGC 18-088", "SensorThings API Part 1: Sensing 1.1"),
        Standard("IOOS QARTOD", "实时数据质量控制标志与检验"),
        Standard("MQTT 3.1.1", "消息队列遥测传输"),
        Standard("CJ/T 214", "城市市政综合监管信息系统 管理部件和事件分类、编码"),
    ],
    peers=["ThingsBoard", "FROST-Server", "ioos-qc"],
    reads=["telemetry.observation", "telemetry.alarm", "things.thing", "things.datastream"],
    hears=[
        "ev.telemetry.alarm.raised",
        "ev.telemetry.alarm.cleared",
        "ev.iot_sensing.command.queued",
        "ev.iot_sensing.command.answered",
    ],
    pages=[
        Page("设备健康", "/desk/iot_sensing/", "wifi", ("read", "things.thing")),
        Page("告警台", "/desk/iot_sensing/alarms/", "bell", ("read", "telemetry.alarm")),
        Page("设备指令", "/desk/iot_sensing/commands/", "send", ("read", "iot_sensing.command")),
        Page("发放设备", "/desk/iot_sensing/provision/", "qr", ("provision", "iot_sensing.provisionslip")),
        Page("待修数据", "/desk/iot_sensing/quarantine/", "edit", ("replay", "iot_sensing.replay_quarantined")),
        Page("死信", "/desk/iot_sensing/letters/", "mail", ("retry", "iot_sensing.retry_letter")),
    ],
    records=["maintenanceorder", "outage", "silence", "devicemodel", "alarmhandling", "command", "provisionslip"],
)

"""Row 36 of the plan: 城市运行管理平台."""

from yongzhou.core.system import Page, Standard, System

system = System(
    name="city_operations",
    title="城市运行管理平台",
    row=36,
    wing="governance",
    lead_unit="市行政审批服务局",
    short="城市运行",
    standards=[
        Standard("GB/T 2260", "中华人民共和国行政区划代码"),
        Standard("GB/T 33356-2022", "新型智慧城市评价指标（条款待核）"),
        Standard("ISO 37120:2018", "城市可持续发展 城市服务和生活品质指标（条款待核）"),
    ],
    peers=["FIWARE Orion-LD", "FROST-Server", "Grafana"],
    reads=["matters.matter", "telemetry.alarm", "telemetry.observation", "things.thing", "things.datastream"],
    hears=["ev.core.matter.*"],
    pages=[
        Page("态势一张图", "/desk/city_operations/", "map", ("read", "city_operations.statevector")),
        Page("综合运行管理", "/desk/city_operations/domains/", "gauge", ("read", "city_operations.statevector")),
        Page("我的辖区", "/desk/city_operations/mine/", "pin", ("read", "city_operations.statevector")),
        Page("异常台", "/desk/city_operations/anomalies/", "bolt", ("read", "city_operations.anomaly")),
        Page("预警台", "/desk/iot_sensing/alarms/", "bell", ("read", "telemetry.alarm")),
        Page("辅助决策", "/desk/city_operations/what-if/", "compass", ("read", "city_operations.scenario")),
        Page("运行报告", "/desk/city_operations/reports/", "file", ("read", "city_operations.operationreport")),
        Page("孪生完整", "/desk/city_operations/twin/", "link", ("read", "city_operations.twinlink")),
    ],
    records=["supervision", "advice", "statevector", "vitalsign", "domainrule"],
)

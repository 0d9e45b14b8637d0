"""Row 38 of the plan: 城市精细化治理一网统管平台."""

from yongzhou.core.system import Page, Standard, System

system = System(
    name="grid_governance",
    title="城市精细化治理一网统管平台",
    row=38,
    wing="governance",
    lead_unit="市委政法委",
    short="一网统管",
    standards=[
        Standard("GB/T 31000-2015", "社会治安综合治理基础数据规范"),
        Standard("GB/T 33358-2016", "政府热线服务规范"),
        Standard("GB/T 2260", "中华人民共和国行政区划代码"),
        Standard("GB/T 10114", "县级以下行政区划代码编制规则"),
        Standard("OMG DMN 1.3", "决策模型与标记"),
        Standard("IEEE 1849-2016", "XES 事件日志交换格式"),
    ],
    peers=["FixMyStreet", "Zammad", "pm4py"],
    reads=["telemetry.alarm"],
    hears=[
        "ev.telemetry.alarm.raised",
        "ev.telemetry.alarm.cleared",
        "ev.city_operations.supervision.requested",
    ],
    pages=[
        Page("值班台", "/desk/grid_governance/duty/", "bell", ("read", "grid_governance.event")),
        Page("热线台", "/desk/grid_governance/hotline/", "phone", ("take", "grid_governance.hotlineorder")),
        Page("督办红榜", "/desk/grid_governance/pressure/", "flag", ("read", "grid_governance.supervision")),
        Page("综合巡查", "/desk/grid_governance/patrol/", "compass", ("read", "grid_governance.patroltask")),
        Page("反复问题", "/desk/grid_governance/causes/", "target", ("read", "grid_governance.repeatcause")),
        Page("难点堵点", "/desk/grid_governance/bottlenecks/", "bolt", ("read", "grid_governance.processfinding")),
        Page("单位考核", "/desk/grid_governance/scorecard/", "bars", ("read", "grid_governance.event")),
        Page("网格台账", "/desk/grid_governance/grids/", "layers", ("read", "grid_governance.gridprofile")),
    ],
    records=["event", "report", "hotlineorder", "eventtype", "dutyitem", "patrolpoint", "massgroup", "notice"],
)

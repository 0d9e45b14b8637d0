"""Row 47 of the plan: 智慧水利."""

from yongzhou.core.system import Page, Standard, System

system = System(
    name="water",
    title="智慧水利",
    row=47,
    wing="governance",
    lead_unit="市水利局",
    short="智慧水利",
    standards=[
        Standard("SL 651-2014", "水文监测数据通信规约"),
        Standard("SL 502-2010", "水文测站代码编制导则"),
        Standard("GB/T 28592-2012", "降水量等级"),
    ],
    peers=["Delft-FEWS"],
    reads=["telemetry.observation", "telemetry.frame", "things.datastream"],
    hears=["ev.telemetry.alarm.raised", "ev.telemetry.alarm.cleared"],
    pages=[
        Page("雨水情", "/desk/water/", "drop", ("read", "water.hydrostation")),
        Page("山洪预警", "/desk/water/villages/", "bell", ("read", "water.flashfloodvillage")),
    ],
    records=["hydrostation", "floodwarning", "watermatter", "stagegrade"],
)

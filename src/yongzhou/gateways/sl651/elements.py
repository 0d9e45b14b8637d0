"""Element identifiers of SL 651-2014 annex C: HEX identifier, ASCII identifier, Chinese name, unit (UCUM).

The number of decimals stands in each frame (low 3 bits of the definition byte), so none is kept here. Units of water
quality and of pressures follow the annex as terminals use it (verify: units of identifiers 44H and 58H-5FH).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Element:
    """One observed element; `code` is the identifier as it travels on the bus ("20", "F4")."""

    code: str
    ascii: str
    name: str
    unit: str


_DEPTHS: Final = ("10", "20", "30", "40", "50", "60", "80", "100")
_PLAIN: Final = (
    ("01", "AC", "断面面积", "m2"),
    ("02", "AI", "瞬时气温", "Cel"),
    ("03", "C", "瞬时水温", "Cel"),
    ("05", "DT", "时段长、降水、引排水、抽水历时", "h"),
    ("06", "ED", "日蒸发量", "mm"),
    ("07", "EJ", "当前蒸发", "mm"),
    ("08", "FL", "气压", "hPa"),
    ("09", "GH", "闸坝、水库闸门开启高度", "m"),
    ("0A", "GN", "输水设备、闸门(组)编号", "1"),
    ("0B", "GS", "输水设备类别", "1"),
    ("0C", "GT", "水库、闸坝闸门开启孔数", "1"),
    ("0D", "GTP", "地温", "Cel"),
    ("0E", "H", "地下水瞬时埋深", "m"),
    ("0F", "HW", "波浪高度", "m"),
    ("18", "MST", "湿度", "%"),
    ("19", "NS", "开机台数", "1"),
    ("1A", "P1", "1小时时段降水量", "mm"),
    ("1B", "P2", "2小时时段降水量", "mm"),
    ("1C", "P3", "3小时时段降水量", "mm"),
    ("1D", "P6", "6小时时段降水量", "mm"),
    ("1E", "P12", "12小时时段降水量", "mm"),
    ("1F", "PD", "日降水量", "mm"),
    ("20", "PJ", "当前降水量", "mm"),
    ("21", "PN01", "1分钟时段降水量", "mm"),
    ("22", "PN05", "5分钟时段降水量", "mm"),
    ("23", "PN10", "10分钟时段降水量", "mm"),
    ("24", "PN30", "30分钟时段降水量", "mm"),
    ("25", "PR", "暴雨量", "mm"),
    ("26", "PT", "降水量累计值", "mm"),
    ("27", "Q", "瞬时流量、抽水流量", "m3/s"),
    ("30", "QA", "总出库流量、过闸总流量", "m3/s"),
    ("31", "QZ", "输水设备流量、过闸(组)流量", "m3/s"),
    ("32", "SW", "输沙量", "10*4.t"),
    ("33", "UC", "风向", "deg"),
    ("34", "UE", "风力(级)", "1"),
    ("35", "US", "风速", "m/s"),
    ("36", "VA", "断面平均流速", "m/s"),
    ("37", "VJ", "当前瞬时流速", "m/s"),
    ("38", "VT", "电源电压", "V"),
    ("39", "Z", "瞬时河道水位、潮位", "m"),
    ("3A", "ZB", "库(闸、站)下水位", "m"),
    ("3B", "ZU", "库(闸、站)上水位", "m"),
    ("44", "SQ", "含沙量", "kg/m3"),
    ("45", "ZT", "遥测站状态及报警信息", "1"),
    ("46", "PH", "pH值", "[pH]"),
    ("47", "DO", "溶解氧", "mg/L"),
    ("48", "COND", "电导率", "uS/cm"),
    ("49", "TURB", "浊度", "{NTU}"),
    ("4A", "CODMN", "高锰酸盐指数", "mg/L"),
    ("4B", "REDOX", "氧化还原电位", "mV"),
    ("4C", "NH4N", "氨氮", "mg/L"),
    ("4D", "TP", "总磷", "mg/L"),
    ("4E", "TN", "总氮", "mg/L"),
    ("4F", "TOC", "总有机碳", "mg/L"),
    ("50", "CU", "铜", "mg/L"),
    ("51", "ZN", "锌", "mg/L"),
    ("52", "SE", "硒", "mg/L"),
    ("53", "AS", "砷", "mg/L"),
    ("54", "THG", "总汞", "mg/L"),
    ("55", "CD", "镉", "mg/L"),
    ("56", "PB", "铅", "mg/L"),
    ("57", "CHLA", "叶绿素a", "mg/L"),
    ("70", "VTA", "交流A相电压", "V"),
    ("71", "VTB", "交流B相电压", "V"),
    ("72", "VTC", "交流C相电压", "V"),
    ("73", "VIA", "交流A相电流", "A"),
    ("74", "VIB", "交流B相电流", "A"),
    ("75", "VIC", "交流C相电流", "A"),
    ("F4", "DRP", "1小时内每5分钟时段雨量", "mm"),
)


def _all() -> list[Element]:
    elements = [Element(*row) for row in _PLAIN]
    elements += [Element(f"{0x10 + n:02X}", f"M{cm}", f"{cm}厘米处土壤含水量", "%") for n, cm in enumerate(_DEPTHS)]
    for n in range(1, 9):
        elements += [
            Element(f"{0x27 + n:02X}", f"Q{n}", f"取(排)水口流量{n}", "m3/s"),
            Element(f"{0x3B + n:02X}", f"Z{n}", f"取(排)水口水位{n}", "m"),
            Element(f"{0x57 + n:02X}", f"WP{n}", f"水压{n}", "kPa"),
            Element(f"{0x5F + n:02X}", f"SYL{n}", f"水表{n}剩余水量", "m3"),
            Element(f"{0x67 + n:02X}", f"SBL{n}", f"水表{n}每小时水量", "m3/h"),
            Element(f"{0xF4 + n:02X}", f"DRZ{n}", f"1小时内5分钟间隔相对水位{n}", "m"),
        ]
    return elements


ELEMENTS: Final = {element.code: element for element in _all()}
BY_ASCII: Final = {element.ascii: element for element in ELEMENTS.values()}

STATION_CLASSES: Final = {
    "P": "降水",
    "H": "河道",
    "K": "水库(湖泊)",
    "Z": "闸坝",
    "D": "泵站",
    "T": "潮汐",
    "M": "墒情",
    "G": "地下水",
    "Q": "水质",
    "I": "取水口",
    "O": "排水口",
}


def element_name(code: str) -> str:
    """Chinese name of an identifier; extension identifiers (FFxx) are the owner's own."""
    known = ELEMENTS.get(code)
    return known.name if known else f"自定义要素 {code}" if code.startswith("FF") else f"未知要素 {code}"


def element_unit(code: str) -> str:
    """UCUM unit of an identifier, "" if unknown."""
    known = ELEMENTS.get(code)
    return known.unit if known else ""

"""Commands to SL 651 stations: mode M4, the centre's query on the station's own TCP connection and its response.

A station is reached on the connection on which it was last heard; centre address and password are its own, from its
last frame. Over UDP nothing is asked: a station behind a mobile network is not reachable there.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from yongzhou.gateways.kit.commands import Command, Commander
from yongzhou.gateways.sl651.answer import query
from yongzhou.gateways.sl651.frame import FUNCTIONS, Frame
from yongzhou.gateways.sl651.handler import BEIJING

if TYPE_CHECKING:
    from yongzhou.gateways.sl651.server import Connection

FUNCTION_OF: Final = {"read": 0x37}  # 查询遥测站实时数据
FRESH_S: Final = 600.0  # a connection that was silent for longer may be dead without telling
STATIONS_MAX: Final = 100_000


class Stations:
    """`Courier` of the SL 651 door: who is on which connection, and which query waits for its response."""

    def __init__(self, commander: Commander) -> None:
        self._commander = commander
        self._seen: OrderedDict[str, tuple[Connection, Frame, float]] = OrderedDict()
        self._asked: dict[tuple[str, int], Command] = {}
        self._serial = 0
        commander.courier = self

    def heard(self, frame: Frame, connection: Connection) -> None:
        """A station has spoken: it can be told something now, and may have answered a query."""
        if frame.station not in self._seen and len(self._seen) >= STATIONS_MAX:
            self._seen.popitem(last=False)
        self._seen[frame.station] = (connection, frame, time.monotonic())
        if self._asked and (command := self._asked.pop((frame.station, frame.function), None)) is not None:
            name = FUNCTIONS.get(frame.function, "查询")
            detail = f"测站已应答「{name}」，正文 {len(frame.body)} 字节"
            self._commander.report(command.id, command.device, "done", detail, command)
        self._commander.awake(frame.station)

    def gone(self, connection: Connection) -> None:
        """A connection has ended."""
        for station in [name for name, seen in self._seen.items() if seen[0] is connection]:
            del self._seen[station]

    def reachable(self, device: str) -> bool:
        """Whether the station was heard lately on a connection that is open."""
        seen = self._seen.get(device)
        return seen is not None and seen[0].open and time.monotonic() - seen[2] < FRESH_S

    def deliver(self, command: Command) -> None:
        """Ask the station; a command that SL 651 has no word for fails at once."""
        connection, frame, _ = self._seen[command.device]
        function = FUNCTION_OF.get(command.action)
        if function is None:
            self._commander.report(command.id, command.device, "failed", "SL 651 没有这条指令", command)
            return
        self._serial = self._serial % 0xFFFF + 1
        self._asked[command.device, function] = command
        asked = query(
            station=frame.station,
            centre=frame.centre,
            password=frame.password,
            function=function,
            serial=self._serial,
            time=f"{datetime.now(UTC) + BEIJING:%y%m%d%H%M%S}",
        )
        connection.answer([asked])

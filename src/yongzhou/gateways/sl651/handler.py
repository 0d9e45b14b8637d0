"""What the door does with each frame of one peer: store, answer, ask again, put aside."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

from yongzhou.gateways.kit.door import Door
from yongzhou.gateways.kit.frame import DeviceFrame
from yongzhou.gateways.kit.publisher import Sink
from yongzhou.gateways.kit.quarantine import Rejected
from yongzhou.gateways.sl651.answer import answer, request_packet
from yongzhou.gateways.sl651.assemble import REQUESTS_MAX, Assembler, Message, TooLargeError
from yongzhou.gateways.sl651.frame import Control, Frame
from yongzhou.gateways.sl651.pieces import ReportError
from yongzhou.gateways.sl651.report import decode
from yongzhou.gateways.sl651.resync import Junk

BEIJING: Final = timedelta(hours=8)


@dataclass(slots=True)
class Handler:
    """One peer's conversation; `sink` sends to it."""

    door: Door
    sink: Sink
    peer: str
    assembler: Assembler = field(default_factory=Assembler)

    def handle(self, item: Frame | Junk, received: int) -> None:
        """Take one item of the stream; `received` in microseconds since 1970 UTC."""
        if isinstance(item, Junk):
            self._reject(item.reason, f"跳过的 {len(item.raw)} 字节", item.raw, received)
        elif item.down:
            self._reject("遥测站发来了下行报文", "报文标识(偏移 11)", item.raw, received, item.station)
        elif item.start == Control.SYN:
            self.door.received += 1
            self._packet(item, received)
        else:
            self.door.received += 1
            self._store([item], item, received)

    def idle(self, received: int) -> None:
        """Nothing came for a while: ask again for missing packets, give up after `REQUESTS_MAX` times."""
        for message in list(self.assembler.messages.values()):
            self._ask(message, received)

    def close(self, received: int) -> None:
        """The peer is gone: unfinished messages are put aside."""
        for message in list(self.assembler.messages.values()):
            self._give_up(message, received)

    def _store(self, frames: list[Frame], whole: Frame, received: int) -> None:
        reply = answer(whole)
        try:
            report = decode(whole)
        except ReportError as error:
            raw = b"".join(frame.raw for frame in frames)
            where = f"{error.where}(偏移 {error.offset})"
            self._reject(error.reason, where, raw, received, whole.station, reply)
            return
        function = f"{whole.function:02X}"
        station, serial, peer = report.station, report.serial, self.peer
        rows = [DeviceFrame(station, function, serial, received, peer, frame.raw, [], [], []) for frame in frames]
        rows[-1].elements = report.elements
        rows[-1].phenomena = report.phenomena
        rows[-1].results = report.results
        self.door.publisher.submit(rows, self.sink, reply)

    def _packet(self, frame: Frame, received: int) -> None:
        try:
            message = self.assembler.add(frame)
        except TooLargeError as error:
            self._reject(str(error), "多包报文", frame.raw, received, frame.station)
            return
        if not message.missing:
            self.assembler.drop(message)
            self._store(message.frames, message.merged(), received)
        elif frame.end == Control.ETX:
            self._ask(message, received)

    def _ask(self, message: Message, received: int) -> None:
        if message.requests >= REQUESTS_MAX:
            self._give_up(message, received)
            return
        message.requests += 1
        some = message.frames[0]
        now = datetime.fromtimestamp(received / 1e6, UTC) + BEIJING
        requests = [request_packet(some, index, now) for index in message.missing]
        self.sink.answer(requests)

    def _give_up(self, message: Message, received: int) -> None:
        self.assembler.drop(message)
        missing = "、".join(map(str, message.missing[:20]))
        raw = b"".join(frame.raw for frame in message.frames)
        reason = f"多包报文共 {message.total} 包,缺少第 {missing} 包"
        self._reject(reason, "多包报文", raw, received, message.frames[0].station)

    def _reject(
        self, reason: str, where: str, raw: bytes, received: int, station: str | None = None, reply: bytes | None = None
    ) -> None:
        """Put aside; a sound frame with impossible content is answered then, since a repetition would not mend it."""
        sink = self.sink
        then = None if reply is None else (lambda: sink.answer([reply]))
        self.door.quarantine.put(Rejected(self.peer, received, reason, where, raw, station), then)

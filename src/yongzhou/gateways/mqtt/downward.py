"""Commands over MQTT: down on `down/<device>/command`, the device's receipt up on `up/<device>/receipt`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final
from uuid import UUID

from yongzhou.gateways.kit.commands import Command, Commander, State
from yongzhou.gateways.mqtt.names import DOWN, UP
from yongzhou.gateways.mqtt.packets import Publish

if TYPE_CHECKING:
    from yongzhou.gateways.mqtt.connection import Connection
    from yongzhou.gateways.mqtt.server import Server

STATES: Final[dict[object, State]] = {"done": "done", "failed": "failed", "received": "received"}


class ReceiptError(ValueError):
    """A receipt that cannot be read: Chinese reason."""


def read_receipt(payload: bytes) -> tuple[UUID, State, str]:
    """Command, state and detail of {"id": uuid, "state": "received"|"done"|"failed", "detail": text}.

    Raises `ReceiptError`.
    """
    try:
        said = json.loads(payload)
        command = UUID(said["id"])
        state = STATES[said["state"]]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ReceiptError(
            "回执应为 JSON 对象 {id: 指令编号, state: received、done 或 failed, detail: 说明}"
        ) from error
    return command, state, str(said.get("detail") or "")


class Downward:
    """`Courier` of the MQTT door, and the ear for receipts."""

    def __init__(self, server: Server, commander: Commander) -> None:
        self._server, self._commander = server, commander
        commander.courier = self

    def _listener(self, device: str) -> Connection | None:
        topic = f"{DOWN}{device}/command"
        return next((one for one in self._server.connections_of(device) if one.hears(topic)), None)

    def reachable(self, device: str) -> bool:
        """Whether a connection of the device has subscribed to its commands."""
        return self._listener(device) is not None

    def deliver(self, command: Command) -> None:
        """Send it once at QoS 1; the device's PUBACK says that it has it."""
        listener = self._listener(command.device)
        if listener is None:
            return

        def arrived() -> None:
            self._commander.report(command.id, command.device, "received", "设备已收到", command)

        listener.send(f"{DOWN}{command.device}/command", command.body(), arrived)

    def awake(self, device: str) -> None:
        """The device listens now."""
        self._commander.awake(device)

    def heard(self, connection: Connection, message: Publish, answer: bytes | None) -> bool:
        """Whether this is a receipt: it is then passed on, and acknowledged once that is stored."""
        device = connection.device
        if message.topic != f"{UP}{device}/receipt":
            return False
        try:
            command, state, detail = read_receipt(message.payload)
        except ReceiptError as error:
            self._server.intake.reject(str(error), device, message, connection, answer)
            return True

        def stored() -> None:
            if answer is not None:
                connection.answer([answer])

        self._commander.report(command, device, state, detail, then=stored)
        return True

"""Commands down to devices, each at most once, and what devices say of them.

A command waits in stream COMMANDS under `cmd.<door>.<device>` until its device can be reached. Before it goes out it is
claimed in the house's table in one statement: a claim that is lost with a killed door is never made again, so the
command was sent once or not at all, and the house sees it time out. What comes of it is a fact on EVENTS.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections import OrderedDict
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final, Literal, Protocol
from uuid import UUID, uuid4, uuid5

from nats.aio.msg import Msg
from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy
from nats.js.errors import NotFoundError

from yongzhou.core.streams import COMMANDS
from yongzhou.gateways.kit.door import Door
from yongzhou.gateways.kit.house import HouseError, HouseTables
from yongzhou.gateways.kit.publisher import RETRY, publish_until_stored

log = logging.getLogger(__name__)

ANSWERED: Final = "ev.iot_sensing.command.answered"
RIGHTS: Final = (  # of a door's user on the bus
    ANSWERED,
    f"$JS.API.CONSUMER.CREATE.{COMMANDS}.>",
    f"$JS.API.CONSUMER.MSG.NEXT.{COMMANDS}.*",
    f"$JS.API.CONSUMER.INFO.{COMMANDS}.*",
    f"$JS.API.STREAM.MSG.DELETE.{COMMANDS}",
)
FETCH: Final = 200
FETCH_S: Final = 2.0
QUIET_MAX: Final = 5
PAUSE_S: Final = 1.0
ACTOR: Final = "00000000-0000-7000-8000-000000000001"  # the house itself
_NAMESPACE: Final = UUID("6a7f2d3c-2a59-5e1b-9d0a-4b1b6a0f7c21")
_CLAIM: Final = (
    "UPDATE iot_sensing_command SET state = 'sent', sent_at = now() "
    "WHERE id = %s AND state = 'queued' AND expires > now() RETURNING id::text"
)

State = Literal["received", "done", "failed"]


@dataclass(frozen=True, slots=True)
class Command:
    """One command as it travels; `parameters` is a JSON object."""

    id: UUID
    device: str
    action: str
    parameters: dict[str, object]
    expires: datetime
    region: str
    origin: str

    def body(self) -> bytes:
        """JSON {id, action, parameters, expires}: what a device that reads JSON gets."""
        said = {
            "id": str(self.id),
            "action": self.action,
            "parameters": self.parameters,
            "expires": self.expires.isoformat(),
        }
        return json.dumps(said, ensure_ascii=False).encode()

    def wire(self) -> bytes:
        """JSON as it lies in COMMANDS."""
        return json.dumps(
            {**json.loads(self.body()), "device": self.device, "region": self.region, "origin": self.origin},
            ensure_ascii=False,
        ).encode()

    @classmethod
    def read(cls, message: bytes) -> Command:
        """The command of a message; `ValueError` if it is none."""
        try:
            said = json.loads(message)
            return cls(
                UUID(said["id"]),
                str(said["device"]),
                str(said["action"]),
                dict(said["parameters"]),
                datetime.fromisoformat(said["expires"]),
                str(said["region"]),
                str(said["origin"]),
            )
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"not a command: {error!r}") from error


def subject(door: str, device: str) -> str:
    """Where commands for a device of a door wait."""
    return f"cmd.{door}.{device}"


class Claims(Protocol):
    """Who may send a command."""

    async def claim(self, command: UUID) -> bool:
        """True for exactly one caller, and only while it is neither expired nor withdrawn. Raises `HouseError`."""


class HouseClaims:
    """`Claims` on the table of system iot_sensing."""

    def __init__(self, tables: HouseTables) -> None:
        self._tables = tables

    async def claim(self, command: UUID) -> bool:
        """As `Claims.claim`: the claim is on the database's disk when this returns."""
        return bool(await self._tables.ask(_CLAIM, [command]))


class Courier(Protocol):
    """The door's side."""

    def reachable(self, device: str) -> bool:
        """Whether a command sent now would go out."""

    def deliver(self, command: Command) -> None:
        """Send it, once."""


@dataclass(slots=True)
class Commander:
    """The commands of one door. `courier` is set by the door before `run`."""

    door: Door
    claims: Claims
    courier: Courier | None = None
    _waiting: dict[str, OrderedDict[int, Command]] = field(default_factory=dict)
    _busy: set[str] = field(default_factory=set)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    async def run(self) -> None:
        """Read commands until cancelled; trouble with the bus ends a session and starts the next."""
        while True:
            try:
                await self._session()
            except RETRY as error:
                log.warning("reading commands stopped (%r), again in %.0f s", error, PAUSE_S)
            await asyncio.sleep(PAUSE_S)

    async def _session(self) -> None:
        js = self.door.bus.jetstream(timeout=5)
        name = f"door-{self.door.name}-{uuid4().hex[:12]}"
        config = ConsumerConfig(
            name=name,
            filter_subject=subject(self.door.name, "*"),
            deliver_policy=DeliverPolicy.ALL,
            ack_policy=AckPolicy.NONE,
            inactive_threshold=60.0,
            mem_storage=True,
        )
        self._waiting.clear()
        await js.add_consumer(COMMANDS, config)
        queue = await js.pull_subscribe_bind(name, COMMANDS)
        quiet = 0
        try:
            while True:
                try:
                    messages = await queue.fetch(FETCH, timeout=FETCH_S)
                except TimeoutError:
                    quiet += 1
                    if quiet % QUIET_MAX == 0:
                        try:
                            await js.consumer_info(COMMANDS, name)
                        except NotFoundError:
                            log.warning("the consumer of commands is gone")
                            return
                    continue
                quiet = 0
                for message in messages:
                    self._take(message)
        finally:
            if self.door.bus.is_connected:
                await queue.unsubscribe()

    def _take(self, message: Msg) -> None:
        place = message.metadata.sequence.stream
        try:
            command = Command.read(message.data)
        except ValueError as error:
            log.warning("%s: %s", message.subject, error)
            self._start(self._remove(place))
            return
        self._waiting.setdefault(command.device, OrderedDict())[place] = command
        self.awake(command.device)

    def awake(self, device: str) -> None:
        """A device can be reached now, or has got a command: send what waits for it."""
        if device in self._waiting and device not in self._busy:
            self._busy.add(device)
            self._start(self._work_off(device))

    async def _work_off(self, device: str) -> None:
        try:
            while (waiting := self._waiting.get(device)) and self._reachable(device):
                place, command = next(iter(waiting.items()))
                try:
                    mine = await self.claims.claim(command.id)
                except HouseError as error:
                    log.warning("command %s not claimed (%s), again in %.0f s", command.id, error, PAUSE_S)
                    await asyncio.sleep(PAUSE_S)
                    continue
                waiting.pop(place, None)
                if mine:
                    self._send(command)
                await self._remove(place)
            if not self._waiting.get(device):
                self._waiting.pop(device, None)
        finally:
            self._busy.discard(device)

    def _reachable(self, device: str) -> bool:
        return self.courier is not None and self.courier.reachable(device)

    def _send(self, command: Command) -> None:
        if self.courier is not None and self.courier.reachable(command.device):
            self.courier.deliver(command)
            log.info("command %s %s sent to %s", command.id, command.action, command.device)
        else:
            self.report(command.id, command.device, "failed", "设备在发送之前断开，指令没有发出", command)

    async def _remove(self, place: int) -> None:
        try:
            await self.door.bus.jetstream(timeout=5).delete_msg(COMMANDS, place)
        except RETRY as error:
            log.info("message %d of commands not removed (%r): its claim is refused next time", place, error)

    def report(
        self,
        command: UUID,
        device: str,
        state: State,
        detail: str,
        known: Command | None = None,
        then: Callable[[], None] | None = None,
    ) -> None:
        """Tell the house what came of a command; `then` is called once that is stored. The house checks the device."""
        at = datetime.now(UTC).isoformat()
        identity = uuid5(_NAMESPACE, f"{command} {device} {state} {detail}")
        region, origin = (known.region, known.origin) if known is not None else ("", "measured")
        # CloudEvents 1.0 as `core.bus.events.Envelope` reads it; written out, for pydantic would be a fifth of a door
        envelope = {
            "specversion": "1.0",
            "id": str(identity),
            "source": f"/yongzhou/gateway/{self.door.name}",
            "type": ANSWERED,
            "subject": str(command),
            "time": at,
            "datacontenttype": "application/json",
            "dataschema": f"/events/{ANSWERED}/v1",
            "version": 1,
            "actor": ACTOR,
            "origin": origin,
            "region": region,
            "data": {
                "command": str(command),
                "door": self.door.name,
                "device": device,
                "state": state,
                "detail": detail[:500],
                "at": at,
                "region": region,
                "origin": origin,
            },
        }
        self._start(self._report(json.dumps(envelope, ensure_ascii=False).encode(), str(identity), then))

    async def _report(self, message: bytes, identity: str, then: Callable[[], None] | None) -> None:
        await publish_until_stored(self.door.bus.jetstream(timeout=5), ANSWERED, message, identity)
        if then is not None:
            then()

    def _start(self, work: Coroutine[object, object, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def drain(self, timeout: float = 5.0) -> None:
        """Wait for what is being told, at most `timeout` seconds."""
        if self._tasks:
            _, late = await asyncio.wait(set(self._tasks), timeout=timeout)
            for task in late:
                task.cancel()

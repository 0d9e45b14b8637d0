"""`python -m simulator.mqtt_device NAME`: a pump on MQTT that reports, listens to its commands and answers each once.

Its key comes from the page of the device (发放设备密钥) and is read from the environment, `MQTT_SECRET`.
"""

from __future__ import annotations

import json
import os
import time
from collections import OrderedDict
from typing import Final

import click
import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

PORT_OFFSET: Final = 6
REMEMBERED: Final = 1_000
PERIODS: Final = range(10, 86_401)


class Pump:
    """What it is and does; `obey` gives the receipt of a command, the same one if the command comes again."""

    def __init__(self, period_s: float = 60.0) -> None:
        self.period_s, self.on, self.opening_m, self.restarts = period_s, False, 0.0, 0
        self._done: OrderedDict[str, dict[str, object]] = OrderedDict()

    def obey(self, payload: bytes) -> dict[str, object]:
        """Receipt {id, state, detail} of a command {id, action, parameters}; `ValueError` if it is none."""
        said = json.loads(payload)
        name = str(said["id"])
        if name not in self._done:
            try:
                detail, state = self._act(str(said["action"]), dict(said["parameters"])), "done"
            except (KeyError, ValueError) as error:
                detail, state = f"做不到：{error}", "failed"
            self._done[name] = {"id": name, "state": state, "detail": detail}
            if len(self._done) > REMEMBERED:
                self._done.popitem(last=False)
        return self._done[name]

    def _act(self, action: str, given: dict[str, object]) -> str:
        if action == "read":
            return json.dumps(self.values())
        if action == "set_period":
            seconds = int(str(given["seconds"]))
            if seconds not in PERIODS:
                raise ValueError(f"周期 {seconds} 秒")
            self.period_s = seconds
            return f"周期已改为 {seconds} 秒"
        if action == "restart":
            self.restarts += 1
            return "已重启"
        if action == "pump":
            self.on = bool(given["on"])
            return "已开机" if self.on else "已停机"
        if action == "gate":
            self.opening_m = float(str(given["opening_m"]))
            return f"开度 {self.opening_m} m"
        raise ValueError(f"不认识的指令 {action}")

    def values(self) -> dict[str, float]:
        """What it measures, by element."""
        return {"flow": 0.35 if self.on else 0.0, "voltage": 12.4}


@click.command()
@click.argument("name")
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", type=int, default=lambda: int(os.environ.get("PORT") or 8600) + PORT_OFFSET, help="MQTT 端口")
@click.option("--period", default=60.0, show_default=True, help="上报周期,秒")
def main(name: str, host: str, port: int, period: float) -> None:
    """模拟水泵:按周期上报,执行指令并回执;密钥从环境变量 MQTT_SECRET 读取。"""
    pump = Pump(period)
    client = paho.Client(CallbackAPIVersion.VERSION2, client_id=name)
    client.username_pw_set(name, os.environ.get("MQTT_SECRET", ""))

    def connected(*answer: object) -> None:
        click.echo(f"登录:{answer[3]}")
        client.subscribe(f"down/{name}/command", qos=1)

    def told(_: object, __: object, message: paho.MQTTMessage) -> None:
        receipt = pump.obey(bytes(message.payload))
        click.echo(f"指令 {message.payload.decode()} -> {receipt['detail']}")
        client.publish(f"up/{name}/receipt", json.dumps(receipt, ensure_ascii=False), qos=1)

    client.on_connect = connected
    client.on_message = told
    client.connect(host, port)
    client.loop_start()
    while True:
        for element, value in pump.values().items():
            client.publish(f"up/{name}/{element}", str(value), qos=1)
        time.sleep(pump.period_s)


if __name__ == "__main__":
    main()

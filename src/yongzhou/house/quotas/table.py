"""Quotas and back-pressure of every door in one table; figures are read from where they are enforced."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from yongzhou.core import streams
from yongzhou.gateways.kit.limiter import Limiter
from yongzhou.gateways.kit.publisher import IN_FLIGHT, WAITING_MAX
from yongzhou.gateways.sl651.server import UNREAD_MAX
from yongzhou.house.live import CONNECTIONS, PENDING_KEYS
from yongzhou.house.quotas.web import ANONYMOUS_SHARE, BURST, RATE

_DEVICE: Final = Limiter()


@dataclass(frozen=True, slots=True)
class Quota:
    """One limit: whose, how much, what happens beyond it, what the sender should do, where it is enforced."""

    door: str
    whose: str
    limit: str
    beyond: str
    sender: str
    where: str


def table() -> tuple[Quota, ...]:
    """All limits, outermost first."""
    device = f"每秒 {_DEVICE.rate:g} 帧,一次最多 {_DEVICE.burst:g} 帧"
    return (
        Quota("前门", "一个请求", "请求头 64 KB、10 秒内送完;正文 2 分钟内送完", "断开", "重试", "family/front.py"),
        Quota(
            "网页与 REST", "一个登录者或令牌", f"每秒 {RATE:g} 个请求,一次最多 {BURST:g} 个",
            "429 与 Retry-After", "按 Retry-After 等待后重发(带同一 Idempotency-Key)", "quotas/web.py",
        ),
        Quota(
            "网页与 REST", "未登录的一个地址",
            f"每秒 {RATE * ANONYMOUS_SHARE:g} 个请求,一次最多 {BURST * ANONYMOUS_SHARE:g} 个",
            "429 与 Retry-After", "等待后重试", "quotas/web.py",
        ),
        Quota("网页与 REST", "一个请求", "正文 2 MB(附件另计),字段 500 个", "400 或 413", "分批提交", "settings.py"),
        Quota("网页与 REST", "全部", "8 个线程,其余在前门排队 60 秒", "503 与 Retry-After", "重试", "family/roster.py"),
        Quota("实时推送", "全部", f"{CONNECTIONS} 个浏览器", "503 与 Retry-After 15", "浏览器自动重连", "live.py"),
        Quota(
            "实时推送", "一个浏览器", f"{PENDING_KEYS} 个未取走的主题键,每键只留最新", "丢最旧并告知 gap",
            "页面重新读取现状", "live.py",
        ),
        Quota("SL 651", "一台遥测站", device, "停止读取它的连接(UDP 丢弃)", "照常重发,不丢", "gateways/kit/limiter.py"),
        Quota(
            "SL 651", "一个连接", f"未取走的应答 {UNREAD_MAX // 1024} KB", "断开", "重连", "gateways/sl651/server.py"
        ),
        Quota("MQTT", "一台设备", device, "停止读取它的连接", "QoS 1 照常重发,不丢", "gateways/kit/limiter.py"),
        Quota(
            "各设备门", "一扇门", f"{WAITING_MAX} 帧未落盘,同时 {IN_FLIGHT} 条在途", "停止读取全部连接",
            "没有收到应答的照常重发", "gateways/kit/publisher.py",
        ),
        *(
            Quota(
                "总线", f"消息流 {name}", f"{(config.max_bytes or 0) / 1e6:,.0f} MB",
                "拒收,发送方得不到确认" if config.discard is not None and config.discard.value == "new" else "丢最旧的",
                "重发" if config.discard is not None and config.discard.value == "new" else "发件箱是底账",
                "core/streams.py",
            )
            for name, config in streams.STREAMS.items()
        ),
        Quota("总线", "一条消息", f"{streams.MAX_BYTES / 1e6:g} MB", "不发", "大的内容存为记录", "core/streams.py"),
    )  # fmt: skip

"""Which pages of the account somebody finds in his menu."""

from __future__ import annotations

from yongzhou.core.data.actor import Actor


def account_links(who: Actor, root: str = "/desk/account/") -> list[dict[str, str]]:
    """Title, address and icon of each page that is open to him."""
    links = [
        ("", "我的账户", "user"),
        ("sessions/", "登录设备", "phone"),
        ("delegations/", "代办委托", "people"),
        ("why/", "为什么", "help"),
    ]
    if who.lines("appoint", "people.person"):
        links.append(("people/", "单位人员与授权", "briefcase"))
    if who.lines("manage", "people.serviceaccount"):
        links.append(("services/", "服务账号", "key"))
    if who.lines("configure", "people.configure_provider"):
        links.append(("provider/", "登录方式与演示账号", "shield"))
    return [{"href": root + path, "title": title, "icon": icon} for path, title, icon in links]

"""The words that scripts say; a page in another language brings their translations along as data."""

from __future__ import annotations

from typing import Final

SAID: Final = (
    "撤销",
    "已撤销",
    "没能撤销，请到记录里改",
    "知道了",
    "已复制",
    "没连上服务器。检查网络后再试一次",
    "消息",
    "按键",
    "关闭",
    "回车",
    "空格",
    "上一条、下一条",
    "打开整页",
    "打开侧栏",
    "选择",
    "全选或取消",
    "关闭侧栏",
    "搜索本页",
    "搜索一切",
    "这张按键表",
    "搜索事件、操作、指标、地点",
    "结果",
    "↑ ↓ 选择　回车 打开　Esc 关闭",
    "搜索",
    "没连上搜索，稍后再试",
    "输入编号、名称、地点或要做的事",
    "没有找到「{q}」。换个说法，或输入编号",
    "那一刻的情形没有载入，请再拖一次",
    "常用",
    "操作",
    "指标",
    "页面",
    "我的视图",
    "帮助",
)

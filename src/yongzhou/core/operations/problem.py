"""What went wrong, for a person and for a machine: RFC 9457 with a remedy."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails


class Problem(Exception):
    """A refusal that says what, where and how to mend it; `title` and `remedy` are Chinese sentences."""

    def __init__(
        self,
        code: str,
        title: str,
        *,
        status: int = 422,
        field: str | None = None,
        remedy: str = "",
        errors: list[dict[str, str]] | None = None,
    ) -> None:
        super().__init__(title)
        self.code, self.title, self.status, self.field, self.remedy = code, title, status, field, remedy
        self.errors = errors or ([{"field": field, "message": title, "remedy": remedy}] if field else [])

    def document(self) -> dict[str, Any]:
        """The `application/problem+json` body."""
        return {
            "type": f"/developer/problems/#{self.code}",
            "code": self.code,
            "title": self.title,
            "status": self.status,
            "detail": self.remedy,
            "errors": self.errors,
        }


def forbidden(reason: str, ask: str = "") -> Problem:
    """403: why, and whom to ask."""
    return Problem(
        "forbidden", f"没有权限：{reason}", status=HTTPStatus.FORBIDDEN, remedy=ask or "请联系本单位的系统管理员"
    )


def not_found(what: str = "记录") -> Problem:
    """404: not there, or not for this person; the two look the same."""
    return Problem(
        "not_found", f"没有找到这条{what}", status=HTTPStatus.NOT_FOUND, remedy="它可能已被移走，或不在您的管辖范围内"
    )


_MESSAGES = {
    "missing": "必填",
    "uuid_parsing": "不是有效的编号",
    "float_parsing": "应为数字",
    "int_parsing": "应为整数",
    "bool_parsing": "应为是或否",
    "literal_error": "只能是 {expected}",
    "greater_than_equal": "不能小于 {ge}",
    "less_than_equal": "不能大于 {le}",
    "greater_than": "应大于 {gt}",
    "less_than": "应小于 {lt}",
    "string_too_long": "最多 {max_length} 个字",
    "string_too_short": "至少 {min_length} 个字",
    "string_type": "应为文字",
    "extra_forbidden": "没有这个字段",
    "datetime_from_date_parsing": "时间应写作 2026-06-18T03:06:05+08:00",
    "datetime_parsing": "时间应写作 2026-06-18T03:06:05+08:00",
    "timezone_aware": "时间须带时区，例如 +08:00",
    "json_invalid": "不是有效的 JSON",
}


def _message(error: ErrorDetails) -> str:
    template = _MESSAGES.get(error["type"])
    if error["type"] == "value_error":
        return str(error["msg"]).removeprefix("Value error, ")
    return template.format(**error.get("ctx", {})) if template else error["msg"]


def invalid(error: ValidationError) -> Problem:
    """422 with one line a field."""
    lines = [
        {"field": ".".join(map(str, line["loc"])), "message": _message(line), "remedy": ""} for line in error.errors()
    ]
    names = "、".join(dict.fromkeys(line["field"] or "内容" for line in lines))
    return Problem(
        "invalid", f"请检查：{names}", errors=lines, remedy="；".join(f"{x['field']}：{x['message']}" for x in lines)
    )

"""JSON answers, problems, and how a request's actor and body are read."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable
from functools import lru_cache, wraps
from typing import Any, Final
from uuid import UUID

from django.core import signing
from django.core.exceptions import RequestDataTooBig
from django.db import DataError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import CsrfViewMiddleware
from django.views.decorators.csrf import csrf_exempt

from yongzhou.core.data.actor import Actor
from yongzhou.core.data.query import QueryError
from yongzhou.core.operations.problem import Problem
from yongzhou.core.people.actors import actor_of
from yongzhou.portals.gate.middleware import actor as session_actor

TOKEN_HOURS: Final = 12
_SALT: Final = "api token"

View = Callable[..., HttpResponse]


def token(person: UUID) -> str:
    """A bearer token of a person; his rights are read anew on each request."""
    return signing.TimestampSigner(salt=_SALT).sign(str(person))


def problem(error: Problem) -> JsonResponse:
    """`application/problem+json`."""
    return JsonResponse(
        error.document(),
        status=error.status,
        content_type="application/problem+json",
        json_dumps_params={"ensure_ascii": False},
    )


def answer(document: Any, status: int = 200) -> JsonResponse:
    """A JSON document."""
    return JsonResponse(document, status=status, safe=False, json_dumps_params={"ensure_ascii": False})


def door(*methods: str) -> Callable[[View], View]:
    """A view of the API: method, actor by session (CSRF on writes) or bearer token, problems as documents."""

    def decorate(view: View) -> View:
        @csrf_exempt
        @wraps(view)
        def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            try:
                if request.method not in methods:
                    raise Problem("method", f"这里只接受 {'、'.join(methods)}", status=405)
                return view(request, _actor(request), *args, **kwargs)
            except Problem as error:
                response = problem(error)
                if error.status == 405:
                    response["Allow"] = ", ".join(method for method in methods if method != request.method)
                return response
            except QueryError as error:
                return problem(Problem("query", str(error), status=422))
            except DataError:  # a number or a date beyond what a column holds; the transaction is undone
                return problem(
                    Problem("invalid", "有一个值超出了可以保存的范围", remedy="检查过大的数、过早或过晚的时间")
                )

        return wrapped

    return decorate


def _actor(request: HttpRequest) -> Actor:
    header = request.META.get("HTTP_AUTHORIZATION", "")
    if not header:
        if request.method not in ("GET", "HEAD") and session_actor(request).kind == "person":
            refusal = CsrfViewMiddleware(lambda _: HttpResponse()).process_view(request, _plain, (), {})
            if refusal is not None:
                raise Problem(
                    "csrf", "请求缺少或带错了 X-CSRFToken", status=403, remedy="用 Bearer 令牌，或带上 yz_csrf 的值"
                )
        return session_actor(request)
    scheme, _, value = header.partition(" ")
    if scheme.lower() != "bearer":
        raise Problem("login", "只支持 Bearer 令牌", status=401, remedy="POST /api/sign-in 取得令牌")
    try:
        person, made = _signed(value)
    except (signing.BadSignature, ValueError):
        made = 0
    if time.time() - made > TOKEN_HOURS * 3600:
        raise Problem("login", "令牌无效或已过期", status=401, remedy="POST /api/sign-in 重新取得")
    return actor_of(person)


@lru_cache(maxsize=4096)
def _signed(value: str) -> tuple[UUID, int]:
    """Whom a token names, and when it was made (epoch seconds); a signature once found right stays right.

    Raises `BadSignature` or `ValueError` for what is no token of ours.
    """
    person = signing.TimestampSigner(salt=_SALT).unsign(value)
    return UUID(person), signing.b62_decode(value.split(":")[1])


def _plain(request: HttpRequest) -> HttpResponse:
    return HttpResponse()


def body(request: HttpRequest) -> dict[str, Any]:
    """The JSON object of a request; an empty body is an empty object."""
    try:
        content = request.body
    except RequestDataTooBig as error:
        raise Problem("too_large", "内容超过 2 MB", status=413, remedy="分成几次提交；照片请走表单") from error
    if not content:
        return {}
    if request.content_type not in ("application/json", ""):
        raise Problem("media", "内容类型应为 application/json", status=415)
    try:
        text = content.decode(json.detect_encoding(content), "surrogatepass")
        document = _JSON.decode(text)
    except (ValueError, UnicodeDecodeError, RecursionError) as error:
        raise Problem(
            "json", f"不是有效的 JSON：{str(error)[:80]}", status=400, remedy="检查引号、逗号与编码（UTF-8）"
        ) from error
    if not isinstance(document, dict):
        raise Problem("json", "内容应为一个 JSON 对象", status=400)
    if _SUSPECT.search(text) and not _storable(document):
        raise Problem("json", "内容里有 NUL 或半个字符（孤立的代理项）", status=400, remedy="去掉不可见字符")
    return document


def _no_constant(word: str) -> float:
    raise ValueError(f"{word} 不是 JSON 的数")


_JSON: Final = json.JSONDecoder(parse_constant=_no_constant)
_SUSPECT: Final = re.compile("\\\\u(?:0000|[dD][89a-fA-F])|[\0\ud800-\udfff]")  # may become what cannot be stored


def _storable(value: Any) -> bool:
    """Whether every text in a document can be stored: no NUL, no half of a surrogate pair."""
    if isinstance(value, str):
        return "\0" not in value and not any("\ud800" <= mark <= "\udfff" for mark in value)
    if isinstance(value, dict):
        return all(_storable(key) and _storable(item) for key, item in value.items())
    return all(map(_storable, value)) if isinstance(value, list) else True

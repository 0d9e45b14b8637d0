"""The one view of the door: an address of OGC 18-088 clause 9.2 walked step by step."""

from __future__ import annotations

import re
from typing import Final

from django.db import DataError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.views.decorators.csrf import csrf_exempt

from yongzhou.core.data.actor import Actor
from yongzhou.core.operations.problem import Problem, not_found
from yongzhou.portals.sensorthings import create, register
from yongzhou.portals.sensorthings.access import actor_of_request
from yongzhou.portals.sensorthings.answer import listing
from yongzhou.portals.sensorthings.documents import address, document
from yongzhou.portals.sensorthings.filters import FilterError
from yongzhou.portals.sensorthings.finding import Asking, Collection, Entity, entity, follow, only
from yongzhou.portals.sensorthings.kinds import KINDS
from yongzhou.portals.sensorthings.options import OptionError, Options, read
from yongzhou.portals.sensorthings.pages import key_of
from yongzhou.portals.sensorthings.showing import value_of

VERSION: Final = "v1.1"
BODY_MAX: Final = 65_536
STEPS_MAX: Final = 8
_STEP: Final = re.compile(r"([$A-Za-z][\w$]*)(?:\((.*)\))?", re.DOTALL)
_BASE: Final = "http://www.opengis.net/spec/iot_sensing/1.1/req/"
CONFORMANCE: Final = tuple(
    _BASE + part
    for part in (
        "datamodel", "resource-path/resource-path-to-entities",
        "request-data/status-codes", "request-data/expand", "request-data/expand2", "request-data/select",
        "request-data/orderby", "request-data/top", "request-data/skip", "request-data/count", "request-data/filter",
        "request-data/built-in-filter-operations", "request-data/pagination",
    )
)  # fmt: skip


@csrf_exempt
def root(request: HttpRequest, rest: str = "") -> HttpResponse:
    """Anything below `/sta/v1.1/`."""
    return _guarded(request, rest)


def _guarded(request: HttpRequest, rest: str) -> HttpResponse:
    try:
        if request.method not in ("GET", "HEAD", "POST"):
            raise _not_here("GET、HEAD、POST")
        asking = Asking(actor_of_request(request), request.build_absolute_uri(f"/sta/{VERSION}"))
        steps = [part for part in rest.split("/") if part]
        if request.method == "POST":
            return _post(request, asking, steps)
        return _get(request, asking, steps)
    except Problem as problem:
        return _problem(problem)
    except (FilterError, OptionError) as error:
        return _problem(Problem("query", str(error), status=400))
    except DataError:  # a text with NUL, a number beyond its column, a division by zero
        title = "有一个值不能用来查询（a value does not fit the query）"
        return _problem(Problem("query", title, status=400, remedy="检查过大的数、不可见字符与除数"))


def _problem(problem: Problem) -> JsonResponse:
    body = {**problem.document(), "message": problem.title}
    response = JsonResponse(
        body, status=problem.status, content_type="application/problem+json", json_dumps_params={"ensure_ascii": False}
    )
    if problem.status == 401:
        response["WWW-Authenticate"] = 'Basic realm="SensorThings", charset="UTF-8"'
    if problem.status == 405:
        response["Allow"] = "GET, HEAD, POST"
    if problem.status == 503:
        response["Retry-After"] = "5"
    return response


def _not_here(allowed: str) -> Problem:
    return Problem(
        "method", f"这里只接受 {allowed}（method not allowed here）", status=405,
        remedy="设备与数据流在工作台或 /api/ 登记；观测 POST 到 Observations",
    )  # fmt: skip


def _json(body: object, status: int = 200) -> JsonResponse:
    return JsonResponse(body, status=status, safe=False, json_dumps_params={"ensure_ascii": False})


def _get(request: HttpRequest, asking: Asking, steps: list[str]) -> HttpResponse:
    if not steps:
        _known(asking.actor)
        return _json(_service(asking.root))
    options = read(_words(request))
    end = _End()
    at = _walk(steps, asking, end)
    if isinstance(at, Collection):
        if end.word not in ("", "$ref"):
            raise not_found("地址")
        return _json(listing(at, options, asking, refs=end.word == "$ref"))
    if not end.word:
        return _json(document(at, options, asking))
    if end.word == "$ref":
        return _json({"@iot.selfLink": f"{asking.root}/{address(at.kind, key_of(at.kind, at.row))}"})
    return _property(at, end, asking)


def _known(actor: Actor) -> None:
    if actor.kind == "anonymous":
        raise Problem(
            "login", "请先登录（sign in first）", status=401, remedy="HTTP Basic，或 POST /api/sign-in 取得 Bearer 令牌"
        )


def _words(request: HttpRequest) -> dict[str, str]:
    words: dict[str, str] = {}
    for name, values in request.GET.lists():
        if name.startswith("$") and len(values) > 1:
            raise OptionError(name, "只能给一次", "given more than once")
        words[name] = str(values[-1])
    return words


class _End:
    """What stands after the last entity: `$ref`, or a property with or without `$value`."""

    def __init__(self) -> None:
        self.word = ""
        self.raw = False


def _walk(steps: list[str], asking: Asking, end: _End) -> Collection | Entity:
    if len(steps) > STEPS_MAX:
        raise not_found("地址")
    name, key = _step(steps[0])
    if name not in KINDS:
        raise not_found("实体集")
    first = Collection(KINDS[name], name, {})
    at: Collection | Entity = first if key is None else entity(first, key, asking)
    for place, step in enumerate(steps[1:], 1):
        name, key = _step(step)
        last = place == len(steps) - 1
        if isinstance(at, Entity) and name in at.kind.navs:
            at = _through(at, name, key, "/".join(steps[: place + 1]), asking)
        elif key is None and name == "$ref" and last:
            end.word = "$ref"
        elif isinstance(at, Entity) and key is None and (last or steps[place + 1 :] == ["$value"]):
            end.word, end.raw = name, not last
            return at
        else:
            raise not_found("地址")
    return at


def _through(at: Entity, name: str, key: str | None, path: str, asking: Asking) -> Collection | Entity:
    collection, nav = follow(at, name, path)
    if nav.many:
        return collection if key is None else entity(collection, key, asking)
    if key is not None:
        raise not_found("地址")
    return only(collection, asking)


def _step(text: str) -> tuple[str, str | None]:
    found = _STEP.fullmatch(text)
    if found is None:
        raise not_found("地址")
    return found[1], found[2]


def _property(at: Entity, end: _End, asking: Asking) -> HttpResponse:
    shown = {"@iot.id": key_of(at.kind, at.row), "id": key_of(at.kind, at.row), **at.kind.show(at.row, asking.actor)}
    if end.word not in shown:
        raise not_found("属性")
    value = shown[end.word]
    if not end.raw:
        return _json({end.word: value})
    text = value if isinstance(value, str) else JsonResponse(value, safe=False).content.decode()
    return HttpResponse(text, content_type="text/plain; charset=utf-8")


def _service(base: str) -> dict[str, object]:
    """The service root with the conformance classes that hold here."""
    return {
        "value": [{"name": name, "url": f"{base}/{name}"} for name in KINDS],
        "serverSettings": {
            "conformance": list(CONFORMANCE),
            f"{_BASE}create-update-delete": {
                "endpoints": [f"{base}/{name}" for name in ("Observations", "Things", "Datastreams")],
                "note": "只能新增；观测以同一 phenomenonTime 再次新增来更正（append only, no update, no delete）",
            },
        },
    }


def _post(request: HttpRequest, asking: Asking, steps: list[str]) -> HttpResponse:
    _known(asking.actor)
    parent, name = _parent(steps, asking)
    raw = request.body
    if len(raw) > BODY_MAX:
        raise Problem("large", f"内容最多 {BODY_MAX} 字节（body too large）", status=413)
    given = create.body(raw)
    row: object
    if name == "Observations":
        number = None if parent is None else int(str(value_of(parent.row, "number")))
        row = create.observe(asking.actor, raw, given, number)
    elif name == "Things":
        row = register.thing(asking.actor, given)
    else:
        row = register.datastream(asking.actor, given, None if parent is None else value_of(parent.row, "pk"))
    made = Entity(KINDS[name], row)
    response = _json(document(made, Options(), asking), 201)
    response["Location"] = f"{asking.root}/{address(made.kind, key_of(made.kind, made.row))}"
    return response


def _parent(steps: list[str], asking: Asking) -> tuple[Entity | None, str]:
    """What a new entity hangs on by its address, and the name of its set; problem 405 for every other address."""
    if len(steps) == 1 and steps[0] in ("Observations", "Things", "Datastreams"):
        return None, steps[0]
    if len(steps) == 2 and (_step(steps[0])[0], steps[1]) in (
        ("Datastreams", "Observations"),
        ("Things", "Datastreams"),
    ):
        found = _walk(steps[:1], asking, _End())
        if isinstance(found, Entity):
            return found, steps[1]
    raise _not_here("GET、HEAD")


def bare(request: HttpRequest) -> HttpResponse:
    """`/sta/`: to the version."""
    return HttpResponseRedirect(f"/sta/{VERSION}/")

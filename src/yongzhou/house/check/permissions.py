"""Every address has a permission decision: a guarding decorator, a guarded read, or a place on the public list."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import CodeType, FunctionType
from typing import Any, Final

from django.urls import URLPattern, URLResolver, get_resolver

from yongzhou.house.check.finding import Finding, Tree

RULE: Final = "permissions"

GUARDS: Final = {"staff", "signed_in", "door", "guarded"}  # of the portals, and `core.pages` for a system's own
GUARD_WORDS: Final = {"visible_to", "lines", "open_to", "why", "run", "must_read", "rows"}
PUBLIC: Final = {
    "django.views.generic.base.RedirectView",  # / leads to the desk, which asks
    "yongzhou.portals.gate.views.login",
    "yongzhou.portals.gate.views.logout",
    "yongzhou.portals.gate.views.second",  # the second step of signing in
    "yongzhou.portals.gate.federated.start",  # to the identity provider, and back
    "yongzhou.portals.gate.federated.callback",
    "yongzhou.house.health.probes.alive",  # load balancers ask; no data of the city
    "yongzhou.house.health.probes.ready",
    "yongzhou.portals.sensorthings.views.bare",  # leads to the version, which asks
    "yongzhou.portals.citizen.manifest.manifest",  # name and icon of the phone app
    "yongzhou.portals.citizen.offline.worker",  # the service worker: the app's own files, no data
    "yongzhou.portals.citizen.offline.nothing",  # what a phone shows without a line
    "yongzhou.portals.citizen.offline.who",  # asks itself: 401 without a session
    "yongzhou.portals.developer.views.home",  # what the doors are; no data of the city
    "yongzhou.portals.developer.views.problems",
    "yongzhou.portals.developer.views.system",
}


def check(tree: Tree) -> Iterator[Finding]:
    """Yield addresses that nobody guards."""
    for address, view in addresses():
        if name_of(view) not in PUBLIC and not guarded(view):
            module = name_of(view).rpartition(".")[0].removeprefix("yongzhou.").replace(".", "/")
            yield Finding(
                RULE,
                f"src/yongzhou/{module}.py",
                f"地址 /{address} 的视图 {name_of(view)} 没有权限判断",
                "门户用 @staff、@signed_in、@door;系统页面先看 request.actor 的授权,再用 Model.visible_to(actor) 取数",
            )


def addresses(resolver: URLResolver | None = None, prefix: str = "") -> Iterator[tuple[str, Callable[..., Any]]]:
    """Every pattern of the house with its view."""
    for entry in (resolver or get_resolver()).url_patterns:
        address = prefix + str(entry.pattern).lstrip("^")
        if isinstance(entry, URLResolver):
            yield from addresses(entry, address)
        elif isinstance(entry, URLPattern):
            yield address, entry.callback


def name_of(view: Callable[..., Any]) -> str:
    """Dotted name of a view; of its class where it was made by `as_view`."""
    made = getattr(view, "view_class", view)
    return f"{made.__module__}.{made.__qualname__}"


def guarded(view: Callable[..., Any]) -> bool:
    """Whether a view is wrapped by a guarding decorator, or looks at the actor and at his rights itself."""
    words: set[str] = set()
    seen: set[int] = set()
    current: Any = view
    while current is not None:
        code = getattr(current, "__code__", None)
        if isinstance(code, CodeType) and code.co_qualname.partition(".")[0] in GUARDS:
            return True
        words |= _words(current, seen)
        current = getattr(current, "__wrapped__", None)
    return "actor" in words and bool(words & GUARD_WORDS)


def _words(function: Any, seen: set[int]) -> set[str]:
    """Names that a function uses, and those that its closure and functions of the same room use for it."""
    if not isinstance(function, FunctionType) or id(function) in seen:
        return set()
    seen.add(id(function))
    words: set[str] = set()
    for code in _codes(function.__code__):
        words.update(code.co_names)
    room = str(function.__globals__["__name__"]).rpartition(".")[0]
    called = [function.__globals__.get(name) for name in sorted(words)]
    called += [cell.cell_contents for cell in function.__closure__ or ()]
    for other in called:
        if isinstance(other, FunctionType) and str(other.__globals__["__name__"]).startswith(room):
            words |= _words(other, seen)
    return words


def _codes(code: CodeType) -> Iterator[CodeType]:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _codes(constant)

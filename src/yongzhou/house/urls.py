"""All addresses of the house, by portal."""

from __future__ import annotations

from importlib import import_module, util

from django.urls import URLPattern, URLResolver, include, path
from django.views.generic import RedirectView

from yongzhou.core.system import systems
from yongzhou.house.health import page, probes

_PORTALS = {
    "": "yongzhou.portals.gate.urls",
    "desk/account/": "yongzhou.portals.account.urls",  # staff; the derived pages of the desk come after it
    "app/account/": "yongzhou.portals.account.urls",  # the same pages in the phone's frame
    "api/": "yongzhou.portals.api.urls",
    "desk/": "yongzhou.portals.workbench.urls",
    "cockpit/": "yongzhou.portals.cockpit.urls",
    "app/": "yongzhou.portals.citizen.urls",
    "developer/": "yongzhou.portals.developer.urls",
    "sta/": "yongzhou.portals.sensorthings.urls",
}


def _there(module: str) -> bool:
    try:
        return util.find_spec(module) is not None
    except ModuleNotFoundError:
        return False


urlpatterns: list[URLPattern | URLResolver] = [
    path("", RedirectView.as_view(url="/desk/"), name="home"),
    path("healthz", probes.alive),
    path("readyz", probes.ready),
    path("desk/health/", page.page, name="health"),
    *(path(prefix, include(module)) for prefix, module in _PORTALS.items() if _there(module)),
]

for system in systems().values():  # a system's own pages come before the derived ones
    module = f"yongzhou.systems.{system.wing}.{system.name}.pages"
    if _there(module):
        urlpatterns.insert(0, path(f"desk/{system.name}/", include((import_module(module).urlpatterns, system.name))))

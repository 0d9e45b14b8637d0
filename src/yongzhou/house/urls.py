"""All addresses of the house, by portal."""

from __future__ import annotations

from importlib import import_module, util

from django.urls import URLPattern, URLResolver, include, path
from django.views.generic import RedirectView

from yongzhou.core.system import systems
from yongzhou.portals.gate import views as gate

_PORTALS = {
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
    path("login/", gate.login, name="login"),
    path("logout/", gate.logout, name="logout"),
    *(path(prefix, include(module)) for prefix, module in _PORTALS.items() if _there(module)),
]

for system in systems().values():  # a system's own pages come before the derived ones
    module = f"yongzhou.systems.{system.wing}.{system.name}.pages"
    if _there(module):
        urlpatterns.insert(0, path(f"desk/{system.name}/", include((import_module(module).urlpatterns, system.name))))

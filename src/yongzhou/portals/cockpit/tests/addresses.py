"""Addresses of the cockpit alone: its tests do not wait for other systems' pages."""

from django.urls import include, path

from yongzhou.portals.gate import views as gate

urlpatterns = [path("login/", gate.login), path("cockpit/", include("yongzhou.portals.cockpit.urls"))]

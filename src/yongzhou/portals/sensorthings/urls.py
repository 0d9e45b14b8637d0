"""Addresses below `/sta/`."""

from django.urls import path, re_path

from yongzhou.portals.sensorthings import views

urlpatterns = [
    path("", views.bare),
    re_path(r"^v1\.1/?(?P<rest>.*)$", views.root),
]

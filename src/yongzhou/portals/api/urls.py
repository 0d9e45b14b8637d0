"""Addresses below `/api/`."""

from django.urls import path, re_path

from yongzhou.portals.api import views

urlpatterns = [
    path("openapi.json", views.schema),
    path("openapi/<slug:system>.json", views.schema),
    path("sign-in", views.sign_in),
    path("me", views.me),
    path("records/<str:resource>", views.rows),
    path("records/<str:resource>/<uuid:id>", views.row),
    path("<slug:system>/<slug:verb>", views.operate),
    path("<slug:system>/<slug:verb>/<uuid:proposal>/countersign", views.second),
    re_path(r"^(?P<rest>.*)$", views.nowhere),
]

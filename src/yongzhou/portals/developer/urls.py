"""Addresses below `/developer/`."""

from django.urls import path

from yongzhou.portals.developer import views

urlpatterns = [
    path("", views.home, name="developer"),
    path("problems/", views.problems),
    path("systems/<slug:name>/", views.system),
]

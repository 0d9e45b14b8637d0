"""Addresses below `/cockpit/`."""

from django.urls import path

from yongzhou.portals.cockpit import views

urlpatterns = [
    path("", views.page, name="cockpit"),
    path("widget/<slug:name>", views.widget),
    path("counties.geojson", views.counties),
    path("rivers.geojson", views.rivers),
    path("stations.geojson", views.stations),
    path("events.geojson", views.events),
    path("values.json", views.values),
    path("timeline.json", views.timeline),
]

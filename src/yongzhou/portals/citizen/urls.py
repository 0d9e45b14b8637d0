"""Addresses below `/app/`."""

from django.urls import path

from yongzhou.portals.citizen import citizens, manifest, offline, pages, workers

urlpatterns = [
    path("", citizens.home, name="app"),
    path("manifest.webmanifest", manifest.manifest),
    path("worker.mjs", offline.worker),
    path("who/", offline.who),
    path("offline/", offline.nothing),
    path("outbox/", pages.outbox),
    path("matters/", citizens.matters),
    path("matters/<uuid:id>/", citizens.matter),
    path("matters/<uuid:id>/rate/", citizens.rate),
    path("matters/<uuid:id>/photo/<slug:sha256>.jpg", citizens.photo),
    path("report/", citizens.new_report),
    path("messages/", citizens.inbox),
    path("me/", citizens.me),
    path("tasks/", workers.tasks),
    path("tasks/<uuid:id>/", workers.task),
    path("tasks/<uuid:id>/photo/<slug:sha256>.jpg", workers.photo),
    path("map/", workers.area),
    path("events.geojson", workers.events),
]

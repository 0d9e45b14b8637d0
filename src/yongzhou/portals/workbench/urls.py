"""Addresses below `/desk/`; a system's own pages come before these."""

from django.urls import path

from yongzhou.portals.workbench import export, files, forms, home, imports, indicators, lists, record_page, search

urlpatterns = [
    path("", home.home, name="desk"),
    path("tasks/", home.tasks),
    path("inbox/", home.inbox),
    path("inbox/<uuid:id>/", home.message),
    path("live-ticket", home.live_ticket),
    path("search", search.search),
    path("indicators/", indicators.listing),
    path("indicators/<str:name>/", indicators.one),
    path("indicators/<str:name>/data.json", indicators.data),
    path("do/<slug:system>/<slug:verb>/", forms.operation),
    path("<slug:app>/all/", lists.system),
    path("<slug:app>/<slug:name>/", lists.listing),
    path("<slug:app>/<slug:name>/new/", forms.create),
    path("<slug:app>/<slug:name>/import/", imports.upload),
    path("<slug:app>/<slug:name>/export.<slug:form>", export.export),
    path("<slug:app>/<slug:name>/<uuid:id>/", record_page.record),
    path("<slug:app>/<slug:name>/<uuid:id>/change/", forms.change),
    path("<slug:app>/<slug:name>/<uuid:id>/reveal/<slug:field>/", record_page.reveal),
    path("<slug:app>/<slug:name>/<uuid:id>/photo/<slug:sha256>.jpg", files.photo),
]

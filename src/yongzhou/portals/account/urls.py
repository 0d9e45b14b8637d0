"""Addresses below `/desk/account/` and `/app/account/`."""

from django.urls import path

from yongzhou.portals.account import delegations, own, people, provider, services, why

urlpatterns = [
    path("", own.home),
    path("password/", own.password),
    path("second/", own.second),
    path("sessions/", own.sessions),
    path("delegations/", delegations.page),
    path("behalf/", delegations.behalf),
    path("people/", people.listing),
    path("people/new/", people.register),
    path("people/<uuid:id>/", people.one),
    path("services/", services.listing),
    path("services/new/", services.new),
    path("services/<uuid:id>/", services.one),
    path("provider/", provider.page),
    path("why/", why.page),
]

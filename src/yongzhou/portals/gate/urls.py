"""Addresses of the gate."""

from django.urls import path

from yongzhou.portals.gate import federated, views

urlpatterns = [
    path("login/", views.login, name="login"),
    path("login/second/", views.second),
    path("login/oidc/<slug:code>/", federated.start),
    path("login/oidc/<slug:code>/callback/", federated.callback),
    path("logout/", views.logout, name="logout"),
]

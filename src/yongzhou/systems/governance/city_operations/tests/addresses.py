"""Addresses of this system alone: its tests do not wait for other systems' pages."""

from django.urls import include, path

from yongzhou.systems.governance.city_operations import pages

urlpatterns = [path("desk/city_operations/", include(pages.urlpatterns))]

"""Water's own pages: the situation, one station, villages with their warnings; and what their maps and charts read."""

from django.urls import path

from yongzhou.systems.governance.water.pages.situation_page import overview, rain_json, stations_geojson
from yongzhou.systems.governance.water.pages.station_page import series_json, station
from yongzhou.systems.governance.water.pages.village_page import villages

urlpatterns = [
    path("", overview),
    path("stations.geojson", stations_geojson),
    path("rain.json", rain_json),
    path("stations/<uuid:id>/", station),
    path("stations/<uuid:id>/series.json", series_json),
    path("villages/", villages),
]

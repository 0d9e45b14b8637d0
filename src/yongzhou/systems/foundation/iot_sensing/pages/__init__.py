"""iot_sensing's own pages: devices by health, the alarms desk, data to be mended, dead letters, one datastream."""

from django.urls import path

from yongzhou.systems.foundation.iot_sensing.pages.alarm_desk import acknowledge, alarms
from yongzhou.systems.foundation.iot_sensing.pages.datastreams import datastream, datastream_json
from yongzhou.systems.foundation.iot_sensing.pages.device_list import devices, devices_geojson
from yongzhou.systems.foundation.iot_sensing.pages.mending import letters, quarantine, quarantined

urlpatterns = [
    path("", devices),
    path("devices.geojson", devices_geojson),
    path("alarms/", alarms),
    path("alarms/<uuid:id>/acknowledge/", acknowledge),
    path("quarantine/", quarantine),
    path("quarantine/<uuid:id>/", quarantined),
    path("letters/", letters),
    path("datastreams/<int:number>/", datastream),
    path("datastreams/<int:number>/series.json", datastream_json),
]

"""iot_sensing's own pages: devices by health, alarms, commands, data to be mended, dead letters, one datastream."""

from django.urls import path

from yongzhou.systems.foundation.iot_sensing.pages.alarm_desk import acknowledge, alarms
from yongzhou.systems.foundation.iot_sensing.pages.command_desk import agree, commands, withdraw
from yongzhou.systems.foundation.iot_sensing.pages.datastreams import datastream, datastream_json
from yongzhou.systems.foundation.iot_sensing.pages.device_list import devices, devices_geojson
from yongzhou.systems.foundation.iot_sensing.pages.mending import letters, quarantine, quarantined
from yongzhou.systems.foundation.iot_sensing.pages.provisioning import claim, provision

urlpatterns = [
    path("", devices),
    path("devices.geojson", devices_geojson),
    path("alarms/", alarms),
    path("alarms/<uuid:id>/acknowledge/", acknowledge),
    path("commands/", commands),
    path("commands/<uuid:id>/withdraw/", withdraw),
    path("commands/<uuid:id>/agree/", agree),
    path("provision/", provision),
    path("claim/", claim),
    path("quarantine/", quarantine),
    path("quarantine/<uuid:id>/", quarantined),
    path("letters/", letters),
    path("datastreams/<int:number>/", datastream),
    path("datastreams/<int:number>/series.json", datastream_json),
]

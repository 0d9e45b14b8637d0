"""Addresses of this room's own pages, below `/desk/grid_governance/`."""

from __future__ import annotations

from django.urls import path

from yongzhou.systems.governance.grid_governance.maps import (
    map_causes,
    map_counties,
    map_events,
    map_grid,
    map_grids,
    map_route,
)
from yongzhou.systems.governance.grid_governance.pages.causes import causes
from yongzhou.systems.governance.grid_governance.pages.desk import act, duty, event, panel
from yongzhou.systems.governance.grid_governance.pages.grids import grids
from yongzhou.systems.governance.grid_governance.pages.hotline import hotline, take_file
from yongzhou.systems.governance.grid_governance.pages.mining import bottlenecks, history
from yongzhou.systems.governance.grid_governance.pages.patrol import check, patrol, plan_day, walk
from yongzhou.systems.governance.grid_governance.pages.pressure import pressure
from yongzhou.systems.governance.grid_governance.pages.score import scorecard, scored

urlpatterns = [
    path("duty/", duty, name="duty"),
    path("hotline/", hotline, name="hotline"),
    path("hotline/import/", take_file, name="hotline_import"),
    path("pressure/", pressure, name="pressure"),
    path("scorecard/", scorecard, name="scorecard"),
    path("scorecard/rows/", scored, name="scored"),
    path("bottlenecks/", bottlenecks, name="bottlenecks"),
    path("bottlenecks/history.<slug:form>", history, name="history"),
    path("causes/", causes, name="causes"),
    path("patrol/", patrol, name="patrol"),
    path("patrol/plan/", plan_day, name="patrol_plan"),
    path("patrol/<uuid:id>/", walk, name="walk"),
    path("patrol/stop/<uuid:id>/", check, name="patrol_check"),
    path("grids/", grids, name="grids"),
    path("map/events.json", map_events, name="map_events"),
    path("map/counties.json", map_counties, name="map_counties"),
    path("map/causes.json", map_causes, name="map_causes"),
    path("map/grids.json", map_grids, name="map_grids"),
    path("map/route/<uuid:id>.json", map_route, name="map_route"),
    path("event/<uuid:id>/", event, name="event"),
    path("event/<uuid:id>/grid.json", map_grid, name="map_grid"),
    path("event/<uuid:id>/panel/", panel, name="panel"),
    path("event/<uuid:id>/do/<slug:verb>/", act, name="act"),
]
